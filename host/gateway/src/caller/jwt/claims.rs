//! The registered claims of a token: its audience, and the time in which it is valid.
//!
//! Source: RFC 7519, section 4.1.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::TokenError;

/// How far the clocks of the issuer and the gateway may differ.
const LEEWAY: Duration = Duration::from_secs(30);

/// The claims of a token.
pub(super) type Claims = Map<String, Value>;

/// Checks that a token is valid at a time, and for an audience.
///
/// # Errors
///
/// [`TokenError::Claim`], [`TokenError::Expired`], [`TokenError::NotYetValid`] and [`TokenError::Audience`].
pub(super) fn check(claims: &Claims, audience: &str, now: SystemTime) -> Result<(), TokenError> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let expiry = time(claims, "exp")?.ok_or_else(|| missing("exp"))?;
    if expiry.saturating_add(LEEWAY) < now {
        return Err(TokenError::Expired);
    }
    if time(claims, "nbf")?.is_some_and(|it| it > now.saturating_add(LEEWAY)) {
        return Err(TokenError::NotYetValid);
    }
    let is_for = match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(all)) => all.iter().any(|it| it.as_str() == Some(audience)),
        _ => return Err(missing("aud")),
    };
    if is_for {
        Ok(())
    } else {
        Err(TokenError::Audience)
    }
}

/// A claim with a number of seconds since 1970, which may have a fraction (RFC 7519, section 2, "NumericDate").
fn time(claims: &Claims, name: &str) -> Result<Option<Duration>, TokenError> {
    let Some(value) = claims.get(name).filter(|it| !it.is_null()) else {
        return Ok(None);
    };
    let seconds = value
        .as_f64()
        .and_then(|it| Duration::try_from_secs_f64(it).ok());
    let time = value.as_u64().map(Duration::from_secs).or(seconds);
    time.map(Some).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> TokenError {
    TokenError::Claim(name.to_owned())
}

//! Who sends a request: Basic credentials, of which the user is the caller's name and the password its API key.
//!
//! Source: RFC 7617.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::error::ApiError;
use crate::caller::{Caller, CallerAuthentication, Keys};
use crate::metrics::Counters;
use crate::shared::Shared;

/// The caller of a request that has valid credentials, or needs none.
pub(super) struct Authenticated(pub(super) Caller);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        let keys = match &shared.authentication {
            CallerAuthentication::TrustLoopback => return Ok(Self(Caller::of_this_machine())),
            CallerAuthentication::Keys(keys) => keys,
        };
        let header = parts.headers.get(AUTHORIZATION);
        let header = header.and_then(|it| it.to_str().ok());
        match header.and_then(|it| caller(keys, it)) {
            Some(caller) => Ok(Self(caller)),
            None => {
                Counters::add(&shared.counters.unauthenticated);
                Err(ApiError::unauthenticated())
            }
        }
    }
}

fn caller(keys: &Keys, header: &str) -> Option<Caller> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let credentials = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    let credentials = String::from_utf8(credentials).ok()?;
    let (name, key) = credentials.split_once(':')?;
    keys.caller(name, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_of_basic() {
        let keys = Keys::new().unwrap();
        let keys = keys.with_api_key("app", "0123456789:0123");
        let found = |header: &str| caller(&keys, header).is_some();
        let basic = |credentials: &str| format!("basic {}", BASE64_STANDARD.encode(credentials));
        assert!(found(&basic("app:0123456789:0123")));
        for header in [
            basic("app:0123456789"),
            basic("app"),
            basic(":"),
            basic("App:0123456789:0123"),
            "Basic".to_owned(),
            "Basic *".to_owned(),
            basic("app:0123456789:0123").replace("basic", "Bearer"),
            String::new(),
        ] {
            assert!(!found(&header), "{header}");
        }
    }
}

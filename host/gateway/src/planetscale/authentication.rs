//! Who sends a request: Basic credentials, of which the user is the caller's name and the password its API key.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::refusal::unauthenticated;
use crate::caller::{Caller, CallerAuthentication, Keys};
use crate::metrics::Counters;
use crate::shared::Shared;

/// The caller of a request that has valid credentials, or needs none.
pub(super) struct Authenticated(pub(super) Caller);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
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
                Err(unauthenticated())
            }
        }
    }
}

/// The caller of these credentials.
fn caller(keys: &Keys, header: &str) -> Option<Caller> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let credentials = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    let credentials = String::from_utf8(credentials).ok()?;
    let (name, key) = credentials.split_once(':')?;
    // The client takes credentials out of a URL without decoding them.
    keys.caller(name, key)
        .or_else(|| keys.caller(&percent_decoded(name)?, &percent_decoded(key)?))
}

/// Decodes `%XX`. Every other character stands for itself.
fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let mut byte = *first;
        if byte == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            let digits = str::from_utf8(digits).ok()?;
            byte = u8::from_str_radix(digits, 16).ok()?;
            rest = after;
        }
        decoded.push(byte);
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &str) -> bool {
        let keys = Keys::new().unwrap();
        let keys = keys
            .with_api_key("app", "0123456789/+=: ä")
            .with_api_key("raw", "0123456789%41%42");
        caller(&keys, header).is_some()
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(credentials))
    }

    #[test]
    fn credentials_are_taken_as_they_are_or_decoded() {
        for credentials in [
            "app:0123456789/+=: ä",
            "app:0123456789%2F+%3D%3A%20%C3%A4",
            "%61pp:0123456789%2f+=:%20%C3%A4",
            "raw:0123456789%41%42",
        ] {
            assert!(found(&basic(credentials)), "{credentials}");
        }
        assert!(found(
            &basic("app:0123456789/+=: ä").replace("Basic", "basic")
        ));
    }

    #[test]
    fn all_else_is_refused() {
        for header in [
            basic(":"),
            basic("app:"),
            basic("app"),
            basic("app:0123456789/+=: Ä"),
            basic("raw:0123456789AB"),
            basic("app:%"),
            basic("app:%2"),
            basic("app:%zz%FF"),
            "Basic".to_owned(),
            "Basic *".to_owned(),
            "Bearer YXBwOjAxMjM0NTY3ODkvKz06IMOk".to_owned(),
            String::new(),
        ] {
            assert!(!found(&header), "{header}");
        }
    }
}

//! Basic credentials: the user is the caller's name, and the password its API key.
//!
//! Source: RFC 7617.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Caller, CallerAuthentication, Keys};

impl CallerAuthentication {
    /// The caller of a request that has valid credentials, or needs none. `find` looks up a name and a key.
    pub(crate) fn basic(
        &self,
        headers: &HeaderMap,
        find: impl FnOnce(&Keys, &str, &str) -> Option<Caller>,
    ) -> Option<Caller> {
        let keys = match self {
            Self::TrustLoopback => return Some(Caller::of_this_machine()),
            Self::Keys(keys) => keys,
        };
        let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, credentials) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return None;
        }
        let credentials = BASE64_STANDARD.decode(credentials.trim()).ok()?;
        let credentials = String::from_utf8(credentials).ok()?;
        let (name, key) = credentials.split_once(':')?;
        find(keys, name, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_of_basic() {
        let keys = Keys::new().unwrap();
        let keys = CallerAuthentication::Keys(keys.with_api_key("app", "0123456789:0123"));
        let found = |header: &str| {
            let headers = [(AUTHORIZATION, header.parse().unwrap())];
            let headers = HeaderMap::from_iter(headers);
            keys.basic(&headers, Keys::caller).is_some()
        };
        let basic = |credentials: &str| format!("basic {}", BASE64_STANDARD.encode(credentials));
        assert!(found(&basic("app:0123456789:0123")));
        assert!(found(
            &basic("app:0123456789:0123").replace("basic", "Basic")
        ));
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
        assert!(keys.basic(&HeaderMap::new(), Keys::caller).is_none());
    }

    #[test]
    fn a_trusted_machine_needs_no_credentials() {
        let trusted = CallerAuthentication::TrustLoopback.basic(&HeaderMap::new(), |_, _, _| None);
        assert!(trusted.is_some());
    }
}

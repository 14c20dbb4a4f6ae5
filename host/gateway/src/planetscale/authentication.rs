//! Who sends a request. Of Basic credentials the user is the caller's name, and the password its API key.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::refusal::not_admitted;
use crate::caller::{Caller, Keys};
use crate::http::KnownCaller;
use crate::shared::Shared;

/// The caller of a request that has valid credentials, or needs none.
pub(super) struct Authenticated(pub(super) Caller);

/// An extension of a request.
#[derive(Clone)]
struct AdmittedByGuard(Caller);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        // What the guards have found. A caller that another program has authenticated is not accepted here.
        if let Some(AdmittedByGuard(caller)) = parts.extensions.get() {
            return Ok(Self(Caller::clone(caller)));
        }
        match shared.admit(parts, caller).await {
            Ok(caller) => {
                KnownCaller::note(&parts.extensions, &caller);
                parts.extensions.insert(AdmittedByGuard(caller.clone()));
                Ok(Self(caller))
            }
            Err(refused) => Err(not_admitted(&refused)),
        }
    }
}

/// The caller with this name and key. The client takes them out of a URL without decoding them.
fn caller(keys: &Keys, name: &str, key: &str) -> Option<Caller> {
    let decoded = |text| percent_decode_str(text).decode_utf8().ok();
    keys.caller(name, key)
        .or_else(|| keys.caller(&decoded(name)?, &decoded(key)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(credentials: &str) -> bool {
        let keys = Keys::new().unwrap();
        let keys = keys
            .with_api_key("app", "0123456789/+=: ä")
            .with_api_key("raw", "0123456789%41%42");
        let (name, key) = credentials.split_once(':').unwrap();
        caller(&keys, name, key).is_some()
    }

    #[test]
    fn credentials_are_taken_as_they_are_or_decoded() {
        for credentials in [
            "app:0123456789/+=: ä",
            "app:0123456789%2F+%3D%3A%20%C3%A4",
            "%61pp:0123456789%2f+=:%20%C3%A4",
            "raw:0123456789%41%42",
        ] {
            assert!(found(credentials), "{credentials}");
        }
    }

    #[test]
    fn all_else_is_refused() {
        for credentials in [
            ":",
            "app:",
            "app:0123456789/+=: Ä",
            "raw:0123456789AB",
            "app:%",
            "app:%2",
            "app:%zz%FF",
        ] {
            assert!(!found(credentials), "{credentials}");
        }
    }
}

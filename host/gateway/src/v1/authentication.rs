//! Who sends a request: Basic credentials, of which the user is the caller's name and the password its API key.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::ApiError;
use crate::caller::{Caller, Keys};
use crate::metrics::Counters;
use crate::shared::Shared;

/// The caller of a request that has valid credentials, or needs none.
pub(super) struct Authenticated(pub(super) Caller);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            // What received the request has authenticated it.
            return Ok(Self(caller.clone()));
        }
        let rules = shared.rules();
        let caller = rules.authentication.basic(&parts.headers, Keys::caller);
        caller.map(Self).ok_or_else(|| {
            Counters::add(&shared.counters.unauthenticated);
            ApiError::unauthenticated()
        })
    }
}

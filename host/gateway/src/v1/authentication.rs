//! Who sends a request. Of Basic credentials the user is the caller's name, and the password its API key.

use axum::extract::FromRequestParts;
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::caller::{Caller, Keys, retry_after};
use crate::http::KnownCaller;
use crate::shared::Shared;

/// The caller of a request that has valid credentials, or needs none.
pub(super) struct Authenticated(pub(super) Caller);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            // What received the request has authenticated it, or the guards have.
            KnownCaller::note(&parts.extensions, caller);
            return Ok(Self(caller.clone()));
        }
        match shared.admit(parts, Keys::caller).await {
            Ok(caller) => {
                KnownCaller::note(&parts.extensions, &caller);
                parts.extensions.insert(caller.clone());
                Ok(Self(caller))
            }
            Err(refused) => {
                let mut response = ApiError::not_admitted(&refused).into_response();
                if let Some(wait) = refused.wait() {
                    let seconds = retry_after(wait).into();
                    response.headers_mut().insert(RETRY_AFTER, seconds);
                }
                Err(response)
            }
        }
    }
}

//! The dialect of PlanetScale's HTTP API, which `@planetscale/database` speaks.

use axum::Router;
use axum::response::{IntoResponse, Response};

use crate::http::Refused;
use crate::shared::Shared;

/// The routes of the dialect.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
}

/// How the dialect says that a request was refused before it reached a route.
pub(crate) fn refusal(refused: &Refused) -> Response {
    (refused.status(), refused.to_string()).into_response()
}

//! Errors that are no answers of the database: a status, and the code of an RPC.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::execution::Failure;
use crate::http::Refused;
use crate::statistics::Cause;

#[derive(Serialize)]
struct Body<'a> {
    error: Words<'a>,
}

#[derive(Serialize)]
struct Words<'a> {
    code: &'a str,
    message: &'a str,
}

/// How the dialect says that a request was refused before it reached a route.
pub(crate) fn refusal(refused: &Refused) -> Response {
    let code = match refused {
        Refused::Host | Refused::Origin | Refused::NotServed(_) => "permission_denied",
        Refused::Unavailable(_) => "unavailable",
        Refused::ContentType | Refused::Malformed(_) => "invalid_argument",
        Refused::BodyTooLarge { .. } => "resource_exhausted",
        Refused::BodyTimeout => "deadline_exceeded",
    };
    response(refused.status(), code, &refused.to_string())
}

/// Without a reason: a client that guesses learns nothing from it.
pub(super) fn unauthenticated() -> Response {
    let message =
        "invalid credentials: the user is the caller's name, and the password its API key";
    let mut refused = response(StatusCode::UNAUTHORIZED, "unauthenticated", message);
    let challenge = axum::http::HeaderValue::from_static("Basic realm=\"rds-bridge\"");
    refused.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    refused
}

/// A failure that is no answer to the statement, because nothing was sent: a client or a load balancer may repeat the
/// request.
pub(super) fn unavailable(failure: &Failure) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut refused = response(status, "unavailable", &failure.to_string());
    let at_once = axum::http::HeaderValue::from_static("0");
    refused.headers_mut().insert(RETRY_AFTER, at_once);
    refused
}

/// The body is not the JSON of a request. The message has no part of the body.
pub(super) fn unreadable(error: &serde_json::Error) -> Response {
    let (line, column) = (error.line(), error.column());
    let problem = match error.classify() {
        serde_json::error::Category::Data => {
            "it needs a text \"query\", and may have a \"session\""
        }
        _ => "it is not JSON",
    };
    let message = format!("the request cannot be read: {problem} (line {line}, column {column})");
    response(StatusCode::BAD_REQUEST, "invalid_argument", &message)
}

fn response(status: StatusCode, code: &'static str, message: &str) -> Response {
    let error = Words { code, message };
    let mut response = (status, Json(Body { error })).into_response();
    response.extensions_mut().insert(Cause::Named(code));
    response
}

//! Errors that are no answers of the database: a status, and the code of an RPC.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::caller::{Exceeded, NotAdmitted, TokenError, retry_after};
use crate::execution::Failure;
use crate::http::Refused;
use crate::statistics::{Cause, Ending};

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
        Refused::TooManyBodies | Refused::Unavailable(_) => "unavailable",
        Refused::ContentType | Refused::Malformed(_) => "invalid_argument",
        Refused::BodyTooLarge { .. } => "resource_exhausted",
        Refused::BodyTimeout => "deadline_exceeded",
    };
    response(refused.status(), code, &refused.to_string())
}

/// How the dialect says that the sender of a request is not known, or has reached a limit.
pub(super) fn not_admitted(refused: &NotAdmitted) -> Response {
    let (status, code) = match refused {
        NotAdmitted::Token(TokenError::KeysUnavailable) => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
        NotAdmitted::Unauthenticated | NotAdmitted::Token(_) | NotAdmitted::Signature(_) => {
            (StatusCode::UNAUTHORIZED, "unauthenticated")
        }
        NotAdmitted::TooManyGuesses { .. } => (StatusCode::TOO_MANY_REQUESTS, "resource_exhausted"),
    };
    let message = match refused {
        NotAdmitted::Unauthenticated => {
            "invalid credentials: the user is the caller's name, and the password its API key"
                .to_owned()
        }
        refused => refused.to_string(),
    };
    let mut response = response(status, code, &message);
    response.extensions_mut().insert(Ending::Unauthenticated);
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"rds-bridge\"");
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(wait) = refused.wait() {
        headers.insert(RETRY_AFTER, retry_after(wait).into());
    }
    response
}

/// A failure that is no answer to the statement, because nothing was sent: a client or a load balancer may repeat the
/// request.
pub(super) fn unavailable(failure: &Failure) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut refused = response(status, "unavailable", &failure.to_string());
    let at_once = HeaderValue::from_static("0");
    refused.headers_mut().insert(RETRY_AFTER, at_once);
    refused
}

/// A limit of the caller is reached.
pub(super) fn limited(exceeded: Exceeded) -> Response {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut response = response(status, "resource_exhausted", &exceeded.to_string());
    response
        .headers_mut()
        .insert(RETRY_AFTER, Exceeded::RETRY_AFTER.into());
    response
}

/// The body is not the JSON of a request. The message has no part of the body.
pub(super) fn unreadable(error: &serde_json::Error) -> Response {
    let (line, column) = (error.line(), error.column());
    let problem = match error.classify() {
        serde_json::error::Category::Data => {
            "it must have a string \"query\", and may have a \"session\""
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

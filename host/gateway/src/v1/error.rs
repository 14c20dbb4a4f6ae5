//! Errors: a status, and JSON with the code, the message and the SQLSTATE of MySQL.

use axum::Json;
use axum::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rds_bridge::error::{Category, Stage};
use serde::Serialize;

use super::status;
use crate::access::AccessDenied;
use crate::caller::{NotAdmitted, TokenError};
use crate::execution::{Failure, Outcome, has_wrong_role, is_unknown_outcome};
use crate::http::Refused;
use crate::statistics::{Cause, Ending};

/// `ER_UNKNOWN_ERROR`, of errors that are not MySQL's.
pub(super) const UNKNOWN: u16 = 1105;
/// `CR_SERVER_LOST`: the connection was lost while a statement was executed.
pub(super) const SERVER_LOST: u16 = 2013;
/// The SQLSTATE of an error without a more specific one.
const GENERAL: &str = "HY000";

/// The type of an error. The names are those of the Lambda function, where it has the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Type {
    InvalidRequest,
    InvalidParameters,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    RequestTimeout,
    RequestTooLarge,
    TooManyRequests,
    #[serde(rename = "UnsupportedMediaType")]
    UnsupportedMedia,
    MisdirectedRequest,
    /// The server refused the statement.
    Statement,
    /// The statement was executed, and its result cannot be returned.
    UnsupportedResult,
    ResultTooLarge,
    /// The statement took too long, and was ended.
    StatementTimeout,
    /// It is not known whether the statement was executed.
    UnknownOutcome,
    /// The key was used for another request, or its request is being executed.
    IdempotencyKey,
    Settings,
    Bug,
    Credentials,
    Tls,
    Login,
    Protocol,
    Network,
    TooManyConnections,
}

/// An error of a request. It contains no secrets.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ApiError {
    #[serde(skip)]
    status: StatusCode,
    #[serde(rename = "type")]
    kind: Type,
    code: u16,
    message: String,
    sql_state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The number of the statement in a batch, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<usize>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a ApiError,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, kind: Type, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code: UNKNOWN,
            message: message.into(),
            sql_state: GENERAL.to_owned(),
            stage: None,
            hint: None,
            statement: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn with_code(mut self, code: u16) -> Self {
        self.code = code;
        self
    }

    /// The error is that of the statement at this index of a batch.
    pub(super) fn of_number(mut self, index: usize) -> Self {
        self.statement = Some(index.saturating_add(1));
        self
    }

    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Type::InvalidRequest, message)
    }

    pub(super) fn invalid_parameters(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Type::InvalidParameters, message)
    }

    /// The sender of the request is not known, or has reached a limit.
    pub(super) fn not_admitted(refused: &NotAdmitted) -> Self {
        let message = match refused {
            NotAdmitted::Unauthenticated => {
                "invalid credentials: send them as Basic, with the caller's name as the user and its API key as the \
                 password"
                    .to_owned()
            }
            refused => refused.to_string(),
        };
        let (status, kind) = match refused {
            NotAdmitted::Token(TokenError::KeysUnavailable) => {
                (StatusCode::SERVICE_UNAVAILABLE, Type::Unauthenticated)
            }
            NotAdmitted::Unauthenticated | NotAdmitted::Token(_) | NotAdmitted::Signature(_) => {
                (StatusCode::UNAUTHORIZED, Type::Unauthenticated)
            }
            NotAdmitted::TooManyGuesses { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, Type::TooManyRequests)
            }
        };
        Self::new(status, kind, message)
    }

    pub(super) fn not_acceptable(offered: &str) -> Self {
        let message = format!("the Accept header must allow one of {offered}");
        Self::new(StatusCode::NOT_ACCEPTABLE, Type::NotAcceptable, message)
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "the method is not POST";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            Type::MethodNotAllowed,
            message,
        )
    }

    pub(super) fn no_route() -> Self {
        let message = "there is no such route: /v1/openapi.json lists the routes";
        Self::new(StatusCode::NOT_FOUND, Type::NotFound, message)
    }

    /// The statement was executed, and its result cannot be returned. No client repeats a request after this status.
    pub(super) fn unsupported_result(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            Type::UnsupportedResult,
            message,
        )
    }

    /// A statement that would end the transaction of its batch. It was not executed.
    pub(super) fn not_in_transaction() -> Self {
        let message = "the statement is not allowed in a batch: it may end the transaction";
        Self::new(StatusCode::BAD_REQUEST, Type::Statement, message)
            .with_hint("send it to /v1/query, which executes a statement by itself")
    }

    /// Of what precedes a statement: nothing was executed. The message is for the log, because it names users and
    /// addresses.
    pub(super) fn before_statement(failure: &Failure) -> Self {
        let Failure::Database(error) = failure else {
            return Self::of_statement(failure);
        };
        let code = failure.code();
        let (status, kind) = match error.category() {
            _ if status::is_full(code) => {
                (StatusCode::SERVICE_UNAVAILABLE, Type::TooManyConnections)
            }
            Category::Network => (StatusCode::SERVICE_UNAVAILABLE, Type::Network),
            Category::Credentials => (StatusCode::BAD_GATEWAY, Type::Credentials),
            Category::Tls => (StatusCode::BAD_GATEWAY, Type::Tls),
            Category::Login | Category::Statement => (StatusCode::BAD_GATEWAY, Type::Login),
            Category::Protocol | Category::Limit => (StatusCode::BAD_GATEWAY, Type::Protocol),
            Category::Settings => (StatusCode::BAD_GATEWAY, Type::Settings),
            Category::Bug => (StatusCode::BAD_GATEWAY, Type::Bug),
        };
        Self {
            code,
            sql_state: failure.sql_state().to_owned(),
            stage: Some(error.stage().to_string()),
            ..Self::new(
                status,
                kind,
                "the gateway has no connection to the database",
            )
            .with_hint("nothing was executed; the gateway's log has the reason")
        }
    }

    /// Of a statement that was sent, or may have been. The status is never one after which a client repeats a
    /// statement that may have been executed.
    pub(super) fn of_statement(failure: &Failure) -> Self {
        let Failure::Database(error) = failure else {
            return match failure {
                Failure::TransactionEnded(_) => Self::transaction_ended(failure),
                _ => Self {
                    code: failure.code(),
                    sql_state: failure.sql_state().to_owned(),
                    ..Self::of_gateway(failure)
                },
            };
        };
        if is_unknown_outcome(error) {
            return Self {
                code: error.code().unwrap_or(SERVER_LOST),
                sql_state: error.sql_state().unwrap_or(GENERAL).to_owned(),
                ..Self::unknown_outcome(error.stage())
            };
        }
        let (status, kind) = match error.category() {
            _ if has_wrong_role(error) => (StatusCode::SERVICE_UNAVAILABLE, Type::Network),
            // Of the parameters: those of the connection were needed before.
            Category::Settings => (StatusCode::BAD_REQUEST, Type::InvalidParameters),
            Category::Limit => (StatusCode::UNPROCESSABLE_ENTITY, Type::ResultTooLarge),
            Category::Protocol | Category::Bug => {
                (StatusCode::UNPROCESSABLE_ENTITY, Type::UnsupportedResult)
            }
            Category::Statement
            | Category::Network
            | Category::Credentials
            | Category::Tls
            | Category::Login => (status::of_code(failure.code()), Type::Statement),
        };
        Self {
            code: failure.code(),
            sql_state: failure.sql_state().to_owned(),
            stage: Some(error.stage().to_string()),
            hint: status::hint(error),
            ..Self::new(status, kind, failure.to_string())
        }
    }

    /// Of a failure that no database has reported.
    fn of_gateway(failure: &Failure) -> Self {
        let (status, kind) = match failure {
            Failure::ResultTooLarge { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, Type::ResultTooLarge)
            }
            Failure::TooManyRows { .. } => (StatusCode::UNPROCESSABLE_ENTITY, Type::ResultTooLarge),
            Failure::Limited(_) => (StatusCode::TOO_MANY_REQUESTS, Type::TooManyRequests),
            Failure::Denied(denied) => return Self::denied(denied),
            Failure::StatementTimeout {
                outcome: Outcome::Ended,
                ..
            } => (StatusCode::BAD_REQUEST, Type::StatementTimeout),
            _ => (StatusCode::FAILED_DEPENDENCY, Type::UnknownOutcome),
        };
        Self::new(status, kind, failure.to_string())
    }

    /// The caller may not do this. Nothing has reached the database.
    pub(super) fn denied(denied: &AccessDenied) -> Self {
        let (status, kind) = match denied {
            AccessDenied::UnknownDatabase => (StatusCode::NOT_FOUND, Type::NotFound),
            _ => (StatusCode::FORBIDDEN, Type::Forbidden),
        };
        Self {
            code: denied.code(),
            sql_state: denied.sql_state().to_owned(),
            ..Self::new(status, kind, denied.to_string())
        }
    }

    /// A statement has ended the transaction of its batch. The code is not that of a lost connection.
    fn transaction_ended(failure: &Failure) -> Self {
        let (status, kind) = (StatusCode::FAILED_DEPENDENCY, Type::UnknownOutcome);
        Self::new(status, kind, failure.to_string())
            .with_hint("call no procedure that commits or rolls back")
    }

    /// The error is that of a procedure of a batch, which may have committed before its result was given up.
    pub(super) fn of_procedure(self) -> Self {
        let known =
            "the procedure may have committed its changes and those of the statements before it";
        Self {
            status: StatusCode::FAILED_DEPENDENCY,
            kind: Type::UnknownOutcome,
            code: UNKNOWN,
            message: format!("{}: {known}", self.message),
            ..self
        }
    }

    /// The connection was lost, and with it the server's answer.
    pub(super) fn unknown_outcome(stage: Stage) -> Self {
        let message = "the connection to the database was lost, so it is unknown whether the statement was executed";
        Self {
            code: SERVER_LOST,
            stage: Some(stage.to_string()),
            ..Self::new(StatusCode::FAILED_DEPENDENCY, Type::UnknownOutcome, message)
        }
        .with_hint(
            "repeat the statement if it only reads; otherwise, first check whether it was executed",
        )
    }

    pub(super) fn code(&self) -> u16 {
        self.code
    }

    pub(super) fn kind(&self) -> Type {
        self.kind
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether it came about on the way to the rows, and not before.
    pub(super) fn is_of_server(&self) -> bool {
        self.stage.is_some()
    }

    /// The JSON of the error itself, in one line.
    pub(super) fn json(&self) -> String {
        // Fails for types that JSON does not have, which an error does not contain.
        serde_json::to_string(self).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    #[cfg(test)]
    pub(super) fn statement(&self) -> Option<usize> {
        self.statement
    }

    /// The header that the status requires, or that helps a client.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match self.status {
            StatusCode::UNAUTHORIZED => (WWW_AUTHENTICATE, "Basic realm=\"rds-bridge\""),
            StatusCode::METHOD_NOT_ALLOWED => (ALLOW, "POST"),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => (RETRY_AFTER, "1"),
            _ => return None,
        };
        Some((name, HeaderValue::from_static(value)))
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let kind = match refused {
            Refused::Host => Type::MisdirectedRequest,
            Refused::Origin | Refused::NotServed(_) => Type::Forbidden,
            Refused::Malformed(_) => Type::InvalidRequest,
            Refused::TooManyBodies => Type::TooManyRequests,
            Refused::Unavailable(_) => Type::Settings,
            Refused::ContentType => Type::UnsupportedMedia,
            Refused::BodyTooLarge { .. } => Type::RequestTooLarge,
            Refused::BodyTimeout => Type::RequestTimeout,
        };
        Self::new(refused.status(), kind, refused.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        let header = self.header();
        let body = Json(Body { error: &self });
        let mut response = (self.status, no_store, body).into_response();
        response.headers_mut().extend(header);
        response.extensions_mut().insert(Cause::from(&self));
        response.extensions_mut().insert(Ending::from(&self));
        response
    }
}

#[cfg(test)]
mod tests;

//! Errors in the form of AWS: a status, the type in a header, and a message.

use std::fmt;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use rds_bridge::error::ends_connection;
use rds_bridge::{ErrorKind, Stage};
use tracing::{debug, error, warn};

use crate::access::AccessDenied;
use crate::execution::{Failure, Outcome, has_wrong_role, is_unknown_outcome};
use crate::statistics::{Cause, Ending};

/// The header by which SDKs tell the types of errors apart.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// `CR_PARAMS_NOT_BOUND`: the code of MySQL's clients for a parameter without a value.
const PARAMS_NOT_BOUND: u16 = 2031;
/// `CR_INVALID_PARAMETER_NO`: the code of MySQL's clients for a parameter with an invalid value.
const INVALID_PARAMETER: u16 = 2034;
/// The SQLSTATE of an error without a more specific one.
const GENERAL: &str = "HY000";

/// An error of the service model, or one that every AWS service has.
///
/// `BadRequestException` is not among them: `data-api-client` repeats a statement after it and after
/// `StatementTimeoutException`, and SDKs repeat it after a status from 500 on. So these say that nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    error_type: &'static str,
    message: String,
    /// The server's id of the connection whose statement took too long.
    connection_id: Option<u32>,
    cause: Cause,
    ending: Ending,
    /// Seconds.
    retry_after: Option<u64>,
}

impl ApiError {
    pub(super) fn new(
        status: StatusCode,
        error_type: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            error_type,
            message: message.into(),
            connection_id: None,
            cause: Cause::Named(error_type),
            ending: Ending::Failed,
            retry_after: None,
        }
    }

    /// How the request ends, for the statistics. Default: it failed.
    pub(super) fn with_ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Tells an SDK after how many seconds to repeat the request.
    pub(super) fn with_retry_after(mut self, seconds: Option<u64>) -> Self {
        self.retry_after = seconds;
        self
    }

    /// An error of the database, or of its clients. AWS's clients parse the end of the message.
    pub(super) fn database(message: &str, code: u16, sql_state: &str) -> Self {
        let message = format!("{message}; Error code: {code}; SQLState: {sql_state}");
        Self {
            cause: Cause::Sql(code),
            ..Self::new(StatusCode::BAD_REQUEST, "DatabaseErrorException", message)
        }
    }

    /// Of a statement that was sent, or may have been. What is known is in the message; the status is never one after
    /// which an SDK repeats the statement.
    pub(super) fn of_statement(failure: &Failure) -> Self {
        let ending = match failure {
            Failure::Database(error) if has_wrong_role(error) => {
                let (status, kind) = (StatusCode::GATEWAY_TIMEOUT, "DatabaseUnavailableException");
                return Self::new(status, kind, failure.to_string()).with_ending(Ending::Refused);
            }
            Failure::Database(error) if is_unknown_outcome(error) => Ending::Unknown,
            failure => failure.into(),
        };
        Self::of_failure(failure).with_ending(ending)
    }

    fn of_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Database(error) => match error.server_error() {
                Some(server) if !ends_connection(server) => {
                    Self::database(&server.message, failure.code(), failure.sql_state())
                }
                _ if is_unknown_outcome(error) => {
                    debug!(%error, "the outcome of a statement is unknown");
                    Self::of_failure(&Failure::UnknownOutcome)
                }
                _ => Self::database(&failure.to_string(), failure.code(), failure.sql_state()),
            },
            Failure::ResultTooLarge { .. } => Self::unsupported_result(&format!(
                "Database response exceeded size limit: {failure}"
            )),
            Failure::StatementTimeout {
                outcome: Outcome::Ended,
                connection_id,
                ..
            } => Self {
                connection_id: Some(*connection_id),
                ..Self::new(
                    StatusCode::BAD_REQUEST,
                    "StatementTimeoutException",
                    failure.to_string(),
                )
            },
            Failure::StatementTimeout { .. }
            | Failure::UnknownOutcome
            | Failure::TransactionEnded(_) => {
                Self::database(&failure.to_string(), failure.code(), failure.sql_state())
            }
            Failure::SessionLost => Self::transaction_not_found(),
            Failure::TooManyRows { .. } => Self::unsupported_result(&failure.to_string()),
            Failure::Denied(denied) => Self::denied(denied.clone()),
            Failure::NoSessions => {
                Self::database(&failure.to_string(), failure.code(), failure.sql_state())
            }
            Failure::Limited(exceeded) => Self::limited(*exceeded),
            Failure::SessionBusy { .. } => Self::database(
                &format!("Transaction is still running a query: {failure}"),
                failure.code(),
                failure.sql_state(),
            ),
            Failure::Draining
            | Failure::TooManySessions { .. }
            | Failure::NoConnection { .. }
            | Failure::SettingRefused { .. }
            | Failure::NotKept(_) => {
                Self::database(&failure.to_string(), failure.code(), failure.sql_state())
            }
        }
    }

    /// Of what precedes a statement: the statement was not sent, so that an SDK may repeat the request. What went wrong
    /// with the connection is for the log, because it names users and addresses.
    pub(super) fn before_statement(failure: &Failure) -> Self {
        let error = match failure {
            Failure::Database(error) => error,
            Failure::Draining | Failure::TooManySessions { .. } => {
                let (status, kind) = (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableError");
                return Self::new(status, kind, failure.to_string()).with_ending(Ending::Refused);
            }
            _ => return Self::of_statement(failure),
        };
        let unavailable = |status, error_type| {
            warn!(%failure, "no connection to the database");
            let message =
                "The gateway has no connection to the database: the gateway's log has the reason";
            Self::new(status, error_type, message)
        };
        match error.kind() {
            ErrorKind::PoolTimeout { .. } | ErrorKind::PoolClosed => {
                unavailable(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableError")
            }
            // Such as `USE` with the name of no database.
            ErrorKind::Server(server)
                if error.stage() > Stage::Session && !ends_connection(server) =>
            {
                Self::of_statement(failure)
            }
            _ => unavailable(StatusCode::GATEWAY_TIMEOUT, "DatabaseUnavailableException"),
        }
    }

    /// The statement names a parameter that the request does not have.
    pub(super) fn no_parameter(name: &str) -> Self {
        let message = format!("Cannot find parameter: {name}");
        Self::database(&message, PARAMS_NOT_BOUND, GENERAL).with_ending(Ending::Refused)
    }

    /// The value of a parameter cannot be sent to the database.
    pub(super) fn invalid_parameter(name: &str, problem: &str) -> Self {
        let message = format!("The parameter :{name} is invalid: {problem}");
        Self::database(&message, INVALID_PARAMETER, GENERAL).with_ending(Ending::Refused)
    }

    /// The statement has a parameter without a name.
    pub(super) fn question_mark() -> Self {
        let message = "The statement has a question mark as a parameter: name it, as in :id";
        Self::database(message, PARAMS_NOT_BOUND, GENERAL).with_ending(Ending::Refused)
    }

    /// The statement was executed, and its result cannot be returned.
    pub(super) fn unsupported_result(problem: &str) -> Self {
        let message = format!("The result cannot be returned: {problem}");
        Self::new(
            StatusCode::BAD_REQUEST,
            "UnsupportedResultException",
            message,
        )
    }

    /// The caller may not do this. Nothing has reached the database.
    pub(super) fn denied(denied: AccessDenied) -> Self {
        match denied {
            AccessDenied::UnknownDatabase => Self::database_not_found(),
            AccessDenied::Changed => Self::transaction_not_found(),
            AccessDenied::Database
            | AccessDenied::Statement
            | AccessDenied::Unreadable(_)
            | AccessDenied::Schema
            | AccessDenied::AdHoc
            | AccessDenied::Name
            | AccessDenied::Writes => Self::new(
                StatusCode::FORBIDDEN,
                "ForbiddenException",
                denied.to_string(),
            )
            .with_ending(Ending::Denied),
        }
    }

    /// The transaction has ended, or never was this caller's.
    pub(super) fn transaction_not_found() -> Self {
        let message = "Transaction is not found: it has been committed or rolled back, or the loss of its connection \
                       has rolled it back";
        Self::new(
            StatusCode::NOT_FOUND,
            "TransactionNotFoundException",
            message,
        )
    }

    /// The resource ARN names no database of the gateway.
    pub(super) fn database_not_found() -> Self {
        let message =
            "The gateway has several databases: resourceArn must end with the name of one of them";
        Self::new(StatusCode::NOT_FOUND, "DatabaseNotFoundException", message)
            .with_ending(Ending::Denied)
    }

    /// A member of the request is missing or has an invalid value.
    pub(super) fn validation(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationException", message)
            .with_ending(Ending::Refused)
    }

    /// The body is not JSON, or not the JSON of a request.
    pub(super) fn unreadable(error: &serde_json::Error) -> Self {
        if error.is_data() {
            Self::validation(&format!("The request is invalid: {error}"))
        } else {
            let message = format!("The request is not JSON: {error}");
            Self::new(StatusCode::BAD_REQUEST, "SerializationException", message)
                .with_ending(Ending::Refused)
        }
    }

    /// A bug of the gateway.
    pub(super) fn internal(bug: &serde_json::Error) -> Self {
        error!(%bug, "a response cannot be written");
        // Not a status of 500: the statement was executed.
        Self::unsupported_result("this is a bug of the gateway")
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self {
            status,
            error_type,
            message,
            connection_id,
            cause,
            ending,
            retry_after,
        } = self;
        let body = match connection_id {
            Some(id) => serde_json::json!({ "message": message, "dbConnectionId": id }),
            None => serde_json::json!({ "message": message }),
        };
        let body = body.to_string();
        let headers = [
            (ERROR_TYPE, error_type),
            (CONTENT_TYPE.as_str(), "application/json"),
        ];
        let mut response = (status, headers, Body::from(body)).into_response();
        response.extensions_mut().insert(cause);
        response.extensions_mut().insert(ending);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use rds_bridge::Error;
    use rds_bridge::component::ServerError;

    use super::*;

    fn server(stage: Stage, code: u16) -> Failure {
        Failure::Database(Error::new(
            stage,
            ErrorKind::Server(ServerError {
                code,
                sql_state: Some("HY123".to_owned()),
                message: "words of the server".to_owned(),
            }),
        ))
    }

    fn closed() -> Failure {
        Failure::Database(Error::new(Stage::Statement, ErrorKind::Closed))
    }

    #[test]
    fn a_refusal_has_the_words_of_the_server_and_their_tail() {
        let error = ApiError::of_statement(&server(Stage::Statement, 1062));
        assert_eq!(
            (error.status, error.error_type),
            (StatusCode::BAD_REQUEST, "DatabaseErrorException")
        );
        assert_eq!(
            error.message,
            "words of the server; Error code: 1062; SQLState: HY123"
        );
        let rows = ApiError::of_statement(&server(Stage::Rows, 1317));
        assert!(rows.message.ends_with("Error code: 1317; SQLState: HY123"));
        let before = ApiError::before_statement(&server(Stage::Statement, 1049));
        assert!(
            before
                .message
                .starts_with("words of the server; Error code: 1049")
        );
    }

    /// A status from 500 on is repeated by SDKs, and two types by `data-api-client`.
    #[test]
    fn an_unknown_outcome_is_no_reason_to_repeat() {
        let shutdown = server(Stage::Statement, 1053);
        for lost in [closed(), shutdown] {
            let error = ApiError::of_statement(&lost);
            assert_eq!(
                (error.status, error.error_type),
                (StatusCode::BAD_REQUEST, "DatabaseErrorException")
            );
            assert_eq!(
                error.message,
                format!(
                    "{}; Error code: 2013; SQLState: HY000",
                    Failure::UnknownOutcome
                )
            );
        }
    }

    #[test]
    fn what_fails_before_a_statement_may_be_repeated_and_says_nothing_of_the_network() {
        let limit = std::time::Duration::from_secs(30);
        let busy = ErrorKind::PoolTimeout { limit, max_size: 1 };
        let busy = Failure::Database(Error::new(Stage::Connect, busy));
        let error = ApiError::before_statement(&busy);
        assert_eq!(
            (error.status, error.error_type),
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableError")
        );
        for failure in [closed(), server(Stage::Login, 1045)] {
            let error = ApiError::before_statement(&failure);
            assert_eq!(
                (error.status, error.error_type),
                (StatusCode::GATEWAY_TIMEOUT, "DatabaseUnavailableException")
            );
            assert!(!error.message.contains("words"), "{error}");
        }
    }
}

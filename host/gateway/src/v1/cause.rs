//! The causes of failures, and how requests end by them, for the statistics.

use axum::http::StatusCode;

use super::error::{ApiError, Type, UNKNOWN};
use crate::statistics::{Cause, Ending};

impl From<&ApiError> for Cause {
    fn from(error: &ApiError) -> Self {
        match error.code() {
            UNKNOWN => Self::Named(name(error.kind())),
            code => Self::Sql(code),
        }
    }
}

impl From<&ApiError> for Ending {
    fn from(error: &ApiError) -> Self {
        // Without a number of MySQL's, the gateway itself has refused the request.
        let is_refused = error.code() == UNKNOWN;
        match error.kind() {
            Type::InvalidRequest
            | Type::InvalidParameters
            | Type::MethodNotAllowed
            | Type::NotAcceptable
            | Type::RequestTimeout
            | Type::RequestTooLarge
            | Type::UnsupportedMedia
            | Type::MisdirectedRequest
            | Type::IdempotencyKey => Self::Refused,
            Type::Forbidden | Type::NotFound | Type::Statement if is_refused => {
                if error.is_of_server() {
                    Self::Failed
                } else {
                    Self::Refused
                }
            }
            Type::Forbidden | Type::NotFound => Self::Denied,
            Type::Unauthenticated => Self::Unauthenticated,
            Type::TooManyRequests if !is_refused => Self::Limited,
            // After wrong credentials; the other one is refused for its body.
            Type::TooManyRequests if error.status() == StatusCode::TOO_MANY_REQUESTS => {
                Self::Unauthenticated
            }
            Type::TooManyRequests => Self::Refused,
            Type::UnknownOutcome => Self::Unknown,
            Type::Statement
            | Type::UnsupportedResult
            | Type::ResultTooLarge
            | Type::StatementTimeout
            | Type::Settings
            | Type::Bug
            | Type::Credentials
            | Type::Tls
            | Type::Login
            | Type::Protocol
            | Type::Network
            | Type::TooManyConnections => Self::Failed,
        }
    }
}

fn name(kind: Type) -> &'static str {
    match kind {
        Type::InvalidRequest => "InvalidRequest",
        Type::InvalidParameters => "InvalidParameters",
        Type::Unauthenticated => "Unauthenticated",
        Type::Forbidden => "Forbidden",
        Type::NotFound => "NotFound",
        Type::MethodNotAllowed => "MethodNotAllowed",
        Type::NotAcceptable => "NotAcceptable",
        Type::RequestTimeout => "RequestTimeout",
        Type::RequestTooLarge => "RequestTooLarge",
        Type::TooManyRequests => "TooManyRequests",
        Type::UnsupportedMedia => "UnsupportedMedia",
        Type::MisdirectedRequest => "MisdirectedRequest",
        Type::Statement => "Statement",
        Type::UnsupportedResult => "UnsupportedResult",
        Type::ResultTooLarge => "ResultTooLarge",
        Type::StatementTimeout => "StatementTimeout",
        Type::UnknownOutcome => "UnknownOutcome",
        Type::IdempotencyKey => "IdempotencyKey",
        Type::Settings => "Settings",
        Type::Bug => "Bug",
        Type::Credentials => "Credentials",
        Type::Tls => "Tls",
        Type::Login => "Login",
        Type::Protocol => "Protocol",
        Type::Network => "Network",
        Type::TooManyConnections => "TooManyConnections",
    }
}

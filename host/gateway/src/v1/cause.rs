//! The causes of failures, for the statistics.

use super::error::{ApiError, Type, UNKNOWN};
use crate::statistics::Cause;

impl From<&ApiError> for Cause {
    fn from(error: &ApiError) -> Self {
        match error.code() {
            UNKNOWN => Self::Named(name(error.kind())),
            code => Self::Sql(code),
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

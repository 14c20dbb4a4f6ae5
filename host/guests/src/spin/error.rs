//! Spin's errors.

use wasmtime::component::ResourceTableError;

use super::bindings::fermyon::spin::rdbms_types::Error;
use crate::bindings::rds::mysql::types::{Error as GuestError, Rule, Stage};

/// Why a call of a guest failed: an error value, or a trap.
#[derive(Debug)]
pub(crate) enum SpinFailure {
    Error(Error),
    Trap(wasmtime::Error),
}

impl From<Error> for SpinFailure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<ResourceTableError> for SpinFailure {
    fn from(error: ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}

impl From<GuestError> for SpinFailure {
    fn from(error: GuestError) -> Self {
        Self::Error(spoken(error))
    }
}

/// What a guest of Spin reads of an error.
pub(crate) fn spoken(error: GuestError) -> Error {
    match error {
        GuestError::UnknownDatabase => super::connection::unknown(),
        GuestError::Unavailable(stage) => Error::ConnectionFailed(format!(
            "the host cannot connect to the database ({})",
            stage_name(stage)
        )),
        GuestError::Server(error) => Error::QueryFailed(match error.sql_state {
            Some(state) => format!("ERROR {} ({state}): {}", error.code, error.message),
            None => format!("ERROR {}: {}", error.code, error.message),
        }),
        GuestError::Parameter(index) => Error::BadParameter(format!(
            "parameter number {} cannot be sent, is missing, or has no question mark",
            index.saturating_add(1)
        )),
        GuestError::Value(column) => {
            Error::ValueConversionFailed(format!("the column {column} cannot be represented"))
        }
        GuestError::NotPermitted(rule) => Error::QueryFailed(rule_words(rule).to_owned()),
        GuestError::Timeout(_) => Error::QueryFailed(
            "the statement was not finished within the host's time limit, and may have been executed".to_owned(),
        ),
        GuestError::ConnectionLost(lost) => Error::ConnectionFailed(
            match lost.may_have_run {
                true => "the connection is lost, and the statement may have been executed",
                false => "the connection is lost: open another",
            }
            .to_owned(),
        ),
        GuestError::Busy => Error::Other("the connection is in use".to_owned()),
        GuestError::TransactionEnded => Error::Other("the transaction has ended".to_owned()),
    }
}

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Credentials => "credentials",
        Stage::Resolve => "name resolution",
        Stage::Connect => "TCP connection",
        Stage::Tls => "TLS",
        Stage::Token => "token",
        Stage::Login => "login",
        Stage::Session => "session",
        Stage::Pool => "all connections are in use",
    }
}

fn rule_words(rule: Rule) -> &'static str {
    match rule {
        Rule::Statement => "the host does not permit this statement",
        Rule::Write => "the host does not permit writing",
        Rule::Transaction => "the host does not permit statements that begin or end a transaction",
        Rule::Connections => "the host permits no more connections or statements at the same time",
        Rule::Rate => "the host permits no more requests in this second",
        Rule::ResultSize => "the result has more bytes than the host permits",
        Rule::Rows => "the result has more rows than the host permits",
        Rule::Parameters => "the statement has more bytes than the host permits",
        Rule::LocalFile => "LOAD DATA LOCAL is not permitted",
    }
}

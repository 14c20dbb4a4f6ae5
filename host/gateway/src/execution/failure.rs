//! Why a statement failed, as MySQL would say it.

use rds_bridge::error::Chain;
use rds_bridge::pool::PoolError;
use rds_bridge::{Error, ErrorKind};
use thiserror::Error;

use crate::access::AccessDenied;

/// `ER_CON_COUNT_ERROR`
const TOO_MANY_CONNECTIONS: u16 = 1040;
/// `ER_UNKNOWN_ERROR`
const UNKNOWN: u16 = 1105;
/// `ER_TOO_BIG_SELECT`
const TOO_MANY_ROWS: u16 = 1104;
/// `ER_NET_PACKET_TOO_LARGE`
const TOO_LARGE: u16 = 1153;
/// `CR_SERVER_GONE_ERROR`, as any client says of a session that has ended.
const SERVER_GONE: u16 = 2006;
/// `CR_CONN_HOST_ERROR`
const UNREACHABLE: u16 = 2003;

/// Why a statement failed. Each has an error number and an SQLSTATE.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The database refused the statement, or cannot be reached.
    #[error("{}", words(.0))]
    Database(#[from] Error),
    /// The result is larger than the gateway's limit.
    #[error("the result has more than {limit} bytes: add a LIMIT, or select fewer columns")]
    ResultTooLarge { limit: usize },
    /// The result has more rows than the caller's grant allows.
    #[error("the result has more than {limit} rows: add a LIMIT")]
    TooManyRows { limit: u64 },
    /// The session has ended: idle for too long, at the end of its lifetime, or since its client disconnected.
    #[error(
        "the session has ended, and its uncommitted changes are rolled back: begin a new session"
    )]
    SessionLost,
    /// Too many requests of the session wait already.
    #[error(
        "{limit} requests of this session wait for an earlier one: send fewer at the same time"
    )]
    SessionBusy { limit: usize },
    /// The caller may not do this. Nothing has reached the database.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Database(error.into())
    }
}

impl Failure {
    /// The number of the error, as MySQL has it.
    pub(crate) fn code(&self) -> u16 {
        match self {
            Self::Database(error) => match error.code() {
                Some(code) => code,
                None => own_code(error.kind()),
            },
            Self::ResultTooLarge { .. } => TOO_LARGE,
            Self::SessionLost => SERVER_GONE,
            Self::SessionBusy { .. } => TOO_MANY_CONNECTIONS,
            Self::TooManyRows { .. } => TOO_MANY_ROWS,
            Self::Denied(denied) => denied.code(),
        }
    }

    /// The SQLSTATE.
    pub(crate) fn sql_state(&self) -> &str {
        match self {
            Self::Database(error) => match error.kind() {
                ErrorKind::PoolTimeout { .. } => "08004",
                _ => error.sql_state().unwrap_or("HY000"),
            },
            Self::ResultTooLarge { .. } => "08S01",
            Self::SessionBusy { .. } => "08004",
            Self::TooManyRows { .. } => "42000",
            Self::Denied(denied) => denied.sql_state(),
            Self::SessionLost => "HY000",
        }
    }
}

/// The error number of a failure that the server has no number for.
fn own_code(kind: &ErrorKind) -> u16 {
    match kind {
        ErrorKind::PoolTimeout { .. } => TOO_MANY_CONNECTIONS,
        ErrorKind::RowTooLarge { .. } => TOO_LARGE,
        ErrorKind::Closed | ErrorKind::Io(_) | ErrorKind::Unusable => SERVER_GONE,
        ErrorKind::Resolve { .. } | ErrorKind::Connect(_) | ErrorKind::Timeout(_) => UNREACHABLE,
        _ => UNKNOWN,
    }
}

/// The server's message as it is, and of the library's errors the whole chain, since a client shows one text.
fn words(error: &Error) -> String {
    match error.server_error() {
        Some(server) => server.message.clone(),
        None => Chain(error).to_string(),
    }
}

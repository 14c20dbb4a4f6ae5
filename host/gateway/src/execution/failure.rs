//! Why a statement failed, as MySQL would say it.

use std::time::Duration;

use rds_bridge::error::{Chain, ends_connection};
use rds_bridge::pool::PoolError;
use rds_bridge::{Error, ErrorKind};
use thiserror::Error;
use tracing::debug;

use super::Outcome;
use crate::access::AccessDenied;
use crate::caller::Exceeded;

/// `ER_CON_COUNT_ERROR`
const TOO_MANY_CONNECTIONS: u16 = 1040;
/// `ER_SERVER_SHUTDOWN`
const SHUTDOWN: u16 = 1053;
/// `ER_UNKNOWN_ERROR`
const UNKNOWN: u16 = 1105;
/// `ER_TOO_BIG_SELECT`
const TOO_MANY_ROWS: u16 = 1104;
/// `ER_NOT_SUPPORTED_YET`
const NOT_SUPPORTED: u16 = 1235;
/// `ER_USER_LIMIT_REACHED`
const USER_LIMIT_REACHED: u16 = 1226;
/// `ER_NET_PACKET_TOO_LARGE`
const TOO_LARGE: u16 = 1153;
/// `ER_OPTION_PREVENTS_STATEMENT`, as a server that was the writer says.
const READ_ONLY_SERVER: u16 = 1290;
/// `CR_SERVER_GONE_ERROR`, as any client says of a session that has ended.
const SERVER_GONE: u16 = 2006;
/// `ER_QUERY_TIMEOUT`
const QUERY_TIMEOUT: u16 = 3024;
/// `CR_SERVER_LOST`, as any client says of a statement whose outcome it does not know.
const SERVER_LOST: u16 = 2013;
/// `CR_CONN_HOST_ERROR`
const UNREACHABLE: u16 = 2003;

/// Why a statement failed. Each has an error number and an SQLSTATE.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The database refused the statement, or cannot be reached.
    #[error("{}", words(.0))]
    Database(#[from] Error),
    /// The result is larger than the gateway's limit.
    #[error("the result is larger than {limit} bytes: add a LIMIT, or select fewer columns")]
    ResultTooLarge { limit: usize },
    /// The result has more rows than the caller's grant allows.
    #[error("the result has more than {limit} rows: add a LIMIT")]
    TooManyRows { limit: u64 },
    /// The session has ended: idle for too long, at the end of its lifetime, or since its client disconnected.
    #[error(
        "the session has ended, and its uncommitted changes were rolled back: begin a new session"
    )]
    SessionLost,
    /// The gateway keeps no sessions, and the request needs one, or has left one behind.
    #[error(
        "this gateway keeps no session from one request to the next, so it refuses or rolls back transactions, \
         settings, locks and temporary tables: send all statements of a transaction in one request to /v1/batch, or \
         all rows of one statement in one BatchExecuteStatement, or run rds-bridge serve on a server"
    )]
    NoSessions,
    /// Too many requests of the session wait already.
    #[error("{}", busy_words(*.limit))]
    SessionBusy { limit: usize },
    /// A limit of the caller is reached. Nothing has reached the database.
    #[error(transparent)]
    Limited(#[from] Exceeded),
    /// The caller may not do this. Nothing has reached the database.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// All connections that sessions may keep are kept.
    #[error(
        "all {limit} connections that sessions may keep are in use, so this session has ended: commit or roll back \
         open transactions, or try again later"
    )]
    TooManySessions { limit: usize },
    /// The gateway is shutting down, and begins no session. Nothing was sent.
    #[error(
        "the gateway is shutting down and begins no new session: try again, with another instance of the gateway"
    )]
    Draining,
    /// No connection to the database can be opened. Nothing was sent. The log has the error with this id.
    #[error(
        "the gateway has no connection to the database: the gateway's log has the reason, with the id {id}"
    )]
    NoConnection { error: Box<Error>, id: String },
    /// A setting that the session has was refused on the connection of this request. Nothing else was sent.
    #[error(
        "the session's setting {setting:?} could not be applied to the connection of this request ({}): change the \
         setting, or begin a new session",
        words(.error)
    )]
    SettingRefused { setting: String, error: Box<Error> },
    /// The statement was executed, and the session for what it has left cannot be kept.
    #[error(
        "the statement was executed, but the gateway could not keep its session ({}), and a transaction that the \
         statement left open was rolled back: check what the statement changed before you repeat it",
        reason(.0)
    )]
    NotKept(Box<Failure>),
    /// The connection was lost after the statement was sent.
    #[error(
        "the connection to the database was lost after the statement was sent, and its outcome is unknown: check \
         whether it was executed before you repeat it"
    )]
    UnknownOutcome,
    /// The server says that a statement has ended the transaction that it was executed in. The failure is that of the
    /// statement, if the server has refused it afterwards.
    #[error("{}", ended_words(.0.as_deref()))]
    TransactionEnded(Option<Box<Failure>>),
    /// The statement took longer than the request may take.
    #[error("the statement took longer than {} s{}", .limit.as_secs_f32(), timeout_words(*.outcome))]
    StatementTimeout {
        limit: Duration,
        outcome: Outcome,
        /// The server's id of the connection.
        connection_id: u32,
    },
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Database(error.into())
    }
}

impl Failure {
    /// The failure of a statement that was sent: [`Self::UnknownOutcome`], if it is not known how far the server came
    /// with it.
    pub(crate) fn after_sending(self) -> Self {
        match self {
            Self::Database(error) if is_unknown_outcome(&error) => {
                debug!(%error, "the outcome of a statement is unknown");
                Self::UnknownOutcome
            }
            other => other,
        }
    }

    /// The failure of keeping the session of a statement that was executed. A client must not repeat the statement as
    /// after a limit that was reached before.
    pub(crate) fn after_execution(self) -> Self {
        Self::NotKept(Box::new(self))
    }

    /// The failure of opening a connection, with the id by which the log has it.
    pub(crate) fn no_connection(error: Error, id: String) -> Self {
        let error = Box::new(error);
        Self::NoConnection { error, id }
    }

    /// The failure of repeating a setting of a session.
    pub(super) fn of_setting(self, setting: &str) -> Self {
        match self {
            Self::Database(error) if error.server_error().is_some() => Self::SettingRefused {
                setting: setting.to_owned(),
                error: Box::new(error),
            },
            other => other,
        }
    }

    /// The number of the error, as MySQL has it.
    pub(crate) fn code(&self) -> u16 {
        match self {
            Self::Database(error) => code_of(error),
            Self::NoConnection { error, .. } | Self::SettingRefused { error, .. } => code_of(error),
            Self::NotKept(_) => UNKNOWN,
            Self::ResultTooLarge { .. } => TOO_LARGE,
            Self::SessionLost => SERVER_GONE,
            Self::NoSessions => NOT_SUPPORTED,
            Self::SessionBusy { .. } | Self::TooManySessions { .. } => TOO_MANY_CONNECTIONS,
            Self::Draining => SHUTDOWN,
            Self::StatementTimeout { outcome, .. } => match outcome {
                Outcome::Ended => QUERY_TIMEOUT,
                Outcome::Unknown => SERVER_LOST,
            },
            Self::UnknownOutcome | Self::TransactionEnded(_) => SERVER_LOST,
            Self::TooManyRows { .. } => TOO_MANY_ROWS,
            Self::Limited(_) => USER_LIMIT_REACHED,
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
            Self::NoConnection { error, .. } | Self::SettingRefused { error, .. } => {
                error.sql_state().unwrap_or("HY000")
            }
            Self::ResultTooLarge { .. } | Self::Draining => "08S01",
            Self::SessionBusy { .. } | Self::TooManySessions { .. } => "08004",
            Self::TooManyRows { .. } | Self::NoSessions | Self::Limited(_) => "42000",
            Self::Denied(denied) => denied.sql_state(),
            Self::SessionLost
            | Self::UnknownOutcome
            | Self::TransactionEnded(_)
            | Self::StatementTimeout { .. }
            | Self::NotKept(_) => "HY000",
        }
    }
}

/// Whether the server has another role than the database's. A statement that was sent with the question only reads, so
/// nothing was changed, and a client may repeat its request.
pub(crate) fn has_wrong_role(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WrongRole { .. })
}

/// Whether it is not known how far the server came with a statement that was sent.
pub(crate) fn is_unknown_outcome(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Io(_)
        | ErrorKind::Closed
        | ErrorKind::Timeout(_)
        | ErrorKind::Malformed(_)
        | ErrorKind::Unusable => true,
        ErrorKind::Server(server) => ends_connection(server),
        _ => false,
    }
}

fn timeout_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ended => ": the server has ended it, and rolled back its changes",
        Outcome::Unknown => {
            ", and its outcome is unknown: check whether it was executed before you repeat it"
        }
    }
}

fn busy_words(limit: usize) -> String {
    match limit {
        0 => "an earlier request of this session is being executed: send one after another"
            .to_owned(),
        _ => format!(
            "{limit} requests of this session are already waiting for an earlier one: send fewer at the same time"
        ),
    }
}

/// What is known of a transaction that a statement has ended.
fn ended_words(failure: Option<&Failure>) -> String {
    let known = "its changes and those of the statements before it may be committed, and no later statement was \
                 executed: check what was changed before you repeat anything";
    match failure {
        None => format!("the statement ended the transaction: {known}"),
        Some(failure) => {
            format!("the statement ended the transaction, and failed ({failure}): {known}")
        }
    }
}

/// Why a session was not kept, without what is said to a client whose statement was not executed.
fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Draining => "the gateway is shutting down".to_owned(),
        Failure::TooManySessions { limit } => {
            format!("all {limit} connections that sessions may keep are in use")
        }
        other => other.to_string(),
    }
}

fn code_of(error: &Error) -> u16 {
    error.code().unwrap_or_else(|| own_code(error.kind()))
}

/// The error number of a failure that the server has no number for.
fn own_code(kind: &ErrorKind) -> u16 {
    match kind {
        ErrorKind::PoolTimeout { .. } => TOO_MANY_CONNECTIONS,
        ErrorKind::RowTooLarge { .. } => TOO_LARGE,
        ErrorKind::WrongRole { .. } => READ_ONLY_SERVER,
        ErrorKind::Closed | ErrorKind::Io(_) | ErrorKind::Unusable => SERVER_GONE,
        ErrorKind::Resolve { .. }
        | ErrorKind::Connect(_)
        | ErrorKind::Timeout(_)
        | ErrorKind::NoOtherServer { .. } => UNREACHABLE,
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

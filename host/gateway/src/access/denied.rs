//! Why a caller may not do something.

use rds_bridge_access::LexError;
use thiserror::Error;

/// Why a caller may not do something. Each dialect has its own form for it; nothing has reached the database.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum AccessDenied {
    /// The database does not exist, or is not granted. A caller cannot tell which.
    #[error("the caller has no grant for this database")]
    Database,
    /// Of a gateway that grants everything.
    #[error("the gateway has no database with this name")]
    UnknownDatabase,
    /// Of a session that began before the grant changed.
    #[error("the session has ended, because the caller's grant has changed: begin a new session")]
    Changed,
    #[error("the caller's grant does not list this statement")]
    Statement,
    #[error("the statement cannot be compared with those that the caller's grant lists: {0}")]
    Unreadable(LexError),
    #[error(
        "the caller's grant lists statements, which run only in the schema that the configuration names: omit the \
         schema"
    )]
    Schema,
    #[error(
        "the caller's grant does not allow SQL: send \"query\" with the name of a statement instead of \"sql\""
    )]
    AdHoc,
    /// The statement does not exist, or is not granted. A caller cannot tell which.
    #[error("the caller's grant lists no statement with this name")]
    Name,
    #[error("the statement writes, but the caller's grant is read-only")]
    Writes,
}

impl AccessDenied {
    /// The number of the error, as MySQL has it.
    ///
    /// Source: MySQL Error Message Reference, "Server Error Message Reference".
    pub(crate) fn code(&self) -> u16 {
        match self {
            // ER_DBACCESS_DENIED_ERROR
            Self::Database | Self::Changed => 1044,
            // ER_BAD_DB_ERROR
            Self::UnknownDatabase => 1049,
            // ER_SPECIFIC_ACCESS_DENIED_ERROR
            Self::Statement | Self::Unreadable(_) | Self::Schema | Self::AdHoc | Self::Name => 1227,
            // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
            Self::Writes => 1792,
        }
    }

    /// The SQLSTATE.
    pub(crate) fn sql_state(&self) -> &'static str {
        match self {
            Self::Database
            | Self::UnknownDatabase
            | Self::Changed
            | Self::Statement
            | Self::Unreadable(_)
            | Self::Schema
            | Self::AdHoc
            | Self::Name => "42000",
            Self::Writes => "25006",
        }
    }
}

//! Why a caller may not do something.

use thiserror::Error;

/// Why a caller may not do something. Each dialect has its own form for it; nothing has reached the database.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum AccessDenied {
    /// The database does not exist, or is not granted. A caller cannot tell which.
    #[error("the caller has no grant for this database")]
    Database,
    #[error("the caller's grant does not contain this statement")]
    Statement,
    /// The statement does not exist, or is not granted. A caller cannot tell which.
    #[error("the caller's grant contains no statement with this name")]
    Name,
    #[error("the statement writes, and the caller's grant is read-only")]
    Writes,
}

impl AccessDenied {
    /// The number of the error, as MySQL has it.
    ///
    /// Source: MySQL Error Message Reference, "Server Error Message Reference".
    pub(crate) fn code(&self) -> u16 {
        match self {
            // ER_DBACCESS_DENIED_ERROR
            Self::Database => 1044,
            // ER_SPECIFIC_ACCESS_DENIED_ERROR
            Self::Statement | Self::Name => 1227,
            // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
            Self::Writes => 1792,
        }
    }

    /// The SQLSTATE.
    pub(crate) fn sql_state(&self) -> &'static str {
        match self {
            Self::Database | Self::Statement | Self::Name => "42000",
            Self::Writes => "25006",
        }
    }
}

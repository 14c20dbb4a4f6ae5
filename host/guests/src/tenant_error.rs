//! Why a tenant cannot be made.

use rds_bridge_access::LexError;
use thiserror::Error;

/// Why a [`Tenant`](crate::Tenant) cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TenantError {
    /// A grant names a database that is not among [`Databases`](crate::Databases).
    #[error("there is no database {0:?}: add it with Databases::with")]
    UnknownDatabase(String),
    /// A grant names a statement that is not among those of [`Databases`](crate::Databases).
    #[error("there is no statement {0:?}: add it with Databases::statement")]
    UnknownStatement(String),
    /// A granted statement cannot be compared with those that guests send.
    #[error("the statement {name:?} cannot be granted: {problem}")]
    Unreadable {
        /// The statement's name.
        name: String,
        /// The problem.
        problem: LexError,
    },
    /// Two grants are for the same database.
    #[error("two grants are for the database {0:?}: merge them into one")]
    Repeated(String),
    /// A grant chooses a database user.
    #[error(
        "the grant for {0:?} sets a user, but a pool has only one: add a database whose pool logs in as that user"
    )]
    User(String),
}

//! Why a gateway cannot start.

use thiserror::Error;

use crate::caller::NoRandomness;

/// Why a gateway cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// No database was given.
    #[error("no database: give at least one with GatewayBuilder::database")]
    NoDatabase,
    /// Two databases have the same name.
    #[error("two databases have the name {0}")]
    RepeatedDatabase(String),
    /// Other machines could reach the listener.
    #[error(
        "other machines could reach the listener: authenticate callers with CallerAuthentication::Keys, and set \
         GatewayBuilder::tls, or GatewayBuilder::behind_tls_proxy if a proxy in front of the gateway terminates TLS"
    )]
    NotLocal,
    /// The name of the table of idempotency keys is not that of a table.
    #[error("{0:?} is not the name of a table: give it as table or schema.table")]
    IdempotencyTable(String),
    /// The system's error from `getsockname`.
    #[error("the listener has no address")]
    Listener(#[source] std::io::Error),
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

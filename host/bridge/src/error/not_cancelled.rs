//! Why a statement goes on.

use thiserror::Error as ThisError;

/// Why a statement was not cancelled. It may still be running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum NotCancelled {
    /// An RDS Proxy shares its connections to the database among its clients: a connection id that was read earlier
    /// may meanwhile belong to another client's statement.
    #[error("through an RDS Proxy no statement can be cancelled")]
    Proxy,
    /// The number that the server gave the connection in its greeting is not the one that it has inside TLS. What is
    /// in between, a proxy most likely, may take the number for another connection's.
    #[error("something between here and the server has changed the connection's id")]
    Relayed,
    /// The server has not said yet which session it is, or does not say it.
    #[error("the connection's id on the server is not known")]
    UnknownSession,
    /// The address of the connection leads to another server now.
    #[error("its address leads to another server")]
    AnotherServer,
    /// A pool lent the connection. It was given back after the handle was taken, and may serve another user.
    #[error("the connection has been given back to its pool")]
    GivenBack,
}

//! The reasons for which a statement is not cancelled.

use thiserror::Error as ThisError;

/// Why a statement was not cancelled. It may still be running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum NotCancelled {
    /// The connection leads to an RDS Proxy, which shares its connections to the database among its clients: the
    /// connection id may meanwhile belong to another client's statement.
    #[error("statements cannot be cancelled through RDS Proxy")]
    Proxy,
    /// The connection id in the server's greeting differs from the one that it returns inside TLS. Most likely a proxy
    /// is in between, to which the id may mean another connection.
    #[error(
        "a proxy on the path reports a connection id that is not the server's, so KILL might end the statement of \
         another connection"
    )]
    Relayed,
    /// The server has not returned the session's id yet, or does not return it.
    #[error("the connection's id on the server is unknown")]
    UnknownSession,
    /// The address of the connection now leads to another server.
    #[error("the connection's address now leads to another server")]
    AnotherServer,
    /// The connection of a pool was returned after the handle was taken, and may serve another user.
    #[error("the connection has been returned to its pool")]
    GivenBack,
}

//! Why a proxy cannot start.

use rds_bridge::component::Fault;
use thiserror::Error;

/// Why a proxy cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// No listener was given.
    #[error("no listener: give at least one address or Unix socket")]
    NoListener,
    /// A listener that other machines can reach requires TLS and the authentication of clients.
    #[error(
        "a listener that other machines can reach requires TLS and passwords, which a configuration file sets: listen on \
         a loopback address or a Unix socket, or set both"
    )]
    NotLocal,
    /// The component cannot be loaded.
    #[error("the component cannot be loaded")]
    Component(#[source] Fault),
}

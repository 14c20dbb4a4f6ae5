//! What can go wrong with a proxy, besides the errors of the library.

use std::io;
use std::net::SocketAddr;

use rds_bridge_proxy::StartError;
use thiserror::Error;

use super::exit::Exit;

#[derive(Debug, Error)]
pub(crate) enum ProxyError {
    #[error(transparent)]
    Start(StartError),
    /// [`StartError::NotLocal`], with the command's settings.
    #[error(
        "a listener that other machines can reach requires TLS, and passwords or certificates of clients: listen on a \
         loopback address or a Unix socket, or set --tls-certificate, --tls-key and --client-ca-file, or use a \
         configuration file"
    )]
    NotLocal,
    /// The address, or the Unix socket, that cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(String, #[source] io::Error),
    #[error("no proxy answers at the admin address {0}; start it with --admin {0}")]
    Admin(SocketAddr, #[source] io::Error),
    /// No client program was found for `shell`.
    #[error("{0}")]
    NoShell(String),
}

impl From<StartError> for ProxyError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::NotLocal => Self::NotLocal,
            error => Self::Start(error),
        }
    }
}

impl ProxyError {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Start(StartError::Component(_)) => Exit::Bug,
            Self::Start(_) | Self::NotLocal | Self::NoShell(_) => Exit::Usage,
            Self::Listen(..) => Exit::InputOutput,
            Self::Admin(..) => Exit::Network,
        }
    }
}

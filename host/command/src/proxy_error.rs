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
        "other machines can reach the listener, so TLS and authentication of clients are required: listen on a \
         loopback address or a Unix socket; or set --tls-certificate, --tls-key and --client-ca-file; or, for \
         passwords, use --config"
    )]
    NotLocal,
    /// The address, or the Unix socket, that cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(String, #[source] io::Error),
    #[error("no proxy answers at the admin address {0}: {1}; start the proxy with --admin {0}")]
    Admin(SocketAddr, io::Error),
    /// The HTTP status of an answer that is not 200.
    #[error("{}", admin_status(*.0, *.1))]
    AdminStatus(SocketAddr, u16),
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
            Self::Admin(..) | Self::AdminStatus(..) => Exit::Network,
        }
    }
}

fn admin_status(address: SocketAddr, status: u16) -> String {
    match status {
        403 => format!("the proxy at {address} accepts this request only from its own machine"),
        status => format!(
            "the program at {address} does not answer as the admin address of rds-bridge proxy: HTTP status {status}"
        ),
    }
}

//! What can go wrong with a gateway, besides the errors of the library.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use rds_bridge_gateway::{KeyFileError, StartError};
use thiserror::Error;

use super::exit::Exit;

#[derive(Debug, Error)]
pub(crate) enum GatewayError {
    #[error(transparent)]
    Start(StartError),
    /// [`StartError::NotLocal`], with the command's settings.
    #[error(
        "other machines can reach {0}, so credentials and TLS are required: give the callers' keys with \
         --api-key-file; and give --tls-certificate and --tls-key, or --behind-tls-proxy if a proxy in front of the \
         gateway terminates TLS"
    )]
    NotLocal(SocketAddr),
    #[error("the secret in {} is shorter than 16 characters: generate one with 'openssl rand -hex 32'", .0.display())]
    ShortSecret(PathBuf),
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("the API keys in {} cannot be used", .0.display())]
    Keys(PathBuf, #[source] KeyFileError),
}

impl GatewayError {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Start(_) | Self::NotLocal(_) | Self::Keys(..) | Self::ShortSecret(_) => {
                Exit::Usage
            }
            Self::Listen(..) => Exit::InputOutput,
        }
    }
}

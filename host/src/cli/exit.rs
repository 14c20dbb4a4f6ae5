//! How the command ends: from error to exit code.

use std::process::ExitCode;

use crate::aws::CredentialsError;
use crate::error::{ErrorKind, Stage, ends_connection};
use crate::guest::{Fault, HandshakeError, PresignError};

/// How the command ends. Part of its contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success = 0,
    /// A bug of ours.
    Bug = 1,
    /// Usage, or a setting that is missing or wrong.
    Usage = 2,
    /// No credentials, or expired ones; or a secret that cannot be had or used.
    Credentials = 3,
    /// The text that was to be read is not a token.
    NotAToken = 4,
    /// Reading or writing failed, other than to the server.
    InputOutput = 5,
    /// The server cannot be reached, does not answer in time, or the connection was lost.
    Network = 6,
    /// No TLS, or not with the right server.
    Tls = 7,
    /// The server does not let the user in.
    Login = 8,
    /// The server refuses the statement.
    Statement = 9,
    /// The server does not keep to the protocol.
    Protocol = 10,
    /// Ctrl-C, or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// Of what the library says.
    #[must_use]
    pub fn of(error: &crate::Error) -> Self {
        match error.kind() {
            ErrorKind::Setting { .. }
            | ErrorKind::Region(_)
            | ErrorKind::TrustAnchors(_)
            | ErrorKind::ParameterCount { .. }
            | ErrorKind::Credentials(CredentialsError::Profile(_))
            | ErrorKind::Fault(Fault::ArgumentsTooLarge { .. }) => Self::Usage,
            ErrorKind::Credentials(_) => Self::Credentials,
            #[cfg(feature = "secrets-manager")]
            ErrorKind::Secret(_) => Self::Credentials,
            ErrorKind::Presign(error) => of_presign(error),
            ErrorKind::Timeout(_) if error.stage() == Stage::Credentials => Self::Credentials,
            ErrorKind::Resolve { .. }
            | ErrorKind::Connect(_)
            | ErrorKind::Timeout(_)
            | ErrorKind::Io(_)
            | ErrorKind::Closed
            | ErrorKind::Unusable
            | ErrorKind::NotCancelled(_) => Self::Network,
            ErrorKind::Tls(_) | ErrorKind::Handshake(HandshakeError::TlsNotOffered) => Self::Tls,
            ErrorKind::Server(server) if ends_connection(server) => Self::Network,
            ErrorKind::Server(_) if error.stage() > Stage::Login => Self::Statement,
            ErrorKind::Server(_) | ErrorKind::ServerBeforeTls(_) => Self::Login,
            ErrorKind::Handshake(error) => of_handshake(error),
            ErrorKind::RowTooLarge { .. } => Self::InputOutput,
            ErrorKind::Malformed(_) | ErrorKind::Value(_) | ErrorKind::LocalInfile => {
                Self::Protocol
            }
            ErrorKind::Fault(_) => Self::Bug,
        }
    }
}

fn of_handshake(error: &HandshakeError) -> Exit {
    match error {
        HandshakeError::InvalidConfig(_) => Exit::Usage,
        HandshakeError::Misuse(_) => Exit::Bug,
        HandshakeError::TokenNotRequested
        | HandshakeError::UnsupportedAuthPlugin(_)
        | HandshakeError::RefusedAuthPlugin(_)
        | HandshakeError::MultiFactorAuthentication
        | HandshakeError::ServerRefusedBeforeTls(_)
        | HandshakeError::ServerRefused(_) => Exit::Login,
        HandshakeError::TlsNotOffered => Exit::Tls,
        HandshakeError::InvalidPacket(_)
        | HandshakeError::UnexpectedPacket(_)
        | HandshakeError::SequenceIdMismatch(_)
        | HandshakeError::PacketTooLarge(_)
        | HandshakeError::BytesBeforeTls
        | HandshakeError::BytesAfterReady
        | HandshakeError::RepeatedAuthSwitch
        | HandshakeError::UnsupportedProtocolVersion(_)
        | HandshakeError::MissingCapability(_) => Exit::Protocol,
    }
}

pub(super) fn of_presign(error: &PresignError) -> Exit {
    match error {
        PresignError::CredentialsExpired(_) => Exit::Credentials,
        PresignError::Empty(_)
        | PresignError::TooLong(_)
        | PresignError::InvalidCharacter(_)
        | PresignError::InvalidHost(_)
        | PresignError::PortZero
        | PresignError::ExpiryOutOfRange(_)
        | PresignError::TimeOutOfRange(_) => Exit::Usage,
    }
}

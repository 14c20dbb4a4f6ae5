//! Why a handshake failed, by whose fault it is.

use thiserror::Error;

use super::config::InvalidConfig;
use crate::auth_plugin::AuthPlugin;
use crate::packet::{InvalidPacket, PacketTooLarge, ServerError};

/// A call that was not the one to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Misuse {
    /// `tls_established` without a step to start it.
    #[error("TLS was not asked for")]
    TlsNotAskedFor,
    /// `receive` between the step to start TLS and `tls_established`.
    #[error("TLS was asked for, and has not been reported as established")]
    TlsNotEstablished,
    /// A call after the session was given.
    #[error("the handshake is over")]
    AlreadyReady,
}

/// Why a handshake failed. The connection is of no more use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The caller's fault. Nothing has been sent.
    #[error("the configuration is not one to log in with")]
    InvalidConfig(#[from] InvalidConfig),
    /// The caller's fault: a call out of turn.
    #[error("the handshake was called out of turn")]
    Misuse(#[source] Misuse),

    /// The peer sent a packet that cannot be read.
    #[error("the server sent a packet that cannot be read")]
    InvalidPacket(#[from] InvalidPacket),
    /// The peer sent a packet that has no place here; its first byte.
    #[error("the server sent a packet that has no place here, with the header 0x{0:02X}")]
    UnexpectedPacket(u8),
    /// The peer lost count of the packets.
    #[error("the server numbered a packet {received} where {expected} was next")]
    SequenceIdMismatch {
        /// The number that was next.
        expected: u8,
        /// The number that came.
        received: u8,
    },
    /// The peer claims a packet longer than any of the connection phase.
    #[error("the server claims a packet that is too large")]
    PacketTooLarge(#[from] PacketTooLarge),
    /// STARTTLS injection, perhaps. The bytes have not been read.
    #[error("bytes came between the server's first packet and TLS")]
    BytesBeforeTls,
    /// Nothing may come before a command.
    #[error("bytes came after the server's last packet")]
    BytesAfterReady,
    /// A token answers one request to change the method, and a password a few: MariaDB makes one for each
    /// alternative of an account.
    #[error("the server asked to change the authentication method too often")]
    RepeatedAuthSwitch,
    /// Anybody can log in to such an account.
    #[error("the server let the user in without asking for the token")]
    TokenNotRequested,

    /// Nothing secret is sent without TLS.
    #[error("the server does not offer TLS")]
    TlsNotOffered,
    /// Its version.
    #[error("the server speaks version {0} of the protocol, and not 10")]
    UnsupportedProtocolVersion(u8),
    /// The flag's name in the manual.
    #[error("the server lacks {0}")]
    MissingCapability(&'static str),
    /// Its name.
    #[error("the server asks for the authentication method {0}, which is not supported")]
    UnsupportedAuthPlugin(String),
    /// Anything but `mysql_clear_password` with a token, or `mysql_clear_password` with a password.
    #[error("the server asks for {}, which is not answered with this kind of secret", .0.name())]
    RefusedAuthPlugin(AuthPlugin),
    /// The server asks for another factor.
    #[error("the server asks for another authentication factor, which is not supported")]
    MultiFactorAuthentication,

    /// Whoever is on the way may have written this.
    #[error("the server refused before TLS: {} ({})", .0.message, .0.code)]
    ServerRefusedBeforeTls(ServerError),
    /// Said inside TLS.
    #[error("the server refused: {} ({})", .0.message, .0.code)]
    ServerRefused(ServerError),
}

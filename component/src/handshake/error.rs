//! The errors of a handshake, grouped by whose fault they are.

use thiserror::Error;

use super::config::InvalidConfig;
use crate::auth_plugin::AuthPlugin;
use crate::packet::{InvalidPacket, PacketTooLarge, ServerError};

/// A call that the current step does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Misuse {
    /// `tls_established` was called when the last step was not [`Step::StartTls`](super::Step::StartTls).
    #[error("TLS was not requested")]
    TlsNotAskedFor,
    /// `receive` was called, with no bytes, between [`Step::StartTls`](super::Step::StartTls) and `tls_established`.
    /// With bytes, the error is [`Error::BytesBeforeTls`].
    #[error("TLS was requested, but has not been reported as established")]
    TlsNotEstablished,
    /// A call after [`Step::Ready`](super::Step::Ready). For `receive` with bytes, the error is
    /// [`Error::BytesAfterReady`].
    #[error("the handshake is over")]
    AlreadyReady,
}

/// Why a handshake failed. The connection is unusable: close it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The secret is invalid, or in the component the config is. The caller's fault. No secret has been sent.
    #[error("the configuration is invalid")]
    InvalidConfig(#[from] InvalidConfig),
    /// The caller made a call that the current step does not allow. The caller's fault.
    #[error("the handshake was called out of order")]
    Misuse(#[source] Misuse),

    /// The peer sent a packet that cannot be decoded. It is not a MySQL server, or the stream is damaged.
    #[error("the server sent a packet that cannot be decoded")]
    InvalidPacket(#[from] InvalidPacket),
    /// The peer sent a packet that the protocol does not allow at this point. The value is the first byte of its
    /// payload.
    #[error("the server sent an unexpected packet, with the header 0x{0:02X}")]
    UnexpectedPacket(u8),
    /// The peer sent a packet, other than an `ERR_Packet`, with a wrong sequence id.
    #[error("the server sent packet number {received} instead of {expected}")]
    SequenceIdMismatch {
        /// The next sequence id.
        expected: u8,
        /// The sequence id in the packet's header.
        received: u8,
    },
    /// The peer announced a packet that is longer than [`PAYLOAD_LIMIT`](crate::packet::PAYLOAD_LIMIT).
    #[error("the server announces a packet that is too large")]
    PacketTooLarge(#[from] PacketTooLarge),
    /// Bytes arrived between the server's first packet and TLS. An attacker may have injected them (STARTTLS
    /// injection), so the handshake does not read them.
    #[error("bytes arrived between the server's first packet and the TLS handshake")]
    BytesBeforeTls,
    /// Bytes arrived when no reply was due: after the server's last packet, or before a `COM_CHANGE_USER` was sent.
    #[error("unexpected bytes after the server's last packet")]
    BytesAfterReady,
    /// The server sent too many `AuthSwitchRequest`s. A token answers one, a password eight: MariaDB sends one for each
    /// alternative of an account.
    #[error("the server changed the authentication method too many times")]
    RepeatedAuthSwitch,
    /// The server accepted the login without requesting the token. The account does not use IAM authentication, and
    /// anyone can log in to it.
    #[error("the server accepted the user without requesting the token")]
    TokenNotRequested,

    /// The server does not offer TLS. The handshake sends no secret without TLS.
    #[error("the server does not offer TLS")]
    TlsNotOffered,
    /// The server speaks another protocol version than 10. The value is its version.
    #[error("the server speaks version {0} of the protocol, not 10")]
    UnsupportedProtocolVersion(u8),
    /// The server lacks a required capability, or for a `COM_CHANGE_USER` the session does. The value is the flag's name
    /// in the manual.
    #[error("the server does not support {0}")]
    MissingCapability(&'static str),
    /// The server requests an authentication method that this build does not have. The value is the method's name.
    #[error("the server requests the authentication method {0}, which is not supported")]
    UnsupportedAuthPlugin(String),
    /// The server requests an authentication method that this kind of secret must not answer: for a token, anything but
    /// `mysql_clear_password`; for a password, `mysql_clear_password`. For a token, the account does not use IAM
    /// authentication.
    #[error("the server requests {}, which this kind of secret does not support", .0.name())]
    RefusedAuthPlugin(AuthPlugin),
    /// The server requests a further factor (multi-factor authentication).
    #[error("the server requests another authentication factor, which is not supported")]
    MultiFactorAuthentication,

    /// The server refused the connection before TLS, so anyone on the network path may have written this error.
    /// Retry later if the code says so (1040, too many connections).
    #[error("the server refused before TLS: {} ({})", .0.message, .0.code)]
    ServerRefusedBeforeTls(ServerError),
    /// The server refused the login, inside TLS. Retry with a fresh token if the code is 1045 and the token was not
    /// new.
    #[error("the server refused: {} ({})", .0.message, .0.code)]
    ServerRefused(ServerError),
}

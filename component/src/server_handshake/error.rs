//! The errors of a server's handshake, grouped by whose fault they are.

use thiserror::Error;

use super::config::InvalidConfig;
use crate::packet::{InvalidPacket, PacketTooLarge};

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
    /// `receive` was called, with no bytes, when the caller has to decide how the authentication continues. With bytes,
    /// the error is [`Error::BytesOutOfTurn`].
    #[error("the client is waiting for an answer")]
    DecisionAwaited,
    /// A call that needs the client's response, before [`Step::Authenticate`](super::Step::Authenticate).
    #[error("the client has not sent its response yet")]
    ResponseAwaited,
    /// A call other than `receive` and a refusal after `switch_plugin`, before the client has answered it.
    #[error("the client has not answered the request for another authentication method yet")]
    AnswerAwaited,
    /// A call after the last packet.
    #[error("the handshake is over")]
    AlreadyFinished,
}

/// Why a handshake failed. [`ServerHandshake::finish`](super::ServerHandshake::finish) can still send the client an
/// `ERR_Packet`. Then close the connection.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// An argument is invalid. The caller's fault.
    #[error("an argument of the handshake is invalid")]
    InvalidConfig(#[from] InvalidConfig),
    /// The caller made a call that the current step does not allow. The caller's fault.
    #[error("the handshake was called out of order")]
    Misuse(#[source] Misuse),

    /// The client sent a packet that cannot be decoded; or the packet of another server, which
    /// [`ServerHandshake::start_as`](super::ServerHandshake::start_as) was given, cannot be.
    #[error("a packet cannot be decoded")]
    InvalidPacket(#[from] InvalidPacket),
    /// The client sent a packet with a wrong sequence id.
    #[error("the client sent packet number {received} instead of {expected}")]
    SequenceIdMismatch {
        /// The next sequence id.
        expected: u8,
        /// The sequence id in the packet's header.
        received: u8,
    },
    /// The client announced a packet that is longer than the handshake reads at this point.
    #[error("the client announces a packet that is too large")]
    PacketTooLarge(#[from] PacketTooLarge),
    /// Bytes were received after the request for TLS as if they belonged to the plaintext: either the caller read more
    /// than the client's packet, or an attacker injected them (STARTTLS injection). The handshake does not read them.
    #[error("bytes arrived between the request for TLS and the TLS handshake")]
    BytesBeforeTls,
    /// The client sent bytes when it was the server's turn.
    #[error("the client sent bytes while it had to wait for the server")]
    BytesOutOfTurn,

    /// The client requests TLS, which the server does not offer.
    #[error("the client requests TLS, which the server does not offer")]
    TlsNotOffered,
    /// The client sent its response without TLS, which the server requires.
    #[error("the client does not use TLS, which the server requires")]
    TlsRequired,
    /// The client lacks a required capability. The value is the flag's name in the manual: `CLIENT_PROTOCOL_41`, or for
    /// `switch_plugin` and `more_data` `CLIENT_PLUGIN_AUTH`.
    #[error("the client does not support {0}")]
    MissingCapability(&'static str),
}

#[cfg(test)]
mod tests;

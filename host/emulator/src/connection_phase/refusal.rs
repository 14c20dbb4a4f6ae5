//! The error that a refused client receives, and the reason that the emulator reports.

use rds_bridge::component::{self, ServerHandshakeError};
use rds_bridge::error::Chain;
use rds_bridge_text::Printable;

use crate::fault::{Faults, Refusal};
use crate::server_error::ServerError;
use crate::stranger;

const FIRST_PACKET: &str = "the client's first packet is not a login of MySQL 4.1 or later";

/// The server cannot reach what it needs.
const ER_NET_READ_ERROR: u16 = 1158;

/// The configured error that a client receives in place of the initial handshake.
pub(super) fn error_in_place_of_greeting(faults: &Faults) -> Option<ServerError> {
    match faults.refuse? {
        Refusal::TooManyConnections => Some(ServerError::too_many_connections()),
        Refusal::HostBlocked => {
            let message = "Host '127.0.0.1' is blocked because of many connection errors; unblock \
                           with 'mysqladmin flush-hosts'";
            Some(ServerError::new(1129, "HY000", message))
        }
        Refusal::AccessDenied | Refusal::AccountLocked => None,
    }
}

/// Why a client without TLS is refused.
pub(super) fn without_tls(faults: &Faults) -> &'static str {
    if faults.no_tls {
        "the client did not use TLS, which the emulator is set not to offer"
    } else {
        "the client did not use TLS: enable TLS in the client"
    }
}

/// The error that a client receives after it violated the protocol, and the reason that the emulator reports.
pub(super) fn violated(
    violation: &ServerHandshakeError,
    header: [u8; 4],
    faults: &Faults,
) -> (ServerError, String) {
    let unless_stranger = |reason: &str| match stranger::protocol(header) {
        Some(protocol) => format!("not a MySQL client: it {protocol}"),
        None => reason.to_owned(),
    };
    let reason = match violation {
        ServerHandshakeError::TlsNotOffered => {
            let reason = without_tls(faults).to_owned();
            return (ServerError::secure_transport_required(), reason);
        }
        ServerHandshakeError::SequenceIdMismatch(_) => {
            unless_stranger("the client sent a packet with a wrong sequence id")
        }
        ServerHandshakeError::PacketTooLarge(packet) => {
            let (length, limit) = (packet.length, packet.limit);
            unless_stranger(&format!(
                "the client sent a packet of {length} bytes, but the limit is {limit}"
            ))
        }
        ServerHandshakeError::MissingCapability(_) => FIRST_PACKET.to_owned(),
        ServerHandshakeError::InvalidPacket(invalid) if invalid.field == "client_flag" => {
            FIRST_PACKET.to_owned()
        }
        ServerHandshakeError::InvalidPacket(invalid) => {
            format!(
                "the field {} of the client's login packet is invalid",
                invalid.field
            )
        }
        other => other.to_string(),
    };
    (ServerError::bad_handshake(), reason)
}

/// The error that a client receives if the backend failed: the backend's own error, or else a network error, and the
/// stage. The token was valid, or was not verified.
pub(super) fn of_backend(error: &rds_bridge::Error) -> component::ServerError {
    let (code, sql_state, message) = match error.server_error() {
        Some(server) => (
            server.code,
            server.sql_state.as_deref().unwrap_or("HY000"),
            format!(
                "{} [rds-bridge emulate, backend, stage {}]",
                server.message,
                error.stage()
            ),
        ),
        None => {
            let message = format!(
                "rds-bridge emulate: cannot connect to the backend: {}",
                Chain(error)
            );
            (ER_NET_READ_ERROR, "08S01", message)
        }
    };
    component::ServerError {
        code,
        sql_state: Some(sql_state.to_owned()),
        message: Printable(&message).to_string(),
    }
}

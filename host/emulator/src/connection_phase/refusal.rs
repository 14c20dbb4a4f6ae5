//! What clients are told that are not accepted, and the true reasons.

use rds_bridge::component::ServerHandshakeError;

use crate::fault::{Faults, Refusal};
use crate::server_error::ServerError;
use crate::stranger;

const FIRST_PACKET: &str = "the first packet is not one of MySQL 4.1 or later";

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
    match faults.no_tls {
        true => "without TLS, which was not offered: the configured fault",
        false => "without TLS: enable it in the client",
    }
}

/// What a client that violated the protocol is told, and the true reason.
pub(super) fn violated(
    violation: &ServerHandshakeError,
    header: [u8; 4],
    faults: &Faults,
) -> (ServerError, String) {
    let unless_stranger = |reason: &str| match stranger::protocol(header) {
        Some(protocol) => format!("not a MySQL client: its first bytes look like {protocol}"),
        None => reason.to_owned(),
    };
    let reason = match violation {
        ServerHandshakeError::TlsNotOffered => {
            let reason = without_tls(faults).to_owned();
            return (ServerError::secure_transport_required(), reason);
        }
        ServerHandshakeError::SequenceIdMismatch(_) => {
            unless_stranger("a packet with the wrong sequence id")
        }
        ServerHandshakeError::PacketTooLarge(_) => {
            unless_stranger("a packet larger than max_allowed_packet")
        }
        ServerHandshakeError::MissingCapability(_) => FIRST_PACKET.to_owned(),
        ServerHandshakeError::InvalidPacket(invalid) if invalid.field == "client_flag" => {
            FIRST_PACKET.to_owned()
        }
        ServerHandshakeError::InvalidPacket(invalid) => {
            format!("cannot read the field {} of the login", invalid.field)
        }
        other => other.to_string(),
    };
    (ServerError::bad_handshake(), reason)
}

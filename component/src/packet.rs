//! Framing, and the packets of the connection phase, one a file.
//!
//! Source: MySQL Source Code Documentation, "MySQL Packets": three bytes of payload length, one of
//! sequence id, the payload. `rds-bridge-wire` reads the fields; this module limits the length of a packet.

mod auth_switch_request;
mod err_packet;
mod handshake_response;
mod initial_handshake;
mod packet_name;
mod ssl_request;

pub use auth_switch_request::AuthSwitchRequest;
pub use err_packet::ServerError;
pub use handshake_response::HandshakeResponse;
pub(crate) use handshake_response::attributes_on_the_wire;
pub use initial_handshake::InitialHandshake;
pub use mysql_common::constants::CapabilityFlags;
pub use packet_name::{InvalidPacket, PacketName};
pub use ssl_request::SslRequest;

use rds_bridge_wire::{HEADER_LENGTH, Header};
use thiserror::Error;

/// The longest payload that is read, in bytes. The connection phase's packets are of some hundred
/// bytes; an error's message is of 512 at most.
pub const PAYLOAD_LIMIT: usize = 65_536;

/// First byte of an `AuthMoreData`.
pub(crate) const AUTH_MORE_DATA_HEADER: u8 = 0x01;
/// First byte of an `AuthNextFactor`.
pub(crate) const AUTH_NEXT_FACTOR_HEADER: u8 = 0x02;
/// First byte of an `AuthSwitchRequest`.
pub(crate) const AUTH_SWITCH_REQUEST_HEADER: u8 = 0xFE;
pub(crate) use rds_bridge_wire::err_packet::HEADER as ERR_HEADER;
pub(crate) use rds_bridge_wire::ok_packet::HEADER as OK_HEADER;

/// One packet from the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Its number in the exchange, modulo 256.
    pub sequence_id: u8,
    /// Its content, up to [`PAYLOAD_LIMIT`].
    pub payload: Vec<u8>,
}

/// A packet whose header claims more than [`PAYLOAD_LIMIT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a packet claims {length} bytes, and at most {PAYLOAD_LIMIT} are read here")]
pub struct PacketTooLarge {
    /// As the peer claims it, in bytes. Nothing was allocated for it.
    pub length: usize,
}

/// Cuts a stream of bytes into packets.
#[derive(Clone, Debug, Default)]
pub struct PacketBuffer(Vec<u8>);

impl PacketBuffer {
    /// Appends what came.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next packet; none if its end has not come yet.
    ///
    /// # Errors
    ///
    /// [`PacketTooLarge`], as soon as the header is there.
    pub fn next_packet(&mut self) -> Result<Option<Packet>, PacketTooLarge> {
        let Some(Header {
            length,
            sequence_id,
        }) = Header::first(&self.0)
        else {
            return Ok(None);
        };
        if length > PAYLOAD_LIMIT {
            return Err(PacketTooLarge { length });
        }
        let end = HEADER_LENGTH.saturating_add(length);
        let Some(payload) = self.0.get(HEADER_LENGTH..end) else {
            return Ok(None);
        };
        let payload = payload.to_vec();
        self.0.drain(..end);
        Ok(Some(Packet {
            sequence_id,
            payload,
        }))
    }

    /// How many bytes wait for the rest of their packet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Puts the header in front of a payload of ours. None of them comes near the 16 MiB at which a
/// payload is split: the limits on what a config may hold see to it.
pub(crate) fn frame(sequence_id: u8, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        length: payload.len(),
        sequence_id,
    };
    // With its final capacity at once: growing would leave unwiped copies of a secret behind.
    let mut packet = Vec::with_capacity(payload.len().saturating_add(HEADER_LENGTH));
    packet.extend_from_slice(&header.write());
    packet.extend_from_slice(payload);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_packets_wherever_the_stream_was_split() {
        let stream = [frame(0, b"first"), frame(1, b""), frame(2, b"third")].concat();
        for split in 0..=stream.len() {
            let mut buffer = PacketBuffer::default();
            let mut payloads = Vec::new();
            for part in [&stream[..split], &stream[split..]] {
                buffer.extend(part);
                while let Some(packet) = buffer.next_packet().unwrap() {
                    assert_eq!(usize::from(packet.sequence_id), payloads.len());
                    payloads.push(packet.payload);
                }
            }
            assert_eq!(payloads, [&b"first"[..], b"", b"third"]);
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn believes_no_length_above_the_limit() {
        let mut buffer = PacketBuffer::default();
        buffer.extend(&[0xFF, 0xFF, 0xFF]);
        assert_eq!(buffer.next_packet(), Ok(None));
        buffer.extend(&[0]);
        let length = 0xFF_FFFF;
        assert_eq!(buffer.next_packet(), Err(PacketTooLarge { length }));
    }
}

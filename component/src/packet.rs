//! Packet framing, and the packets of the connection phase.
//!
//! Source: MySQL Source Code Documentation, "MySQL Packets": a packet is three bytes of payload length, one byte of
//! sequence id, and the payload. `rds-bridge-wire` decodes the fields; this module limits the length of a packet.

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

/// The longest payload that is read, in bytes. The packets of the connection phase have some hundred bytes, and an
/// error message at most 512.
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
    /// The packet's number, modulo 256. It starts at 0 with the connection.
    pub sequence_id: u8,
    /// The payload, up to [`PAYLOAD_LIMIT`] bytes.
    pub payload: Vec<u8>,
}

/// A packet whose header announces more than [`PAYLOAD_LIMIT`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a packet announces {length} bytes, and at most {PAYLOAD_LIMIT} are accepted")]
pub struct PacketTooLarge {
    /// The payload's length in bytes, according to the header. Nothing was allocated for it.
    pub length: usize,
}

/// Splits a stream of bytes into packets.
#[derive(Clone, Debug, Default)]
pub struct PacketBuffer(Vec<u8>);

impl PacketBuffer {
    /// Appends bytes of the stream.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Removes the next packet from the buffer and returns it; `None` if it is not complete yet.
    ///
    /// # Errors
    ///
    /// [`PacketTooLarge`], as soon as the buffer contains the header.
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

    /// The number of bytes in the buffer.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the buffer has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Prepends the header to a payload of the client. The limits on the config and the secret keep every payload far below
/// the 16 MiB at which the protocol splits it.
pub(crate) fn frame(sequence_id: u8, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        length: payload.len(),
        sequence_id,
    };
    // With the final capacity. A buffer that grows would leave unwiped copies of a secret in memory.
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

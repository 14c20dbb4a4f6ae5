//! Packet framing, and the packets of the connection phase.
//!
//! Source: MySQL Source Code Documentation, "MySQL Packets": a packet is three bytes of payload length, one byte of
//! sequence id, and the payload. `rds-bridge-wire` decodes the fields; this module limits the length of a packet.

mod auth_switch_request;
mod capabilities;
mod change_user;
mod connection_attributes;
mod err_packet;
mod handshake_response;
mod initial_handshake;
mod packet_name;
mod ssl_request;

pub use auth_switch_request::AuthSwitchRequest;
pub use capabilities::{MULTI_FACTOR_AUTHENTICATION, UNSUPPORTED, sends_mariadb_capabilities};
pub use change_user::ChangeUser;
pub(crate) use connection_attributes::{ATTRIBUTES_LIMIT, attributes_on_the_wire};
pub use err_packet::ServerError;
pub use handshake_response::{HandshakeResponse, ReceivedResponse};
pub(crate) use initial_handshake::PROTOCOL_VERSION;
pub use initial_handshake::{InitialHandshake, SCRAMBLE_LENGTH};
pub use mysql_common::constants::CapabilityFlags;
pub use packet_name::{InvalidPacket, PacketName};
#[cfg(feature = "server_handshake")]
pub(crate) use ssl_request::SSL_REQUEST_LENGTH;
pub use ssl_request::SslRequest;

use std::fmt;

use rds_bridge_wire::{HEADER_LENGTH, Header};
use thiserror::Error;
use zeroize::Zeroizing;

/// The longest payload that is read, in bytes, in every state without a limit of its own: a client's response and a
/// cleartext password may be longer. The other packets have some hundred bytes, and an error message at most 512.
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
    /// The payload, up to the limit with which it was read.
    pub payload: Vec<u8>,
}

/// A packet whose header announces more bytes than are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a packet announces {length} bytes, but at most {limit} are accepted")]
pub struct PacketTooLarge {
    /// The payload's length in bytes, according to the header. Nothing was allocated for it.
    pub length: usize,
    /// The longest payload that is read at this point, in bytes.
    pub limit: usize,
}

/// Splits a stream of bytes into packets. A client's may contain a secret: `Debug` prints the number of bytes only, and
/// the bytes are wiped when they are dropped or moved.
#[derive(Clone, Default)]
pub struct PacketBuffer(Zeroizing<Vec<u8>>);

impl fmt::Debug for PacketBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = self;
        write!(f, "<{} bytes>", bytes.len())
    }
}

impl PacketBuffer {
    /// Appends bytes of the stream.
    pub fn extend(&mut self, bytes: &[u8]) {
        let length = self.0.len().saturating_add(bytes.len());
        if length > self.0.capacity() {
            // A vector that grows by itself would leave unwiped copies.
            let capacity = self.0.capacity().saturating_mul(2).max(length);
            let mut grown = Zeroizing::new(Vec::with_capacity(capacity));
            grown.extend_from_slice(&self.0);
            self.0 = grown;
        }
        self.0.extend_from_slice(bytes);
    }

    /// The header of the next packet; `None` if it is not complete yet.
    #[must_use]
    pub fn header(&self) -> Option<Header> {
        Header::first(&self.0)
    }

    /// Removes the next packet from the buffer and returns it; `None` if it is not complete yet. Its payload may have
    /// `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`PacketTooLarge`], as soon as the buffer contains the header.
    pub fn next_packet(&mut self, limit: usize) -> Result<Option<Packet>, PacketTooLarge> {
        let Some(Header {
            length,
            sequence_id,
        }) = self.header()
        else {
            return Ok(None);
        };
        if length > limit {
            return Err(PacketTooLarge { length, limit });
        }
        let end = HEADER_LENGTH.saturating_add(length);
        if self.0.len() < end {
            return Ok(None);
        }
        // The packet keeps the allocation, so that no copy of a secret stays in the buffer.
        let rest = self.0.split_off(end);
        let mut payload = std::mem::replace(&mut *self.0, rest);
        payload.drain(..HEADER_LENGTH);
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

/// Prepends the header to a payload. The limits on every argument keep payloads far below the 16 MiB at which the
/// protocol splits them.
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
                while let Some(packet) = buffer.next_packet(PAYLOAD_LIMIT).unwrap() {
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
        assert_eq!(buffer.next_packet(PAYLOAD_LIMIT), Ok(None));
        buffer.extend(&[0]);
        let (length, limit) = (0xFF_FFFF, PAYLOAD_LIMIT);
        assert_eq!(
            buffer.next_packet(limit),
            Err(PacketTooLarge { length, limit })
        );
    }
}

//! The header of a packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

/// Length of a header in bytes: `int<3>` for the payload's length and `int<1>` for the sequence id.
pub const HEADER_LENGTH: usize = 4;

/// The longest payload of one packet, in bytes. After a packet of this length, the payload continues in the next one.
pub const PACKET_LIMIT: usize = 0xFF_FFFF;

/// The header of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Length of the packet's payload, in bytes, up to [`PACKET_LIMIT`].
    pub length: usize,
    /// The packet's number, modulo 256. It starts at 0 with each command.
    pub sequence_id: u8,
}

impl Header {
    /// Decodes a header.
    #[inline]
    #[must_use]
    pub fn read([low, middle, high, sequence_id]: [u8; HEADER_LENGTH]) -> Self {
        let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
        Self {
            length,
            sequence_id,
        }
    }

    /// Decodes the header at the beginning of `bytes`. `None` if there are fewer than [`HEADER_LENGTH`].
    #[inline]
    #[must_use]
    pub fn first(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().map(|header| Self::read(*header))
    }

    /// Encodes the header. A length above [`PACKET_LIMIT`] is encoded as that limit.
    #[inline]
    #[must_use]
    pub fn write(self) -> [u8; HEADER_LENGTH] {
        let length = u32::try_from(self.length.min(PACKET_LIMIT)).unwrap_or(u32::MAX);
        let [low, middle, high, _] = length.to_le_bytes();
        [low, middle, high, self.sequence_id]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for length in [0, 1, 255, 256, 65_536, PACKET_LIMIT] {
            let header = Header {
                length,
                sequence_id: 7,
            };
            assert_eq!(Header::read(header.write()), header);
            assert_eq!(Header::first(&header.write()), Some(header));
        }
        let header = Header::read([0x05, 0x01, 0x00, 0xFF]);
        assert_eq!((header.length, header.sequence_id), (261, 255));
        assert_eq!(Header::first(&[1, 0, 0]), None);
    }
}

//! The beginning of each packet in a stream of bytes that arrives in pieces.

use rds_bridge_wire::{HEADER_LENGTH, Header, PACKET_LIMIT};

/// Up to the status flags of an `OK_Packet`: its first byte, two integers of up to 9 bytes, and the flags.
const HEAD_LIMIT: usize = 21;
const LIMIT: usize = HEADER_LENGTH + HEAD_LIMIT;
/// The length of an `EOF_Packet`. An `OK_Packet` is longer.
const EOF_LENGTH: usize = 5;

/// The position in a stream of packets.
#[derive(Debug, Default)]
pub(super) struct PacketHeads {
    /// The packet's header, and the beginning of its payload, as far as they came.
    begun: [u8; LIMIT],
    begun_length: usize,
    /// How many bytes of the packet are still to come after its head.
    left: usize,
    /// Whether the next packet continues the payload.
    is_continuing: bool,
}

/// The beginning of a payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    begun: [u8; HEAD_LIMIT],
    /// The length of the packet.
    length: usize,
}

impl PacketHeads {
    /// Consumes bytes up to the end of the next head. `None` if the bytes do not contain one.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Option<Head> {
        loop {
            let skipped = self.left.min(bytes.len());
            self.left = self.left.saturating_sub(skipped);
            *bytes = bytes.get(skipped..)?;
            if self.left > 0 || bytes.is_empty() {
                return None;
            }
            let head = self.head(bytes)?;
            let continues = self.is_continuing;
            self.is_continuing = head.is_continued();
            if !continues {
                return Some(head);
            }
        }
    }

    /// Consumes a header and the beginning of the payload.
    fn head(&mut self, bytes: &mut &[u8]) -> Option<Head> {
        if self.begun_length == 0
            && let Some(header) = Header::first(bytes)
        {
            let end = end_of_head(header);
            if let Some(begun) = bytes.get(HEADER_LENGTH..end) {
                let head = Head::new(header, begun)?;
                *bytes = bytes.get(end..).unwrap_or_default();
                self.left = header.length.saturating_sub(begun.len());
                return Some(head);
            }
        }
        self.collect(bytes, HEADER_LENGTH)?;
        let header = Header::first(&self.begun)?;
        let end = end_of_head(header);
        self.collect(bytes, end)?;
        self.begun_length = 0;
        let begun = self.begun.get(HEADER_LENGTH..end)?;
        self.left = header.length.saturating_sub(begun.len());
        Head::new(header, begun)
    }

    /// Copies bytes until there are `end` of them.
    fn collect(&mut self, bytes: &mut &[u8], end: usize) -> Option<()> {
        let missing = end.saturating_sub(self.begun_length).min(bytes.len());
        let (taken, rest) = bytes.split_at_checked(missing)?;
        let until = self.begun_length.saturating_add(missing);
        let room = self.begun.get_mut(self.begun_length..until)?;
        room.copy_from_slice(taken);
        self.begun_length = until;
        *bytes = rest;
        (self.begun_length >= end).then_some(())
    }

    /// Whether every packet that has begun is complete.
    pub(super) fn is_between_packets(&self) -> bool {
        self.begun_length == 0 && self.left == 0 && !self.is_continuing
    }
}

/// The end of a packet's head, from the beginning of its header.
fn end_of_head(header: Header) -> usize {
    HEADER_LENGTH.saturating_add(header.length.min(HEAD_LIMIT))
}

impl Head {
    fn new(header: Header, begun: &[u8]) -> Option<Self> {
        let mut bytes = [0; HEAD_LIMIT];
        bytes.get_mut(..begun.len())?.copy_from_slice(begun);
        Some(Self {
            begun: bytes,
            length: header.length,
        })
    }

    fn bytes(&self) -> &[u8] {
        let length = self.length.min(HEAD_LIMIT);
        self.begun.get(..length).unwrap_or_default()
    }

    pub(super) fn first(&self) -> Option<u8> {
        self.bytes().first().copied()
    }

    /// Whether the payload continues in the next packet.
    pub(super) fn is_continued(&self) -> bool {
        self.length == PACKET_LIMIT
    }

    /// The status flags of an `OK_Packet` or an `EOF_Packet`.
    pub(super) fn status(&self) -> Option<u16> {
        // An `EOF_Packet` has the number of warnings in the place of the two integers.
        let rest = if self.length <= EOF_LENGTH {
            self.bytes().get(3..)?
        } else {
            after_integer(after_integer(self.bytes().get(1..)?)?)?
        };
        rest.first_chunk().copied().map(u16::from_le_bytes)
    }

    /// The numbers of columns and parameters of a prepared statement.
    pub(super) fn prepared_counts(&self) -> Option<[u16; 2]> {
        let [a, b, c, d] = self.bytes().get(5..)?.first_chunk().copied()?;
        Some([u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])])
    }

    /// Whether an `ERR_Packet` is MariaDB's report of progress, with the error code 0xFFFF.
    pub(super) fn is_progress_report(&self) -> bool {
        self.bytes().get(1..3) == Some(&[0xFF, 0xFF])
    }
}

/// What follows an `int<lenenc>`.
fn after_integer(bytes: &[u8]) -> Option<&[u8]> {
    let length = match bytes.first()? {
        0xFC => 3,
        0xFD => 4,
        0xFE => 9,
        _ => 1,
    };
    bytes.get(length..)
}

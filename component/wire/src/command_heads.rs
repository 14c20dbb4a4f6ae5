//! Follows the headers of a client's packets: which of them begin a command.
//!
//! Source: MySQL Source Code Documentation, "MySQL Packets".

use crate::{Header, PACKET_LIMIT};

/// The last packet of a client, after the connection phase.
///
/// A command begins with sequence id 0. The sequence ids of what continues a packet, and of a file that is sent for
/// `LOAD DATA LOCAL`, wrap to 0 after 255, so a 0 alone does not mark a command.
#[derive(Debug, Default)]
pub struct CommandHeads(Option<Packet>);

#[derive(Debug)]
struct Packet {
    header: Header,
    is_command: bool,
}

impl CommandHeads {
    /// Passes to the next packet, whose header is `header`. Returns whether it begins a command. A second call with the
    /// header of a command has the same result.
    pub fn is_command(&mut self, header: Header) -> bool {
        let is_command = header.sequence_id == 0 && !self.continues(header);
        self.0 = Some(Packet { header, is_command });
        is_command
    }

    /// Whether a packet continues the one before it, or the file that it is a part of. An empty packet ends a file.
    fn continues(&self, header: Header) -> bool {
        let Some(previous) = &self.0 else {
            return false;
        };
        let is_next = header.sequence_id == previous.header.sequence_id.wrapping_add(1);
        let is_full = previous.header.length == PACKET_LIMIT;
        let is_of_file = !previous.is_command && previous.header.length > 0;
        is_next && (is_full || is_of_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(sequence_id: u8, length: usize) -> Header {
        Header {
            length,
            sequence_id,
        }
    }

    #[test]
    fn each_command_begins_with_0() {
        let mut heads = CommandHeads::default();
        assert!(heads.is_command(header(0, 9)));
        assert!(heads.is_command(header(0, 1)));
    }

    #[test]
    fn a_file_whose_sequence_ids_wrap_is_no_command() {
        let mut heads = CommandHeads::default();
        assert!(heads.is_command(header(0, 40)));
        // The server's answer has sequence id 1.
        let mut sequence_id = 2_u8;
        for _ in 0..600 {
            assert!(!heads.is_command(header(sequence_id, 7)));
            sequence_id = sequence_id.wrapping_add(1);
        }
        assert!(!heads.is_command(header(sequence_id, 0)));
        assert!(heads.is_command(header(0, 1)));
    }

    #[test]
    fn a_header_that_is_passed_again_begins_a_command_again() {
        let mut heads = CommandHeads::default();
        for _ in 0..2 {
            assert!(heads.is_command(header(0, PACKET_LIMIT)));
        }
    }

    #[test]
    fn a_continued_packet_is_one_command() {
        let mut heads = CommandHeads::default();
        assert!(heads.is_command(header(0, PACKET_LIMIT)));
        assert!(!heads.is_command(header(1, 5)));
        assert!(heads.is_command(header(0, 1)));
    }
}

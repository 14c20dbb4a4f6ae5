//! Follows the heads of a client's packets: where each command begins, and which command it is.
//!
//! Source: MySQL Source Code Documentation, "MySQL Packets" and "Command Phase".

use rds_bridge_wire::{CommandHeads, HEADER_LENGTH, Header};

/// The position in a client's stream, after the bytes that were scanned.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    /// How many bytes of the current packet are still to come.
    left: usize,
    heads: CommandHeads,
}

/// What the proxy does with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handling {
    /// Copies it to the server.
    Copy,
    /// Reads it, and answers it itself.
    Intercept,
}

impl Commands {
    /// Scans bytes, and returns how many of them can be copied. The remaining ones are less than a header and a first
    /// byte, or begin with the command that `handling` intercepts. Scan them again when there are more.
    ///
    /// `handling` is called with the first byte of each command, once for each command that is copied.
    pub(crate) fn scan(
        &mut self,
        bytes: &[u8],
        mut handling: impl FnMut(u8) -> Handling,
    ) -> Scanned {
        let mut copied = 0_usize;
        loop {
            let rest = bytes.get(copied..).unwrap_or_default();
            let skipped = self.left.min(rest.len());
            self.left = self.left.saturating_sub(skipped);
            copied = copied.saturating_add(skipped);
            let rest = rest.get(skipped..).unwrap_or_default();
            let Some(header) = Header::first(rest) else {
                return Scanned::Copy(copied);
            };
            if self.heads.is_command(header) && header.length > 0 {
                let Some(&command) = rest.get(HEADER_LENGTH) else {
                    return Scanned::Copy(copied);
                };
                if handling(command) == Handling::Intercept {
                    return Scanned::Intercept(copied);
                }
            }
            self.left = HEADER_LENGTH.saturating_add(header.length);
        }
    }

    /// Whether every packet that has begun is complete.
    pub(crate) fn is_between_packets(&self) -> bool {
        self.left == 0
    }
}

/// The result of [`Commands::scan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    /// This many bytes can be copied.
    Copy(usize),
    /// This many bytes can be copied, and an intercepted command follows them.
    Intercept(usize),
}

#[cfg(test)]
mod tests {
    use rds_bridge_wire::PACKET_LIMIT;

    use super::*;

    fn packet(sequence_id: u8, payload: &[u8]) -> Vec<u8> {
        let header = Header {
            length: payload.len(),
            sequence_id,
        };
        [&header.write(), payload].concat()
    }

    /// The commands in `bytes`, which arrive in pieces.
    fn commands(bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut heads = Commands::default();
        let mut found = Vec::new();
        let mut held = Vec::new();
        for chunk in bytes.chunks(piece) {
            held.extend_from_slice(chunk);
            let scanned = heads.scan(&held, |command| {
                found.push(command);
                Handling::Copy
            });
            let Scanned::Copy(length) = scanned else {
                panic!("{scanned:?}");
            };
            held.drain(..length);
            assert!(held.len() <= HEADER_LENGTH);
        }
        assert!(held.is_empty() && heads.is_between_packets());
        found
    }

    #[test]
    fn finds_each_command_in_any_split() {
        let bytes = [
            packet(0, b"\x03SELECT 1"),
            packet(0, b"\x0E"),
            packet(0, b"\x01"),
        ]
        .concat();
        for piece in 1..=bytes.len() {
            assert_eq!(commands(&bytes, piece), [3, 14, 1], "{piece}");
        }
    }

    #[test]
    fn a_file_whose_sequence_ids_wrap_is_no_command() {
        let mut bytes = packet(0, b"\x03LOAD DATA LOCAL INFILE 'f' INTO TABLE t");
        // The server's answer has sequence id 1.
        let mut sequence_id = 2_u8;
        for _ in 0..600 {
            bytes.extend(packet(sequence_id, b"\x11looks like a command"));
            sequence_id = sequence_id.wrapping_add(1);
        }
        bytes.extend(packet(sequence_id, b""));
        bytes.extend(packet(0, b"\x0E"));
        for piece in [1, 7, bytes.len()] {
            assert_eq!(commands(&bytes, piece), [3, 14], "{piece}");
        }
    }

    #[test]
    fn a_file_that_ends_before_the_wrap_is_followed_by_a_command() {
        let mut bytes = packet(0, b"\x03LOAD DATA");
        for sequence_id in 2..=254 {
            bytes.extend(packet(sequence_id, b"x"));
        }
        bytes.extend([packet(255, b""), packet(0, b"\x11user")].concat());
        assert_eq!(commands(&bytes, 5), [3, 17]);
    }

    #[test]
    fn a_continued_packet_is_one_command() {
        let long = [&[3][..], &vec![b'x'; PACKET_LIMIT - 1]].concat();
        let bytes = [packet(0, &long), packet(1, b"\x11rest"), packet(0, b"\x0E")].concat();
        assert_eq!(commands(&bytes, 1 << 20), [3, 14]);
    }

    #[test]
    fn an_intercepted_command_is_not_copied_in_any_split() {
        let ping = packet(0, b"\x0E");
        let bytes = [ping.clone(), packet(0, b"\x11abc"), ping.clone()].concat();
        let intercept = |command| match command {
            0x11 => Handling::Intercept,
            _ => Handling::Copy,
        };
        for piece in 1..=bytes.len() {
            let mut heads = Commands::default();
            let (mut copied, mut held) = (0, Vec::new());
            let mut is_intercepted = false;
            for chunk in bytes.chunks(piece) {
                held.extend_from_slice(chunk);
                match heads.scan(&held, intercept) {
                    Scanned::Copy(length) => {
                        held.drain(..length);
                        copied += length;
                    }
                    Scanned::Intercept(length) => {
                        copied += length;
                        is_intercepted = true;
                        break;
                    }
                }
            }
            assert!(is_intercepted);
            assert_eq!(copied, ping.len(), "{piece}");
        }
    }
}

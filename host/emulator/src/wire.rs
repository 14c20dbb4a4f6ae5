//! Packets of the command phase on a blocking stream, as a server reads and writes them.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

use std::io::{self, Read, Write};
use std::thread::sleep;
use std::time::Duration;

use rds_bridge_wire::{HEADER_LENGTH, Header, PACKET_LIMIT};

/// RDS's default of `max_allowed_packet`.
pub(super) const PAYLOAD_LIMIT: usize = 64 << 20;
/// How many written bytes are collected before they are sent.
const FLUSH_LENGTH: usize = 64 << 10;

/// Reads and writes packets on a stream.
pub(super) struct PacketStream<S> {
    stream: S,
    sequence_id: u8,
    /// How long to wait before each flush.
    delay: Duration,
    outgoing: Vec<u8>,
}

impl<S: Read + Write> PacketStream<S> {
    pub(super) fn new(stream: S, delay: Duration) -> Self {
        Self {
            stream,
            sequence_id: 0,
            delay,
            outgoing: Vec::new(),
        }
    }

    pub(super) fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Begins a command, whose sequence ids start at 0.
    pub(super) fn begin_command(&mut self) {
        self.sequence_id = 0;
    }

    /// Reads a payload, after sending everything that was written.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::UnexpectedEof`] at the end of the stream, and [`io::ErrorKind::InvalidData`] for a wrong sequence
    /// id or a payload above the limit.
    pub(super) fn read(&mut self) -> io::Result<Vec<u8>> {
        self.flush()?;
        let mut payload = Vec::new();
        loop {
            let mut header = [0; HEADER_LENGTH];
            self.stream.read_exact(&mut header)?;
            let Header {
                length,
                sequence_id,
            } = Header::read(header);
            if sequence_id != self.sequence_id {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.sequence_id = sequence_id.wrapping_add(1);
            if payload.len().saturating_add(length) > PAYLOAD_LIMIT {
                return Err(io::ErrorKind::InvalidData.into());
            }
            // The buffer grows with the bytes that arrive, not with the announced length.
            let mut packet = (&mut self.stream).take(u64::try_from(length).unwrap_or(u64::MAX));
            if packet.read_to_end(&mut payload)? < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if length < PACKET_LIMIT {
                return Ok(payload);
            }
        }
    }

    /// Writes a payload into the buffer, which is sent when it is full or by [`Self::flush`].
    pub(super) fn write(&mut self, payload: &[u8]) -> io::Result<()> {
        let mut rest = payload;
        loop {
            let (packet, after) = rest.split_at(rest.len().min(PACKET_LIMIT));
            let header = Header {
                length: packet.len(),
                sequence_id: self.sequence_id,
            };
            self.outgoing.extend(header.write());
            self.outgoing.extend_from_slice(packet);
            self.sequence_id = self.sequence_id.wrapping_add(1);
            rest = after;
            if packet.len() < PACKET_LIMIT {
                break;
            }
        }
        if self.outgoing.len() >= FLUSH_LENGTH {
            self.flush()?;
        }
        Ok(())
    }

    /// Sends everything that was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        sleep(self.delay);
        self.stream.write_all(&self.outgoing)?;
        self.outgoing.clear();
        self.outgoing.shrink_to(FLUSH_LENGTH);
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(payloads: &[&[u8]]) -> Vec<u8> {
        let mut stream = PacketStream::new(Cursor::new(Vec::new()), Duration::ZERO);
        for payload in payloads {
            stream.write(payload).unwrap();
        }
        stream.flush().unwrap();
        stream.stream.into_inner()
    }

    fn reader(bytes: Vec<u8>) -> PacketStream<Cursor<Vec<u8>>> {
        PacketStream::new(Cursor::new(bytes), Duration::ZERO)
    }

    #[test]
    fn what_is_written_can_be_read() {
        let long = vec![7; PACKET_LIMIT + 5];
        let even = vec![8; PACKET_LIMIT];
        let payloads: [&[u8]; 4] = [b"abc", b"", &long, &even];
        let mut stream = reader(written(&payloads));
        for payload in payloads {
            assert!(stream.read().unwrap() == payload);
        }
        let end = stream.read().unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_packet_out_of_turn() {
        let mut stream = reader(b"\x01\0\0\x05a".to_vec());
        let error = stream.read().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_packet_cut_short() {
        let mut stream = reader(b"\x09\0\0\0a".to_vec());
        let error = stream.read().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}

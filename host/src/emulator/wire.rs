//! Packets on a blocking stream, as a server reads and writes them.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

use std::io::{self, Read, Write};

/// A packet of this length is followed by another that goes on with the same payload.
const PACKET_LIMIT: usize = 0xFF_FFFF;
/// RDS's default of `max_allowed_packet`.
pub(super) const PAYLOAD_LIMIT: usize = 64 << 20;
/// What is written is sent when there is so much of it.
const FLUSH_LENGTH: usize = 64 << 10;

/// Packets in both directions.
pub(super) struct PacketStream<S> {
    stream: S,
    sequence_id: u8,
    outgoing: Vec<u8>,
}

impl<S: Read + Write> PacketStream<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            sequence_id: 0,
            outgoing: Vec::new(),
        }
    }

    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream, to go on in TLS: the numbers of the packets go on too.
    pub(super) fn into_parts(self) -> (S, u8) {
        (self.stream, self.sequence_id)
    }

    pub(super) fn resume(stream: S, sequence_id: u8) -> Self {
        Self {
            sequence_id,
            ..Self::new(stream)
        }
    }

    /// A command begins: its packets are counted from 0.
    pub(super) fn begin_command(&mut self) {
        self.sequence_id = 0;
    }

    /// Reads a payload, after all that was written has been sent.
    ///
    /// Nothing is read that belongs to what follows: after an `SSLRequest` that is TLS.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::UnexpectedEof`] at the stream's end, and [`io::ErrorKind::InvalidData`] for a packet
    /// out of turn or a payload of more than [`PAYLOAD_LIMIT`] bytes.
    pub(super) fn read(&mut self) -> io::Result<Vec<u8>> {
        self.flush()?;
        let mut payload = Vec::new();
        loop {
            let mut header = [0; 4];
            self.stream.read_exact(&mut header)?;
            let [a, b, c, sequence_id] = header;
            let length = usize::try_from(u32::from_le_bytes([a, b, c, 0])).unwrap_or(PACKET_LIMIT);
            if sequence_id != self.sequence_id {
                return Err(invalid("a packet out of turn"));
            }
            self.sequence_id = sequence_id.wrapping_add(1);
            if payload.len().saturating_add(length) > PAYLOAD_LIMIT {
                return Err(invalid("a packet bigger than max_allowed_packet"));
            }
            // Grows by what comes, not by what is announced.
            let mut packet = (&mut self.stream).take(u64::try_from(length).unwrap_or(u64::MAX));
            if packet.read_to_end(&mut payload)? < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if length < PACKET_LIMIT {
                return Ok(payload);
            }
        }
    }

    /// Writes a payload, to be sent with the next ones.
    pub(super) fn write(&mut self, payload: &[u8]) -> io::Result<()> {
        let mut rest = payload;
        loop {
            let (packet, after) = rest.split_at(rest.len().min(PACKET_LIMIT));
            let length = u32::try_from(packet.len()).unwrap_or(u32::MAX);
            let [a, b, c, _] = length.to_le_bytes();
            self.outgoing.extend([a, b, c, self.sequence_id]);
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

    /// Sends what was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        self.stream.write_all(&self.outgoing)?;
        self.outgoing.clear();
        self.outgoing.shrink_to(FLUSH_LENGTH);
        self.stream.flush()
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(payloads: &[&[u8]]) -> Vec<u8> {
        let mut stream = PacketStream::new(Cursor::new(Vec::new()));
        for payload in payloads {
            stream.write(payload).unwrap();
        }
        stream.flush().unwrap();
        stream.into_parts().0.into_inner()
    }

    #[test]
    fn what_is_written_can_be_read() {
        let long = vec![7; PACKET_LIMIT + 5];
        let even = vec![8; PACKET_LIMIT];
        let payloads: [&[u8]; 4] = [b"abc", b"", &long, &even];
        let mut stream = PacketStream::new(Cursor::new(written(&payloads)));
        for payload in payloads {
            assert!(stream.read().unwrap() == payload);
        }
        let end = stream.read().unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_packet_out_of_turn() {
        let mut stream = PacketStream::new(Cursor::new(b"\x01\0\0\x05a".to_vec()));
        let error = stream.read().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_packet_cut_short() {
        let mut stream = PacketStream::new(Cursor::new(b"\x09\0\0\0a".to_vec()));
        let error = stream.read().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}

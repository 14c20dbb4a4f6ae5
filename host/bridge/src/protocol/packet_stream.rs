//! Framing of packets on a stream: the 4-byte header, the sequence id, and payloads of 16 MiB and more, which span
//! several packets.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

mod write;

use std::io;
use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::timeout;

use super::err_packet;
use super::packet_limits::{CONTROL_PACKET_LIMIT, DEFAULT_MAX_ROW_BYTES, ReadLimits};
use crate::component::ServerError;
use crate::protocol::malformed::Malformed;
use rds_bridge_wire::{HEADER_LENGTH, Header, PACKET_LIMIT};

/// The size of the first reads, which is enough for most replies.
const FIRST_READ_LENGTH: usize = 16 << 10;
/// The size to which reads grow when a reply is long.
const MOST_READ_LENGTH: usize = 128 << 10;
/// The limit on an `ERR_Packet` that closes the connection. Its message has at most 512 bytes.
const CLOSING_ERROR_LIMIT: usize = 1024;
/// Commands above this length are written and read at the same time: the server may refuse a command that is too long
/// for it before all of it is written. Shorter ones are pipelined, so that replies may arrive while they are written.
const LISTEN_LENGTH: usize = 64 << 10;
/// A buffer that has grown above this size is freed after use.
const KEEP_LENGTH: usize = 1 << 20;

#[derive(Debug, Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the server closed the connection")]
    Closed,
    /// The server closes the connection, and has sent the reason.
    #[error("the server closes the connection")]
    ServerClosing(ServerError),
    /// No bytes arrived within the idle limit.
    #[error("no data arrived for {} s", .0.as_secs_f32())]
    Idle(Duration),
    /// A row is longer than the caller's limit.
    #[error("a row of more than {limit} bytes")]
    RowTooLarge { limit: usize },
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// The kind of the next packet, which decides its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Any packet but a row.
    Control,
    /// A row, or the packet that ends the rows.
    Row,
}

/// A stream of packets. Reading is cancel-safe: bytes that were received stay in the buffer.
pub(crate) struct PacketStream<S> {
    stream: S,
    /// `buffer[start..]` was received and is not consumed yet.
    buffer: Vec<u8>,
    start: usize,
    /// The size of the next read.
    read_length: usize,
    /// While a payload of several packets is joined: its length so far, after the first header.
    joined: usize,
    sequence_id: u8,
    /// A longer row is an error.
    max_row_bytes: usize,
    /// A row shorter than this fits one packet and is within the limit: [`Self::take_if`] takes it.
    plain_row_bytes: usize,
    /// How long a read may wait for the next bytes; `None` waits without limit.
    idle_limit: Option<Duration>,
    outgoing: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> PacketStream<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            start: 0,
            read_length: FIRST_READ_LENGTH,
            joined: 0,
            sequence_id: 0,
            max_row_bytes: DEFAULT_MAX_ROW_BYTES,
            plain_row_bytes: PACKET_LIMIT,
            idle_limit: None,
            outgoing: Vec::new(),
        }
    }

    pub(crate) fn get_ref(&self) -> &S {
        &self.stream
    }

    pub(crate) fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Sets the limits. A longer row fails with [`ReadError::RowTooLarge`], a longer wait with [`ReadError::Idle`].
    pub(crate) fn set_limits(&mut self, limits: ReadLimits) {
        self.max_row_bytes = limits.max_row_bytes;
        self.plain_row_bytes = PACKET_LIMIT.min(limits.max_row_bytes.saturating_add(1));
        self.idle_limit = limits.idle;
    }

    pub(crate) fn idle_limit(&self) -> Option<Duration> {
        self.idle_limit
    }

    pub(crate) fn set_idle_limit(&mut self, limit: Option<Duration>) {
        self.idle_limit = limit;
    }

    /// The payload at a range that [`Self::read`] or [`Self::take_if`] returned.
    pub(crate) fn payload(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Takes the next payload, without waiting, if it was received completely, is a single packet in sequence, and its
    /// first byte is `wanted`. [`Self::read`] handles every other case.
    #[inline]
    pub(crate) fn take_if(&mut self, wanted: impl FnOnce(u8) -> bool) -> Option<Range<usize>> {
        let rest = self.buffer.get(self.start..)?;
        let (header, rest) = rest.split_first_chunk()?;
        let Header {
            length,
            sequence_id,
        } = Header::read(*header);
        let payload = rest.get(..length)?;
        let is_whole = self.joined == 0 && length < self.plain_row_bytes;
        if !is_whole || sequence_id != self.sequence_id || !wanted(*payload.first()?) {
            return None;
        }
        self.sequence_id = sequence_id.wrapping_add(1);
        let begin = self.start.saturating_add(HEADER_LENGTH);
        self.start = begin.saturating_add(length);
        Some(begin..self.start)
    }

    /// Reads a payload, and returns its range in the buffer, which is valid until the next read.
    pub(crate) async fn read(&mut self, expected: Expected) -> Result<Range<usize>, ReadError> {
        loop {
            // The headers of further packets are cut out as they arrive, so that the payload is contiguous.
            let header_at = match self.joined {
                0 => self.start,
                joined => self
                    .start
                    .saturating_add(HEADER_LENGTH)
                    .saturating_add(joined),
            };
            let header_end = header_at.saturating_add(HEADER_LENGTH);
            let header = self.buffer.get(header_at..).and_then(Header::first);
            let Some(Header {
                length,
                sequence_id,
            }) = header
            else {
                self.fill().await?;
                continue;
            };
            if sequence_id != self.sequence_id {
                let all_there = self.buffer.len() >= header_end.saturating_add(length);
                if sequence_id < self.sequence_id && length <= CLOSING_ERROR_LIMIT && !all_there {
                    self.fill().await?;
                    continue;
                }
                if let Some(words) = self.closing_error() {
                    return Err(ReadError::ServerClosing(words));
                }
                return Err(Malformed::SequenceId {
                    expected: self.sequence_id,
                    received: sequence_id,
                }
                .into());
            }
            self.check_length(self.joined.saturating_add(length), expected)?;
            if self.buffer.len() < header_end.saturating_add(length) {
                self.fill().await?;
                continue;
            }
            self.sequence_id = sequence_id.wrapping_add(1);
            if self.joined > 0 {
                self.buffer.copy_within(header_end.., header_at);
                let shorter = self.buffer.len().saturating_sub(HEADER_LENGTH);
                self.buffer.truncate(shorter);
            }
            self.joined = self.joined.saturating_add(length);
            if length == PACKET_LIMIT {
                continue;
            }
            let begin = self.start.saturating_add(HEADER_LENGTH);
            let end = begin.saturating_add(self.joined);
            self.joined = 0;
            self.start = end;
            return Ok(begin..end);
        }
    }

    /// Checks the length in the header, before any of the payload is read.
    fn check_length(&self, length: usize, expected: Expected) -> Result<(), ReadError> {
        match expected {
            Expected::Row if length > self.max_row_bytes => {
                let limit = self.max_row_bytes;
                Err(ReadError::RowTooLarge { limit })
            }
            Expected::Control if length > CONTROL_PACKET_LIMIT => {
                let limit = CONTROL_PACKET_LIMIT;
                Err(Malformed::TooLarge { limit }.into())
            }
            Expected::Row | Expected::Control => Ok(()),
        }
    }

    /// The error with which the server closes the connection, if it is the next packet in the buffer. It replies to no
    /// command, so its sequence id is 0; or, if the server has read a part of a command's packets, the id that follows
    /// them.
    pub(crate) fn closing_error(&self) -> Option<ServerError> {
        let rest = self.buffer.get(self.start..)?;
        let (header, rest) = rest.split_first_chunk()?;
        let header = Header::read(*header);
        if header.sequence_id > self.sequence_id {
            return None;
        }
        let payload = rest.get(..header.length)?;
        match payload.first() {
            Some(&err_packet::HEADER) => err_packet::read(payload).ok(),
            _ => None,
        }
    }

    /// Reads the error that the server sent before it stopped reading a command, if it did.
    pub(crate) async fn read_closing_error(&mut self) -> Option<ServerError> {
        while self.buffer.len().saturating_sub(self.start) <= CLOSING_ERROR_LIMIT {
            if let Some(words) = self.closing_error() {
                return Some(words);
            }
            self.fill().await.ok()?;
        }
        self.closing_error()
    }

    /// Reads the bytes that are available, waiting for them up to the idle limit.
    async fn fill(&mut self) -> Result<(), ReadError> {
        let Some(limit) = self.idle_limit else {
            return self.fill_without_limit().await;
        };
        // On the heap, so that reads without a limit do not reserve space for a timer in their futures.
        let filling = Box::pin(timeout(limit, self.fill_without_limit()));
        filling.await.unwrap_or(Err(ReadError::Idle(limit)))
    }

    /// The buffer grows by the bytes that arrive, never by a length that the peer announces.
    async fn fill_without_limit(&mut self) -> Result<(), ReadError> {
        if self.start > 0 {
            let left = self.buffer.len().saturating_sub(self.start);
            self.buffer.copy_within(self.start.., 0);
            self.buffer.truncate(left);
            self.start = 0;
            if left == 0 && self.buffer.capacity() > KEEP_LENGTH {
                self.buffer = Vec::new();
            }
        }
        // Uses the capacity that is left if it is enough: a row that is cut off is no reason to grow.
        let spare = self.buffer.capacity().saturating_sub(self.buffer.len());
        if spare < self.read_length.div_ceil(2) {
            match self.buffer.len() < self.read_length {
                true => self.buffer.reserve_exact(self.read_length),
                // A row is longer than a read: grow by more than is needed, so that it is not copied for every read.
                false => self.buffer.reserve(self.read_length),
            }
        }
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(ReadError::Closed);
        }
        if self.buffer.len() == self.buffer.capacity() {
            self.read_length = MOST_READ_LENGTH;
        }
        Ok(())
    }

    /// Expects the reply to the second of two commands that were sent together. Its sequence ids begin at 1, as after
    /// every command.
    pub(crate) fn begin_next_reply(&mut self) {
        self.sequence_id = 1;
    }

    /// Whether the buffer has no unread bytes.
    pub(crate) fn is_quiet(&self) -> bool {
        self.start == self.buffer.len()
    }

    /// Whether the peer has closed the stream, or has sent bytes that reply to no command. It does not wait, so it does
    /// not see what is still in transit.
    pub(crate) fn has_ended(&mut self) -> bool {
        if !self.is_quiet() {
            return true;
        }
        // Not `fill`, whose timer needs a runtime.
        let reading = pin!(self.fill_without_limit());
        let read = reading.poll(&mut Context::from_waker(Waker::noop()));
        read.is_ready()
    }
}

#[cfg(test)]
mod tests;

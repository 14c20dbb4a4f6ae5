//! Packets on a stream: the 4-byte header, the sequence id, and payloads of 16 MiB and more.
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

/// What the first reads may bring: enough for most answers.
const FIRST_READ_LENGTH: usize = 16 << 10;
/// What one read may bring when there is much.
const MOST_READ_LENGTH: usize = 128 << 10;
/// An `ERR_Packet` is shorter: its message is of 512 bytes at most.
const CLOSING_ERROR_LIMIT: usize = 1024;
/// While a longer command is written, the server is listened to: it may have no room for it, and say so. Shorter ones
/// go out with others, whose replies may come at any time.
const LISTEN_LENGTH: usize = 64 << 10;
/// A buffer that a long row has made larger than this is given back.
const KEEP_LENGTH: usize = 1 << 20;

#[derive(Debug, Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the server closed the connection")]
    Closed,
    /// The server ends the connection, and says why.
    #[error("the server ends the connection")]
    ServerClosing(ServerError),
    /// Nothing has come for so long.
    #[error("nothing has come for {} s", .0.as_secs_f32())]
    Idle(Duration),
    /// A row is longer than the caller takes.
    #[error("a row of more than {limit} bytes")]
    RowTooLarge { limit: usize },
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// What a packet that is read next may be, which says how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Anything but a row.
    Control,
    /// A row, or what ends the rows.
    Row,
}

/// A stream of packets. Reading is cancel-safe: what has come stays in the buffer.
pub(crate) struct PacketStream<S> {
    stream: S,
    /// `buffer[start..]` has come and is not used up.
    buffer: Vec<u8>,
    start: usize,
    /// What the next read may bring.
    read_length: usize,
    /// The payload being put together: so many bytes behind the first header are it already.
    joined: usize,
    sequence_id: u8,
    /// A row of more bytes is not read.
    max_row_bytes: usize,
    /// A row that is shorter may be taken as it is: it fits one packet and is within the limit.
    plain_row_bytes: usize,
    /// How long a read may wait for anything to come; for ever without it.
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

    /// Longer rows are refused: [`ReadError::RowTooLarge`]. A read for which nothing comes for longer ends:
    /// [`ReadError::Idle`].
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

    /// The payload at a range that [`Self::read`] gave.
    pub(crate) fn payload(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Takes the next payload if all of it has come, it is of one packet in its turn, and `wanted` by its
    /// first byte. For what is less simple there is [`Self::read`].
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

    /// Reads a payload, and says where in the buffer it lies until the next read.
    pub(crate) async fn read(&mut self, expected: Expected) -> Result<Range<usize>, ReadError> {
        loop {
            // Headers of later packets are taken out as they come, so that the payload is one piece.
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

    /// Before any of it is read: the header alone says how long it is.
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

    /// Why the server ends the connection, if that is what has come and is not used up. Nobody has asked for it, so it
    /// counts from 0; or, where the server has not read all packets of a command, from those that it has read.
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

    /// What the server said before it stopped reading a command, if it did.
    pub(crate) async fn read_closing_error(&mut self) -> Option<ServerError> {
        while self.buffer.len().saturating_sub(self.start) <= CLOSING_ERROR_LIMIT {
            if let Some(words) = self.closing_error() {
                return Some(words);
            }
            self.fill().await.ok()?;
        }
        self.closing_error()
    }

    /// Reads what there is, and waits no longer for it than the limit allows.
    async fn fill(&mut self) -> Result<(), ReadError> {
        let Some(limit) = self.idle_limit else {
            return self.fill_without_limit().await;
        };
        // On the heap: without a limit there is no timer to make room for.
        let filling = Box::pin(timeout(limit, self.fill_without_limit()));
        filling.await.unwrap_or(Err(ReadError::Idle(limit)))
    }

    /// The buffer grows by what comes, never by what the peer says will come.
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
        // Room that is there already is taken as it is: a row that is cut is no reason to grow.
        let spare = self.buffer.capacity().saturating_sub(self.buffer.len());
        if spare < self.read_length.div_ceil(2) {
            match self.buffer.len() < self.read_length {
                true => self.buffer.reserve_exact(self.read_length),
                // A row that is longer than a read: not to be copied for each of them.
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

    /// Begins with the reply to the second of two commands that were sent together: its packets are counted
    /// from 1, as behind each command.
    pub(crate) fn begin_next_reply(&mut self) {
        self.sequence_id = 1;
    }

    /// Whether nothing has come that was not asked for.
    pub(crate) fn is_quiet(&self) -> bool {
        self.start == self.buffer.len()
    }

    /// Whether the peer has ended the stream, or has said something that nobody has asked for. It waits for
    /// nothing: what is still on the way is not known.
    pub(crate) fn has_ended(&mut self) -> bool {
        if !self.is_quiet() {
            return true;
        }
        // Without a timer, which would need a runtime.
        let reading = pin!(self.fill_without_limit());
        let read = reading.poll(&mut Context::from_waker(Waker::noop()));
        read.is_ready()
    }
}

#[cfg(test)]
mod tests;

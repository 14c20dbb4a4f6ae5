//! A buffer of received bytes. Its reads grow while they are filled completely.

use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// The size of the first reads: a record of the largest size, with its header and overhead, fits.
const FIRST_ROOM: usize = 20 << 10;
/// The size of the largest reads. Larger ones would not be faster, and would use more of the processor's cache.
const MOST_ROOM: usize = 128 << 10;

pub(super) struct Incoming {
    /// `bytes[start..]` was received and is not consumed yet.
    bytes: Vec<u8>,
    start: usize,
    /// The size of the next read.
    room: usize,
}

impl Default for Incoming {
    /// Empty, without an allocation before the first read.
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            room: FIRST_ROOM,
        }
    }
}

impl Incoming {
    pub(super) fn unread_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.start..).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    pub(super) fn consume(&mut self, length: usize) {
        self.start = self.start.saturating_add(length).min(self.bytes.len());
        if self.is_empty() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Moves as many bytes as fit into `buffer`.
    pub(super) fn move_to(&mut self, buffer: &mut ReadBuf<'_>) {
        let unread = self.bytes.get(self.start..).unwrap_or_default();
        let length = unread.len().min(buffer.remaining());
        buffer.put_slice(unread.get(..length).unwrap_or_default());
        self.consume(length);
    }

    /// Reads the bytes that are available, and returns their number; 0 at the end of the stream.
    pub(super) fn poll_fill(
        &mut self,
        reader: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.start > 0 {
            let left = self.bytes.len().saturating_sub(self.start);
            self.bytes.copy_within(self.start.., 0);
            self.bytes.truncate(left);
            self.start = 0;
        }
        // The unread bytes are usually a part of a record, which is no reason to grow.
        let wanted = self.room.max(self.bytes.len().saturating_add(FIRST_ROOM));
        self.bytes
            .reserve_exact(wanted.saturating_sub(self.bytes.len()));
        let read = pin!(reader.read_buf(&mut self.bytes)).poll(cx);
        if self.bytes.len() == self.bytes.capacity() {
            self.room = self.room.saturating_mul(4).min(MOST_ROOM);
        }
        read
    }
}

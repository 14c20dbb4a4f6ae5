//! Bytes that have come and are not used up, and room for more that grows with what comes.

use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// A record of the largest size fits, with its header and the cipher's part.
const FIRST_ROOM: usize = 20 << 10;
/// More makes no read cheaper, and takes more of the processor's cache.
const MOST_ROOM: usize = 128 << 10;

pub(super) struct Incoming {
    /// `bytes[start..]` has come and is not used up.
    bytes: Vec<u8>,
    start: usize,
    /// What one read may bring.
    room: usize,
}

impl Default for Incoming {
    /// Takes no memory until it is read into.
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

    /// As much as fits.
    pub(super) fn move_to(&mut self, buffer: &mut ReadBuf<'_>) {
        let unread = self.bytes.get(self.start..).unwrap_or_default();
        let length = unread.len().min(buffer.remaining());
        buffer.put_slice(unread.get(..length).unwrap_or_default());
        self.consume(length);
    }

    /// Reads what there is, and says how much it was.
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
        // What is left over is mostly part of a record: no reason to grow for it.
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

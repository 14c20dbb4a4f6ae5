//! One direction of a splice: what was read from one side, and what of it was written to the other.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::End;
use super::buffer::Buffer;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Direction {
    pub(super) buffer: Buffer,
    /// How many bytes of the buffer can be written.
    pub(super) writable: usize,
    needs_flush: bool,
    /// The reader has ended.
    pub(super) is_over: bool,
    /// The writer's end was sent after the reader's.
    is_shut_down: bool,
    /// The writer accepts nothing more.
    pub(super) is_abandoned: bool,
}

impl Direction {
    /// Drops what cannot be written, and reads no more.
    pub(super) fn abandon(&mut self) {
        let unread = self.buffer.unread().len();
        self.buffer.consume(unread);
        self.buffer.release();
        self.writable = 0;
        self.is_abandoned = true;
    }

    /// Writes what can be written. Ready when nothing is left.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<Poll<()>> {
        while self.writable > 0 {
            let bytes = self.buffer.unread().get(..self.writable);
            let written = match Pin::new(&mut *writer).poll_write(cx, bytes.unwrap_or_default())? {
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(written) => written,
                Poll::Pending => return Ok(Poll::Pending),
            };
            self.buffer.consume(written);
            self.writable = self.writable.saturating_sub(written);
            self.needs_flush = true;
        }
        Ok(Poll::Ready(()))
    }

    /// Reads once, after the unread bytes.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut (impl AsyncRead + Unpin),
    ) -> io::Result<Poll<()>> {
        let mut room = ReadBuf::new(self.buffer.room());
        if Pin::new(reader).poll_read(cx, &mut room)?.is_pending() {
            return Ok(Poll::Pending);
        }
        let length = room.filled().len();
        self.is_over = length == 0;
        self.buffer.fill(length);
        Ok(Poll::Ready(()))
    }

    pub(super) fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<Poll<()>> {
        if self.needs_flush {
            if Pin::new(writer).poll_flush(cx)?.is_pending() {
                return Ok(Poll::Pending);
            }
            self.needs_flush = false;
        }
        Ok(Poll::Ready(()))
    }

    /// Flushes what came before an intercepted command. The command itself was taken from the buffer.
    pub(super) fn flush_before(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut (impl AsyncWrite + Unpin),
        end: End,
    ) -> io::Result<Poll<Option<End>>> {
        // A write that is not finished now is finished with the next write to the same stream.
        let _flushed = self.poll_flush(cx, writer)?;
        Ok(Poll::Ready(Some(end)))
    }

    /// Passes the reader's end on.
    pub(super) fn poll_shut_down(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<Poll<Option<End>>> {
        if !self.is_shut_down {
            match Pin::new(writer).poll_shutdown(cx) {
                Poll::Pending => return Ok(Poll::Pending),
                // The peer has closed the connection already, as servers do after `COM_QUIT`.
                Poll::Ready(_) => self.is_shut_down = true,
            }
        }
        Ok(Poll::Ready(None))
    }
}

//! Writing of commands, and reading while a long one is written.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use zeroize::{Zeroize, Zeroizing};

use super::{KEEP_LENGTH, LISTEN_LENGTH, PacketStream};
use rds_bridge_wire::{Header, PACKET_LIMIT};

impl<S: AsyncRead + AsyncWrite + Unpin> PacketStream<S> {
    /// Buffers a command of one packet, with the sequence id 0, until the next command is written.
    pub(crate) fn hold_command(&mut self, parts: &[&[u8]]) {
        self.sequence_id = 0;
        self.push_packet(parts);
    }

    /// Writes the buffered commands.
    pub(crate) async fn write_held(&mut self) -> io::Result<()> {
        self.flush().await
    }

    /// Writes a command, whose packets have sequence ids from 0.
    pub(crate) async fn write_command(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        self.sequence_id = 0;
        self.write(parts).await
    }

    /// Writes the buffered commands and then a payload, in one write if it fits a packet. Not cancel-safe: bytes that
    /// are not written yet would go out with the next command.
    pub(crate) async fn write(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        if length(parts) >= PACKET_LIMIT {
            return self.write_long(parts).await;
        }
        self.push_packet(parts);
        self.flush().await
    }

    fn push_packet(&mut self, parts: &[&[u8]]) {
        self.push_header(length(parts));
        for part in parts {
            self.outgoing.extend_from_slice(part);
        }
    }

    async fn write_long(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let payload = Zeroizing::new(parts.concat());
        for packet in payload.chunks(PACKET_LIMIT) {
            self.push_packet(&[packet]);
            self.flush().await?;
        }
        if payload.len().is_multiple_of(PACKET_LIMIT) {
            self.push_packet(&[]);
            self.flush().await?;
        }
        Ok(())
    }

    fn push_header(&mut self, length: usize) {
        let sequence_id = self.sequence_id;
        let header = Header {
            length,
            sequence_id,
        };
        self.outgoing.extend(header.write());
        self.sequence_id = self.sequence_id.wrapping_add(1);
    }

    async fn flush(&mut self) -> io::Result<()> {
        let listens = self.outgoing.len() > LISTEN_LENGTH;
        let mut written = 0;
        poll_fn(|cx| self.poll_write_outgoing(cx, &mut written, listens)).await?;
        // The statement may contain a secret.
        self.outgoing.as_mut_slice().zeroize();
        self.outgoing.clear();
        if self.outgoing.capacity() > KEEP_LENGTH {
            self.outgoing = Vec::new();
        }
        Ok(())
    }

    /// Writes `outgoing[written..]`. While a write of a long command is blocked, it also reads: a server that sends
    /// something before it has the whole command will not read the rest.
    fn poll_write_outgoing(
        &mut self,
        cx: &mut Context<'_>,
        written: &mut usize,
        listens: bool,
    ) -> Poll<io::Result<()>> {
        loop {
            let rest = self.outgoing.get(*written..).unwrap_or_default();
            let stream = Pin::new(&mut self.stream);
            let progress = if rest.is_empty() {
                stream.poll_flush(cx).map_ok(|()| None)
            } else {
                stream.poll_write(cx, rest).map_ok(Some)
            };
            match progress {
                Poll::Ready(Ok(Some(0))) => {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                Poll::Ready(Ok(Some(length))) => *written = written.saturating_add(length),
                Poll::Ready(Ok(None)) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if listens && pin!(self.fill_without_limit()).poll(cx).is_ready() => {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    pub(crate) async fn shut_down(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }
}

fn length(parts: &[&[u8]]) -> usize {
    let lengths = parts.iter().map(|part| part.len());
    lengths.fold(0, usize::saturating_add)
}

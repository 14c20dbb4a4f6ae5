//! A TLS connection on rustls' unbuffered API: large reads, and records decrypted where they lie.
//!
//! The buffered API reads 4 KiB at a time, however much is there. For a long result that is a system call
//! for 60 rows or so, and it shows.

mod incoming;
mod outgoing;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::unbuffered::{ConnectionState, UnbufferedStatus};
use rustls::{ClientConfig, CommonState};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use incoming::Incoming;
use outgoing::{Outgoing, Traffic};

/// What one write may bring. It is kept until it is flushed, so it is not to be much.
const WRITE_LENGTH: usize = 64 << 10;

/// A TLS connection. Reading and writing are cancel-safe: what was under way stays in it.
pub struct TlsStream<S> {
    io: S,
    /// On the heap: it is a kilobyte, and the stream is handed on by each stage of a login.
    connection: Box<UnbufferedClientConnection>,
    /// Records as they came.
    incoming: Incoming,
    /// What has been decrypted and did not fit where it was wanted.
    leftover: Incoming,
    /// Records to be written.
    outgoing: Outgoing,
    /// The peer has said that no more will come.
    is_over: bool,
    /// We have.
    is_ended: bool,
    /// What went wrong. From then on nothing is read or written but what the peer is to be told of it.
    failed: Option<rustls::Error>,
}

/// What there is to do when all that has come is dealt with.
#[derive(Debug, PartialEq, Eq)]
enum Wants {
    /// More records; something may be written.
    Records,
    /// More of the handshake.
    Handshake,
    /// Room for what is decrypted.
    Room,
}

/// Where to put what is decrypted.
enum Room<'a, 'b> {
    /// A reader's buffer, which had so much in it at the beginning.
    In(&'a mut ReadBuf<'b>, usize),
    /// Wherever: nobody reads just now.
    LeftOver,
}

impl Room<'_, '_> {
    /// Whether the reader has something already, and no room for so much more.
    fn is_for_later(&self, length: usize) -> bool {
        match self {
            Self::In(buffer, before) => {
                buffer.remaining() < length && buffer.filled().len() > *before
            }
            Self::LeftOver => false,
        }
    }

    fn take(&mut self, payload: &[u8], leftover: &mut Incoming) -> Option<Wants> {
        match self {
            Self::In(buffer, _) if buffer.remaining() >= payload.len() => {
                buffer.put_slice(payload);
                None
            }
            Self::In(..) => {
                leftover.put(payload);
                Some(Wants::Room)
            }
            Self::LeftOver => {
                leftover.put(payload);
                None
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream<S> {
    /// Makes the handshake as a client. What is to be said before TLS goes out with its first flight, and what is
    /// written first with its last one.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] with a [`rustls::Error`] in it, which the peer is told of; and what
    /// reading and writing give.
    pub(crate) async fn connect(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        before_tls: Vec<u8>,
        io: S,
    ) -> io::Result<Self> {
        let connection = UnbufferedClientConnection::new(config, server_name).map_err(of_tls)?;
        let mut stream = Self {
            io,
            connection: Box::new(connection),
            incoming: Incoming::default(),
            leftover: Incoming::default(),
            outgoing: Outgoing::behind(before_tls),
            is_over: false,
            is_ended: false,
            failed: None,
        };
        loop {
            match stream.process(Room::LeftOver) {
                Ok(Wants::Handshake) if stream.is_over => return Err(ended()),
                Ok(Wants::Handshake) => {}
                Ok(Wants::Records | Wants::Room) => return Ok(stream),
                Err(error) => {
                    // The alert. That it cannot be told is not what went wrong.
                    let _told = stream.flush().await;
                    return Err(of_tls(error));
                }
            }
            stream.flush().await?;
            std::future::poll_fn(|cx| stream.poll_fill(cx)).await?;
        }
    }

    /// What was negotiated.
    #[must_use]
    pub fn state(&self) -> &CommonState {
        &self.connection
    }

    /// What it is on.
    pub(crate) fn io(&self) -> &S {
        &self.io
    }

    /// Encrypts, to be written with what is written next, or when it is flushed.
    pub(crate) fn put(&mut self, plaintext: &[u8]) -> io::Result<()> {
        self.with_traffic(|outgoing, traffic| outgoing.encrypt(traffic, plaintext))
    }

    fn with_traffic(
        &mut self,
        write: impl FnOnce(&mut Outgoing, &mut Traffic<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        // The connection takes something to write only when there is nothing to read.
        self.process(Room::LeftOver).map_err(of_tls)?;
        let UnbufferedStatus { discard, state } = self
            .connection
            .process_tls_records(self.incoming.unread_mut());
        let written = match state {
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                write(&mut self.outgoing, &mut traffic)
            }
            Ok(_) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(error) => Err(of_tls(error)),
        };
        self.incoming.consume(discard);
        written
    }

    /// Deals with all that has come, or with as much as there is room for.
    fn process(&mut self, room: Room<'_, '_>) -> Result<Wants, rustls::Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let wants = self.process_records(room);
        if let Err(error) = &wants {
            self.failed = Some(error.clone());
            self.queue_alert();
        }
        wants
    }

    fn process_records(&mut self, mut room: Room<'_, '_>) -> Result<Wants, rustls::Error> {
        loop {
            let UnbufferedStatus { mut discard, state } = self
                .connection
                .process_tls_records(self.incoming.unread_mut());
            let wants = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    let length = traffic.peek_len().map_or(0, usize::from);
                    if room.is_for_later(length) {
                        Ok(Some(Wants::Room))
                    } else {
                        traffic.next_record().transpose().map(|record| {
                            let record = record?;
                            discard = discard.saturating_add(record.discard);
                            room.take(record.payload, &mut self.leftover)
                        })
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    self.outgoing.encode(&mut data).map(|()| None)
                }
                // It is in the queue, which keeps the order.
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    data.done();
                    Ok(None)
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.is_over = true;
                    Ok(None)
                }
                Ok(ConnectionState::Closed | ConnectionState::WriteTraffic(_)) => {
                    Ok(Some(Wants::Records))
                }
                Ok(ConnectionState::BlockedHandshake) => Ok(Some(Wants::Handshake)),
                Ok(_) => Err(rustls::Error::General("a state of servers".to_owned())),
                Err(error) => Err(error),
            };
            // In any case: what rustls has seen is not to be shown to it again.
            self.incoming.consume(discard);
            if let Some(wants) = wants? {
                return Ok(wants);
            }
        }
    }

    /// After an error: what the peer is to be told of it. That comes before all else, so rustls is asked
    /// once: a second time it would go on with what has come.
    fn queue_alert(&mut self) {
        let status = self
            .connection
            .process_tls_records(self.incoming.unread_mut());
        if let Ok(ConnectionState::EncodeTlsData(mut data)) = status.state {
            // Nobody is told of an alert that cannot be encoded: the connection ends all the same.
            let _encoded = self.outgoing.encode(&mut data);
        }
    }

    /// Reads what there is of records.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.incoming.poll_fill(&mut self.io, cx))? {
            0 => Poll::Ready(Err(ended())),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was decrypted is not for printing.
        f.debug_struct("TlsStream").finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        loop {
            this.leftover.move_to(buffer);
            let processed = match this.leftover.is_empty() {
                true => this.process(Room::In(buffer, before)),
                false => Ok(Wants::Room),
            };
            if buffer.filled().len() > before || buffer.remaining() == 0 {
                // An error comes again with the next read, behind what was good.
                return Poll::Ready(Ok(()));
            }
            // What the peer is to be told, an alert or a key update, is nothing to wait for.
            let told = this.outgoing.poll_flush(&mut this.io, cx);
            processed.map_err(of_tls)?;
            if !this.leftover.is_empty() {
                continue;
            }
            if this.is_over {
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(Err(error)) = told {
                // What the peer said before it stopped reading may be here still, or on its way.
                match ready!(this.poll_fill(cx)) {
                    Ok(()) if !this.is_over => continue,
                    _ => return Poll::Ready(Err(error)),
                }
            }
            ready!(this.poll_fill(cx))?;
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    /// Encrypts; it is written when it is flushed, or when there is much of it.
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        plaintext: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.outgoing.len() >= WRITE_LENGTH {
            ready!(this.outgoing.poll_flush(&mut this.io, cx))?;
        }
        let piece = plaintext.get(..WRITE_LENGTH).unwrap_or(plaintext);
        this.put(piece)?;
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.outgoing.poll_flush(&mut this.io, cx))?;
        Pin::new(&mut this.io).poll_flush(cx)
    }

    /// Says that no more will come, as TLS wants it, and closes the way out.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_ended {
            this.with_traffic(Outgoing::close)?;
            this.is_ended = true;
        }
        ready!(this.outgoing.poll_flush(&mut this.io, cx))?;
        Pin::new(&mut this.io).poll_shutdown(cx)
    }
}

fn of_tls(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Without the word that it ends: it may have been cut off.
fn ended() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

#[cfg(test)]
mod tests;

//! A TLS connection on rustls's unbuffered API, with large reads and records that are decrypted in place.
//!
//! The buffered API reads 4 KiB at a time. For a long result that is a system call for about 60 rows, a measurable
//! cost.

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

/// The most plaintext that one write accepts. Its records are buffered until they are flushed, so the limit is small.
const WRITE_LENGTH: usize = 64 << 10;

/// A TLS connection. Reading and writing are cancel-safe: bytes that are in progress stay in the stream's buffers.
pub struct TlsStream<S> {
    io: S,
    /// On the heap: it has about a kilobyte, and every stage of a login moves the stream.
    connection: Box<UnbufferedClientConnection>,
    /// Received records that are not processed yet.
    incoming: Incoming,
    /// Decrypted bytes that did not fit the reader's buffer.
    leftover: Incoming,
    /// Records to be written.
    outgoing: Outgoing,
    /// The peer has sent `close_notify`.
    is_over: bool,
    /// `close_notify` was sent to the peer.
    is_ended: bool,
    /// The error that ended the connection. After it, nothing is read, and only the alert to the peer is written.
    failed: Option<rustls::Error>,
}

/// What the connection needs after [`TlsStream::process`].
#[derive(Debug, PartialEq, Eq)]
enum Wants {
    /// More records. Plaintext may be written.
    Records,
    /// More records of the handshake.
    Handshake,
    /// Room for decrypted bytes.
    Room,
}

/// The destination of decrypted bytes.
enum Room<'a, 'b> {
    /// A reader's buffer, and its filled length before the read.
    In(&'a mut ReadBuf<'b>, usize),
    /// [`TlsStream::leftover`], if there is no reader.
    LeftOver,
}

impl Room<'_, '_> {
    /// Whether the next record waits for the next read: the reader has received some bytes, and has no room for
    /// `length` more.
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
    /// Performs the handshake as a client. `before_tls` is sent in plaintext, together with the first flight. The last
    /// flight is sent with the first write.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] with a [`rustls::Error`] as its source, after sending an alert to the peer; and
    /// the errors of the underlying stream.
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
            outgoing: Outgoing::starting_with(before_tls),
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
                    // Sends the alert. The handshake's error is the one to return, even if this fails.
                    let _told = stream.flush().await;
                    return Err(of_tls(error));
                }
            }
            stream.flush().await?;
            std::future::poll_fn(|cx| stream.poll_fill(cx)).await?;
        }
    }

    /// The negotiated parameters and the peer's certificates.
    #[must_use]
    pub fn state(&self) -> &CommonState {
        &self.connection
    }

    /// The underlying stream.
    pub(crate) fn io(&self) -> &S {
        &self.io
    }

    /// Encrypts and buffers `plaintext`. It is sent with the next write, or when the stream is flushed.
    pub(crate) fn put(&mut self, plaintext: &[u8]) -> io::Result<()> {
        self.with_traffic(|outgoing, traffic| outgoing.encrypt(traffic, plaintext))
    }

    fn with_traffic(
        &mut self,
        write: impl FnOnce(&mut Outgoing, &mut Traffic<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        // rustls accepts plaintext only after all received records are processed.
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

    /// Processes the received records, as far as there is room for decrypted bytes.
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
                // The records are queued in `outgoing`, which keeps their order.
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
                Ok(_) => Err(rustls::Error::General(
                    "a connection state that only a server has".to_owned(),
                )),
                Err(error) => Err(error),
            };
            // Also after an error: rustls must not see the same bytes twice.
            self.incoming.consume(discard);
            if let Some(wants) = wants? {
                return Ok(wants);
            }
        }
    }

    /// Queues the alert after an error. rustls returns the alert first, so it is called once: a second call would
    /// process further records.
    fn queue_alert(&mut self) {
        let status = self
            .connection
            .process_tls_records(self.incoming.unread_mut());
        if let Ok(ConnectionState::EncodeTlsData(mut data)) = status.state {
            // If the alert cannot be encoded, the connection ends without one.
            let _encoded = self.outgoing.encode(&mut data);
        }
    }

    /// Reads more bytes of records.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.incoming.poll_fill(&mut self.io, cx))? {
            0 => Poll::Ready(Err(ended())),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Decrypted bytes are not printed.
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
                // `failed` keeps an error, and the next read returns it, after the bytes before it.
                return Poll::Ready(Ok(()));
            }
            // Sends an alert or a key update, without waiting for it.
            let told = this.outgoing.poll_flush(&mut this.io, cx);
            processed.map_err(of_tls)?;
            if !this.leftover.is_empty() {
                continue;
            }
            if this.is_over {
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(Err(error)) = told {
                // The peer may have sent something before it stopped reading, so read first.
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
    /// Encrypts and buffers. The records are sent when the stream is flushed, or before the buffer exceeds its limit.
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

    /// Sends `close_notify`, and shuts down the writing direction of the underlying stream.
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

/// The error for an end without `close_notify`: the stream may have been truncated.
fn ended() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

#[cfg(test)]
mod tests;

//! Copies packets between a client and a server, in both directions, until one of them ends or the client sends a
//! command that the proxy answers itself.
//!
//! Nothing is decoded but the heads of packets. Memory is bounded: a side is read only while the other one
//! takes what was read before.

mod buffer;
mod direction;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use rds_bridge_wire::command::{COM_CHANGE_USER, COM_RESET_CONNECTION};
use rds_bridge_wire::{HEADER_LENGTH, Header};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::commands::{Commands, Handling, Scanned};
use crate::metrics::Counters;
use crate::replies::Replies;
use direction::Direction;

/// The longest command that is intercepted, in bytes. Its packet fits the buffer.
const INTERCEPTED_LIMIT: usize = buffer::LENGTH - HEADER_LENGTH;

/// How a splice ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Both sides have ended, or the server has.
    Closed,
    /// The client has sent a command that the proxy answers. The payload begins with the command's byte.
    Intercepted(Vec<u8>),
    /// The intercepted command is longer than the proxy reads.
    TooLong,
}

/// The state of both directions. It survives an interception, and dropping the future of [`Self::run`].
#[derive(Debug)]
pub(crate) struct Splice {
    commands: Commands,
    to_server: Direction,
    to_client: Direction,
    /// Whether `COM_RESET_CONNECTION` is intercepted too.
    intercepts_reset: bool,
    /// What the server has not answered.
    replies: Replies,
    /// Whether a command was read that the proxy answers after the server's replies to those before it.
    waits_for_replies: bool,
}

/// The side whose stream failed.
enum Failed {
    Client(io::Error),
    Server(#[expect(dead_code, reason = "the server's last packet says more")] io::Error),
}

impl Splice {
    /// A splice that intercepts `COM_CHANGE_USER`, and `COM_RESET_CONNECTION` if `intercepts_reset` is true.
    pub(crate) fn new(intercepts_reset: bool, replies: Replies) -> Self {
        Self {
            commands: Commands::default(),
            to_server: Direction::default(),
            to_client: Direction::default(),
            intercepts_reset,
            replies,
            waits_for_replies: false,
        }
    }

    /// The proxy has answered an intercepted command, which begins the session anew.
    pub(crate) fn begin_session(&mut self) {
        self.replies.begin_session();
    }

    /// Copies until the end.
    ///
    /// # Errors
    ///
    /// Of reading from and writing to either side.
    pub(crate) async fn run<C, S>(
        &mut self,
        client: &mut C,
        server: &mut S,
        counters: &Counters,
    ) -> io::Result<End>
    where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        std::future::poll_fn(|cx| self.poll(cx, client, server, counters)).await
    }

    /// Whether the client certainly waits for nothing: the server has answered every command, no transaction is open,
    /// and every packet is complete.
    pub(crate) fn is_idle(&self) -> bool {
        self.replies.is_idle()
            && self.commands.is_between_packets()
            && self.to_server.buffer.is_empty()
            && self.to_client.buffer.is_empty()
    }

    fn poll<C, S>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        server: &mut S,
        counters: &Counters,
    ) -> Poll<io::Result<End>>
    where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut to_server = self.poll_to_server_or_abandon(cx, client, server, counters)?;
        let to_client = self.poll_to_client(cx, client, server, counters)?;
        if self.waits_for_replies && self.has_answered() {
            to_server = self.poll_to_server_or_abandon(cx, client, server, counters)?;
        }
        match (to_server, to_client) {
            (Poll::Ready(Some(end)), _) => Poll::Ready(Ok(end)),
            // A server that has ended answers nothing.
            (_, Poll::Ready(())) => Poll::Ready(Ok(End::Closed)),
            _ => Poll::Pending,
        }
    }

    fn poll_to_server_or_abandon<C, S>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        server: &mut S,
        counters: &Counters,
    ) -> io::Result<Poll<Option<End>>>
    where
        C: AsyncRead + Unpin,
        S: AsyncWrite + Unpin,
    {
        match self.poll_to_server(cx, client, server, counters) {
            Ok(to_server) => Ok(to_server),
            // The server may have said why, before it stopped reading.
            Err(Failed::Server(_)) => {
                self.to_server.abandon();
                Ok(Poll::Pending)
            }
            Err(Failed::Client(error)) => Err(error),
        }
    }

    /// Whether the client has the replies to all commands.
    fn has_answered(&self) -> bool {
        !self.replies.are_outstanding() && self.to_client.buffer.is_empty()
    }

    /// Ready with an end if the proxy must answer a command, and with `None` at the client's end.
    fn poll_to_server<C, S>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        server: &mut S,
        counters: &Counters,
    ) -> Result<Poll<Option<End>>, Failed>
    where
        C: AsyncRead + Unpin,
        S: AsyncWrite + Unpin,
    {
        if self.to_server.is_abandoned {
            return Ok(Poll::Pending);
        }
        loop {
            let written = self.to_server.poll_write(cx, server);
            if written.map_err(Failed::Server)?.is_pending() {
                return Ok(Poll::Pending);
            }
            let intercepted = self.scan(counters);
            if self.to_server.writable > 0 {
                continue;
            }
            self.waits_for_replies = intercepted.is_some() && !self.has_answered();
            if self.waits_for_replies {
                let flushed = self.to_server.poll_flush(cx, server);
                let _flushed = flushed.map_err(Failed::Server)?;
                return Ok(Poll::Pending);
            }
            if let Some(end) = intercepted.and_then(|()| self.intercepted()) {
                let flushed = self.to_server.flush_before(cx, server, end);
                return flushed.map_err(Failed::Server);
            }
            if self.to_server.is_over {
                let shut_down = self.to_server.poll_shut_down(cx, server);
                return shut_down.map_err(Failed::Server);
            }
            let before = self.to_server.buffer.unread().len();
            let read = self.to_server.poll_read(cx, client);
            if read.map_err(Failed::Client)?.is_pending() {
                // The client waits for the answer to what was written.
                let flushed = self.to_server.poll_flush(cx, server);
                let _flushed = flushed.map_err(Failed::Server)?;
                self.to_server.buffer.release();
                return Ok(Poll::Pending);
            }
            let length = self.to_server.buffer.unread().len().saturating_sub(before);
            add(&counters.bytes_to_server, length);
        }
    }

    /// Determines how much of the buffer can be written. `Some` if an intercepted command follows.
    fn scan(&mut self, counters: &Counters) -> Option<()> {
        let Self {
            commands,
            to_server,
            intercepts_reset,
            replies,
            ..
        } = self;
        let scanned = commands.scan(to_server.buffer.unread(), |command| {
            let is_intercepted =
                command == COM_CHANGE_USER || command == COM_RESET_CONNECTION && *intercepts_reset;
            if is_intercepted {
                return Handling::Intercept;
            }
            counters.count_command(command);
            replies.command(command);
            Handling::Copy
        });
        match scanned {
            Scanned::Copy(length) => {
                to_server.writable = length;
                None
            }
            Scanned::Intercept(length) => {
                to_server.writable = length;
                Some(())
            }
        }
    }

    /// Takes the intercepted command at the beginning of the buffer, once it is complete.
    fn intercepted(&mut self) -> Option<End> {
        let unread = self.to_server.buffer.unread();
        let header = Header::first(unread)?;
        if header.length > INTERCEPTED_LIMIT {
            return Some(End::TooLong);
        }
        let end = HEADER_LENGTH.saturating_add(header.length);
        let payload = unread.get(HEADER_LENGTH..end)?.to_vec();
        self.to_server.buffer.consume(end);
        Some(End::Intercepted(payload))
    }

    /// Ready when the server has ended.
    fn poll_to_client<C, S>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        server: &mut S,
        counters: &Counters,
    ) -> io::Result<Poll<()>>
    where
        C: AsyncWrite + Unpin,
        S: AsyncRead + Unpin,
    {
        let direction = &mut self.to_client;
        loop {
            if direction.poll_write(cx, client)?.is_pending() {
                return Ok(Poll::Pending);
            }
            if direction.is_over {
                let shut_down = direction.poll_shut_down(cx, client)?;
                return Ok(shut_down.map(|_| ()));
            }
            match direction.poll_read(cx, server) {
                Ok(Poll::Ready(())) => {}
                Ok(Poll::Pending) => {
                    let _flushed = direction.poll_flush(cx, client)?;
                    direction.buffer.release();
                    return Ok(Poll::Pending);
                }
                // Servers close a connection without TLS's close_notify.
                Err(error) if is_end(&error) => direction.is_over = true,
                Err(error) => return Err(error),
            }
            let length = direction.buffer.unread().len();
            direction.writable = length;
            if length > 0 {
                self.replies.receive(direction.buffer.unread());
                add(&counters.bytes_to_clients, length);
            }
        }
    }
}

fn add(counter: &AtomicU64, length: usize) {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    counter.fetch_add(length, Ordering::Relaxed);
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests;

//! Writing commands: draining the last reply first, and several commands in one flight.

use std::{io, mem};

use super::{Connection, State, Transport};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::malformed::Malformed;
use crate::protocol::prepared::close_payload;

/// What [`Connection::write_or_poison`] writes.
pub(super) enum Outgoing<'a> {
    /// A command in parts, after the commands that are held back.
    Command(&'a [&'a [u8]]),
    /// The commands that are held back.
    Held,
    /// A packet without a payload, with the next sequence id.
    EmptyPacket,
}

impl<S: Transport> Connection<S> {
    /// Drains the last reply, then writes a command.
    pub(crate) async fn command(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        self.drain_reply().await?;
        self.write_command(parts).await
    }

    /// Drains the last reply, then writes two commands in one flight. The first must fit one packet.
    pub(crate) async fn two_commands(
        &mut self,
        first: &[&[u8]],
        second: &[&[u8]],
    ) -> Result<(), Error> {
        self.drain_reply().await?;
        self.check_usable()?;
        self.hold_statement_closes();
        self.stream.hold_command(first);
        self.write_command(second).await
    }

    pub(crate) async fn drain_reply(&mut self) -> Result<(), Error> {
        if self.stage == Stage::Rows {
            self.stage = Stage::Statement;
        }
        self.await_set_up().await?;
        while matches!(self.state, State::Replying(_)) {
            match self.next_event().await {
                Ok(_) => {}
                Err(error) if matches!(self.state, State::Unusable) => return Err(error),
                // The reply is drained, so the server's error in it is dropped.
                Err(_) => {}
            }
        }
        self.refuse_several().await
    }

    pub(crate) fn check_usable(&mut self) -> Result<(), Error> {
        if self.set_up.is_unfinished || matches!(self.state, State::Unusable) {
            let unusable = self.error(ErrorKind::Unusable);
            return Err(self.poison(unusable));
        }
        if !self.stream.is_quiet() {
            let error = self.error(match self.stream.closing_error() {
                Some(words) => ErrorKind::Server(words),
                None => ErrorKind::Malformed(Malformed::Unasked),
            });
            return Err(self.poison(error));
        }
        Ok(())
    }

    /// Makes the connection unusable, because of this error: the position in the stream is unknown from now on.
    pub(super) fn poison(&mut self, error: Error) -> Error {
        self.state = State::Unusable;
        self.report(&error);
        error
    }

    /// Writes a command. The last reply must have been read.
    pub(super) async fn write_command(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        self.check_usable()?;
        self.watched = None;
        self.hold_statement_closes();
        self.command_length = parts
            .iter()
            .map(|part| part.len())
            .fold(0, usize::saturating_add);
        let written = self.write_or_poison(Outgoing::Command(parts)).await;
        if let Err(error) = written {
            // The server may have sent an error before it stopped reading.
            return Err(match self.stream.read_closing_error().await {
                Some(words) => self.error(ErrorKind::Server(words)),
                None => self.lost(Error::of_io(self.stage, error)),
            });
        }
        self.set_up.wrote();
        Ok(())
    }

    /// Writes to the server. The connection is unusable until all of it is written: if the write fails, or its future
    /// is dropped half-way, the server has part of a packet.
    pub(super) async fn write_or_poison(&mut self, outgoing: Outgoing<'_>) -> io::Result<()> {
        let state = mem::replace(&mut self.state, State::Unusable);
        match outgoing {
            Outgoing::Command(parts) => self.stream.write_command(parts).await?,
            Outgoing::Held => self.stream.write_held().await?,
            Outgoing::EmptyPacket => self.stream.write(&[]).await?,
        }
        self.state = state;
        Ok(())
    }

    /// Queues `COM_STMT_CLOSE` for evicted statements in front of the next command. It has no reply.
    fn hold_statement_closes(&mut self) {
        for statement in self.unused.drain(..) {
            self.stream.hold_command(&[&close_payload(statement)]);
        }
    }
}

//! Writing commands: draining the last reply first, and several commands in one flight.

use super::{Connection, State, Transport};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::prepared::close_payload;
use rds_bridge_wire::Malformed;

impl<S: Transport> Connection<S> {
    /// Drains the last reply, then writes a command.
    pub(crate) async fn command(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        self.read_what_is_left().await?;
        self.write_command(parts).await
    }

    /// Drains the last reply, then writes two commands in one flight. The first must fit one packet.
    pub(crate) async fn two_commands(
        &mut self,
        first: &[&[u8]],
        second: &[&[u8]],
    ) -> Result<(), Error> {
        self.read_what_is_left().await?;
        self.check_usable()?;
        self.hold_closing();
        self.stream.hold_command(first);
        self.write_command(second).await
    }

    pub(crate) async fn read_what_is_left(&mut self) -> Result<(), Error> {
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
        Ok(())
    }

    pub(crate) fn check_usable(&mut self) -> Result<(), Error> {
        if self.set_up.is_unfinished {
            self.state = State::Unusable;
        }
        if matches!(self.state, State::Unusable) {
            return Err(self.error(ErrorKind::Unusable));
        }
        if !self.stream.is_quiet() {
            self.state = State::Unusable;
            return Err(self.error(match self.stream.parting_words() {
                Some(words) => ErrorKind::Server(words),
                None => ErrorKind::Malformed(Malformed::Unasked),
            }));
        }
        Ok(())
    }

    /// Writes a command. The last reply must have been read.
    async fn write_command(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        self.check_usable()?;
        self.state = State::Unusable;
        self.watched = None;
        self.hold_closing();
        self.command_length = parts
            .iter()
            .map(|part| part.len())
            .fold(0, usize::saturating_add);
        if let Err(error) = self.stream.write_command(parts).await {
            // The server may have sent an error before it stopped reading.
            return Err(match self.stream.last_words().await {
                Some(words) => self.error(ErrorKind::Server(words)),
                None => self.lost(Error::of_io(self.stage, error)),
            });
        }
        self.set_up.wrote();
        self.state = State::Idle;
        Ok(())
    }

    /// Queues `COM_STMT_CLOSE` for evicted statements in front of the next command. It has no reply.
    fn hold_closing(&mut self) {
        for statement in self.unused.drain(..) {
            self.stream.hold_command(&[&close_payload(statement)]);
        }
    }
}

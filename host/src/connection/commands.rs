//! Commands on their way to the server.

use super::{Connection, State};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::malformed::Malformed;
use crate::protocol::prepared::close_payload;

impl Connection {
    /// Writes a command, after what is left of the last reply has been read.
    pub(crate) async fn command(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        self.read_what_is_left().await?;
        self.write_command(parts).await
    }

    /// Writes two commands in one flight; the first is of one packet.
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
                // An error of a reply that nobody wanted to read.
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

    /// As [`Self::command`], when there is no reply that has not been read.
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
            // The server may have said why it does not read on.
            return Err(match self.stream.last_words().await {
                Some(words) => self.error(ErrorKind::Server(words)),
                None => self.lost(Error::of_io(self.stage, error)),
            });
        }
        self.set_up.wrote();
        self.state = State::Idle;
        Ok(())
    }

    /// Closes what nobody will execute again, when the next command is written: there is no reply to it.
    fn hold_closing(&mut self) {
        for statement in self.unused.drain(..) {
            self.stream.hold_command(&[&close_payload(statement)]);
        }
    }
}

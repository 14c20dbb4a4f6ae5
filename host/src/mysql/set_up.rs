//! What prepares a session, before its first statement or in one flight with it.

use super::command::COM_QUERY;
use super::connection::{Connection, State};
use super::execute::FLIGHT_LENGTH;
use super::malformed::Malformed;
use super::packet_stream::Expected;
use super::protocol::{Protocol, only_asks};
use super::reply::{Event, Reply};
use super::row::Encoding;
use crate::error::{Error, ErrorKind, Stage};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetUp {
    /// It goes out with the first command.
    Held,
    /// Its reply comes before any other.
    Awaited,
    Done,
}

impl SetUp {
    /// With a command, or by itself.
    pub(super) fn wrote(&mut self) {
        if *self == Self::Held {
            *self = Self::Awaited;
        }
    }
}

impl Connection {
    /// A statement that prepares the session. To MariaDB it goes with the first query, in one flight, where two
    /// commands may go so. If it is refused, the query has been executed all the same, and a function in it may have
    /// written.
    pub(crate) async fn set_up(&mut self, sql: &str) -> Result<(), Error> {
        if self.executes_unseen && self.protocol != Protocol::Text {
            self.stream.hold_command(&[&[COM_QUERY], sql.as_bytes()]);
            self.set_up = SetUp::Held;
            return Ok(());
        }
        self.stage = Stage::Session;
        let done = self.execute_to_end(sql).await;
        self.stage = Stage::Statement;
        done.map(drop)
    }

    /// What only asks may go with it. Any other statement waits, and so does a long one, as everywhere.
    pub(super) async fn set_up_before(&mut self, sql: &str) -> Result<(), Error> {
        let goes_with_it = only_asks(sql) && sql.len() <= FLIGHT_LENGTH;
        if goes_with_it {
            return Ok(());
        }
        if self.set_up == SetUp::Held {
            self.check_usable()?;
            self.state = State::Unusable;
            let written = self.stream.write_held().await;
            written.map_err(|error| Error::of_io(Stage::Session, error))?;
            self.set_up.wrote();
            self.state = State::Idle;
        }
        self.await_set_up().await
    }

    /// Whether its reply is still to come.
    pub(super) fn awaits_set_up(&self) -> bool {
        self.set_up == SetUp::Awaited && self.is_usable()
    }

    /// Reads its reply, if that is the next that comes. Behind a refusal there may be one that nobody is to read.
    pub(super) async fn await_set_up(&mut self) -> Result<(), Error> {
        if !self.awaits_set_up() {
            return Ok(());
        }
        let range = match self.stream.read(Expected::Control).await {
            Ok(range) => range,
            Err(error) => {
                self.state = State::Unusable;
                return Err(Error::of_read(Stage::Session, error));
            }
        };
        let mut reply = Reply::new(Encoding::Text, self.deprecate_eof());
        match reply.receive(self.stream.payload(range)) {
            Ok(Event::Done(summary)) if !summary.more_results() => {
                self.set_up = SetUp::Done;
                self.status = summary.status_flags();
                self.stream.begin_next_reply();
                Ok(())
            }
            Ok(Event::Error(error)) => {
                self.state = State::Unusable;
                Err(Error::new(Stage::Session, ErrorKind::Server(error)))
            }
            Ok(_) => {
                self.state = State::Unusable;
                let unasked = ErrorKind::Malformed(Malformed::Unasked);
                Err(Error::new(Stage::Session, unasked))
            }
            Err(malformed) => {
                self.state = State::Unusable;
                Err(Error::new(Stage::Session, ErrorKind::Malformed(malformed)))
            }
        }
    }
}

//! A connection after login: one statement at a time.

use std::fmt;
use std::ops::Range;

use mysql_common::constants::CapabilityFlags;
use tokio::net::TcpStream;

use super::command::{COM_PING, COM_QUERY, COM_QUIT, COM_RESET_CONNECTION};
use super::malformed::Malformed;
use super::ok_packet::Summary;
use super::packet_stream::PacketStream;
use super::param::Param;
use super::prepared::{Statement, close_payload, execute_payload};
use super::reply::{Event, Reply};
use super::row::{Encoding, Field};
use super::rows::Rows;
use crate::error::{Error, ErrorKind, Stage};
use crate::guest::Session;
use crate::tls::TlsStream;

/// A connection to the server, logged in, one statement at a time.
///
/// Futures of its methods, and of [`Rows`], may be dropped at any point: a reply that has not been read
/// is read to its end by the next call, and a command that was cut off half-written makes the connection
/// unusable, which the next call says.
///
/// A server that asks for a file of this machine (`LOAD DATA LOCAL`, or one that is not to be trusted) is
/// sent an empty one. The statement fails with [`ErrorKind::LocalInfile`], further results of it are passed
/// over, and the connection goes on. After what the protocol does not allow ([`ErrorKind::Malformed`]) it
/// does not: every further call gives [`ErrorKind::Unusable`].
pub struct Connection {
    pub(super) stream: PacketStream<TlsStream<TcpStream>>,
    session: Session,
    pub(super) state: State,
    /// Where the values of the row at hand lie. Kept for its allocation.
    pub(super) fields: Vec<Field>,
    pub(super) stage: Stage,
    /// A statement that has been executed. The server is told with the next command.
    executed: Option<Statement>,
}

#[derive(Debug)]
pub(super) enum State {
    Idle,
    /// A reply that has not been read to its end.
    Replying(Reply),
    /// A command is being written, or an error left nobody knows what on the way.
    Unusable,
}

impl Connection {
    pub(crate) fn new(stream: TlsStream<TcpStream>, session: Session) -> Self {
        Self {
            stream: PacketStream::new(stream),
            session,
            state: State::Idle,
            fields: Vec::new(),
            stage: Stage::Statement,
            executed: None,
        }
    }

    /// What was agreed upon at login: the server's version, the connection's number for `KILL`, and more.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The TLS connection, for what it negotiated.
    #[must_use]
    pub fn tls(&self) -> &rustls::CommonState {
        self.stream.get_ref().state()
    }

    /// Executes a statement in the text protocol, in one round trip. The rows stream: memory does not
    /// grow with their number.
    ///
    /// # Errors
    ///
    /// The server's refusal with its code, or that the connection is lost.
    pub async fn query(&mut self, sql: &str) -> Result<Rows<'_>, Error> {
        self.command(&[&[COM_QUERY], sql.as_bytes()]).await?;
        self.state = State::Replying(Reply::new(Encoding::Text, self.deprecate_eof()));
        Rows::begin(self).await
    }

    /// Executes a statement with parameters, each for a question mark in it: prepared, executed once and
    /// closed. Values never become part of the statement's text.
    ///
    /// # Errors
    ///
    /// As [`Self::query`], and [`ErrorKind::ParameterCount`].
    pub async fn query_with(&mut self, sql: &str, params: &[Param]) -> Result<Rows<'_>, Error> {
        let statement = self.prepare(sql).await?;
        self.executed = Some(statement);
        if statement.parameters != params.len() {
            return Err(self.error(ErrorKind::ParameterCount {
                expected: statement.parameters,
                given: params.len(),
            }));
        }
        self.write_command(&[&execute_payload(statement, params)])
            .await?;
        self.state = State::Replying(Reply::new(Encoding::Binary, self.deprecate_eof()));
        Rows::begin(self).await
    }

    /// Executes a statement and reads its reply to the end, rows and all; gives the summary of the last
    /// result.
    ///
    /// # Errors
    ///
    /// As [`Self::query`].
    pub async fn execute_to_end(&mut self, sql: &str) -> Result<Summary, Error> {
        self.query(sql).await?.finish().await
    }

    /// A statement that prepares the session.
    pub(crate) async fn set_up(&mut self, sql: &str) -> Result<(), Error> {
        self.stage = Stage::Session;
        let done = self.execute_to_end(sql).await;
        self.stage = Stage::Statement;
        done.map(drop)
    }

    /// Asks the server for a sign of life.
    ///
    /// # Errors
    ///
    /// That the connection is lost.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.simple_command(COM_PING).await
    }

    /// Makes the session as new: variables, temporary tables, transaction. The user stays logged in. What
    /// [`crate::Bridge`] sets at its start has to be set again.
    ///
    /// # Errors
    ///
    /// The server's refusal, or that the connection is lost.
    pub async fn reset(&mut self) -> Result<(), Error> {
        self.simple_command(COM_RESET_CONNECTION).await
    }

    /// Says good-bye. A connection that is dropped is closed too, and the server notes an aborted one.
    ///
    /// # Errors
    ///
    /// That the connection was lost already.
    pub async fn close(mut self) -> Result<(), Error> {
        if matches!(self.state, State::Idle) {
            self.check_usable()?;
            // Left with TLS, whose own good-bye then goes out with it, in one write.
            let put = self.stream.get_mut().put(&[1, 0, 0, 0, COM_QUIT]);
            put.map_err(|error| Error::of_io(self.stage, error))?;
        }
        let closed = self.stream.shut_down().await;
        closed.map_err(|error| Error::of_io(self.stage, error))
    }

    async fn simple_command(&mut self, command: u8) -> Result<(), Error> {
        self.command(&[&[command]]).await?;
        self.state = State::Replying(Reply::new(Encoding::Text, self.deprecate_eof()));
        Rows::begin(self).await?.finish().await?;
        Ok(())
    }

    pub(super) fn deprecate_eof(&self) -> bool {
        let capabilities = CapabilityFlags::from_bits_truncate(self.session.capabilities);
        capabilities.contains(CapabilityFlags::CLIENT_DEPRECATE_EOF)
    }

    /// Writes a command, after what is left of the last reply has been read.
    pub(super) async fn command(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        if self.stage == Stage::Rows {
            self.stage = Stage::Statement;
        }
        while matches!(self.state, State::Replying(_)) {
            match self.next_event().await {
                Ok(_) => {}
                Err(error) if matches!(self.state, State::Unusable) => return Err(error),
                // An error of a reply that nobody wanted to read.
                Err(_) => {}
            }
        }
        if matches!(self.state, State::Idle)
            && let Some(statement) = self.executed.take()
        {
            // There is no reply to it.
            self.write_command(&[&close_payload(statement)]).await?;
        }
        self.write_command(parts).await
    }

    fn check_usable(&mut self) -> Result<(), Error> {
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

    async fn write_command(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        self.check_usable()?;
        self.state = State::Unusable;
        self.stream.begin_command();
        let written = self.stream.write(parts).await;
        written.map_err(|error| Error::of_io(self.stage, error))?;
        self.state = State::Idle;
        Ok(())
    }

    pub(super) async fn read(&mut self) -> Result<Range<usize>, Error> {
        match self.stream.read().await {
            Ok(range) => Ok(range),
            Err(error) => {
                self.state = State::Unusable;
                Err(Error::of_read(self.stage, error))
            }
        }
    }

    /// The next row, if it has come already: without a future, which for most rows is all there is to it.
    #[inline]
    pub(super) fn row_at_hand(&mut self) -> Option<Range<usize>> {
        let State::Replying(reply) = &mut self.state else {
            return None;
        };
        let range = self.stream.take_if(|first| reply.is_row(first))?;
        reply.count_row();
        Some(range)
    }

    /// The next thing that the reply tells. At its end the connection is idle again.
    pub(super) async fn next_event(&mut self) -> Result<(Event, Range<usize>), Error> {
        loop {
            if !matches!(self.state, State::Replying(_)) {
                return Err(self.error(ErrorKind::Unusable));
            }
            let range = self.read().await?;
            let State::Replying(reply) = &mut self.state else {
                return Err(self.error(ErrorKind::Unusable));
            };
            let event = match reply.receive(self.stream.payload(range.clone())) {
                Ok(event) => event,
                Err(malformed) => return Err(self.malformed(malformed)),
            };
            match &event {
                Event::Pending => continue,
                Event::Columns | Event::Row => {}
                Event::Done(summary) | Event::EndOfRows(summary) => {
                    if summary.more_results() {
                        reply.next_result();
                    } else {
                        self.state = State::Idle;
                    }
                }
                Event::LocalInfile => {
                    self.refuse_file().await?;
                    continue;
                }
                Event::FileRefused(summary) => {
                    if summary.more_results() {
                        reply.next_result();
                    } else {
                        self.state = State::Idle;
                    }
                    return Err(self.error(ErrorKind::LocalInfile));
                }
                Event::Error(error) => {
                    let kind = ErrorKind::Server(error.clone());
                    self.state = State::Idle;
                    return Err(self.error(kind));
                }
            }
            return Ok((event, range));
        }
    }

    pub(super) fn malformed(&mut self, malformed: Malformed) -> Error {
        self.state = State::Unusable;
        self.error(ErrorKind::Malformed(malformed))
    }

    /// Sends an empty packet: the file's end, before any of it.
    async fn refuse_file(&mut self) -> Result<(), Error> {
        // Until it is written: this may be given up half-way.
        let replying = std::mem::replace(&mut self.state, State::Unusable);
        let refused = self.stream.write(&[]).await;
        refused.map_err(|error| Error::of_io(self.stage, error))?;
        self.state = replying;
        Ok(())
    }

    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.stage, kind)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

//! A connection after login: one statement at a time.

mod cancel;
mod execute;
mod leftovers;
mod loan;
mod next_id;
mod result_lengths;
mod rows;
mod set_up;
mod statement_cache;

pub use cancel::CancelHandle;
pub(crate) use cancel::{Redial, Redialling};
pub(crate) use leftovers::Leftovers;
pub(crate) use result_lengths::ResultLengths;
pub use rows::Rows;
pub(crate) use set_up::SessionSettings;

use std::fmt;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Stage, is_of_read_only_server, of_long_command};
use crate::guest::Session;
use crate::protocol::command::{COM_PING, COM_QUIT};
use crate::protocol::malformed::Malformed;
use crate::protocol::ok_packet::Summary;
use crate::protocol::packet_limits::ReadLimits;
use crate::protocol::packet_stream::{Expected, PacketStream};
use crate::protocol::prepared::{Statement, close_payload};
use crate::protocol::reply::{Event, Reply};
use crate::protocol::row::Encoding;
use crate::protocol::text_or_binary::Protocol;
use crate::tls::TlsStream;
use mysql_common::constants::{CapabilityFlags, StatusFlags};
use next_id::NextId;
use result_lengths::{Fingerprint, Length};
use set_up::{SetUp, can_pipeline};
use statement_cache::StatementCache;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::consume_budget;

/// So many statements stay prepared: as other clients, and far from `max_prepared_stmt_count`, which is the
/// server's limit for all its connections.
const STATEMENTS: usize = 32;
/// Of a reply that nobody reads to its end: more than the few at its end is for a task of its own.
const PACKETS_AT_HAND: usize = 16;
/// From here on the binary protocol has won more than a round trip within a VPC and the preparing take: 0.4 µs a
/// row (`just bench-rows`).
const LONG_RESULT_ROWS: u64 = 1_000;

/// Longer than most statements, and as long as the smallest `max_allowed_packet` that is seen.
const LONG_COMMAND: usize = 1 << 20;

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
    stream: PacketStream<TlsStream<TcpStream>>,
    session: Session,
    state: State,
    status: StatusFlags,
    stage: Stage,
    protocol: Protocol,
    /// As the greeting says: a server that is another one refuses what it does not know.
    is_maria_db: bool,
    /// Whether the server takes several commands at once.
    can_pipeline: bool,
    /// Whether a statement can be executed in the flight that prepares it.
    executes_unseen: bool,
    /// By which MySQL can do the same.
    next_id: NextId,
    statements: StatementCache,
    /// Whether what was prepared last, if anything was, is a query without parameters.
    last_prepared_is_query: bool,
    /// Statements that nobody will execute again. The server is told with the next command.
    unused: Vec<Statement>,
    set_up: SetUp,
    /// What the statements since the last reset may have left in the session.
    leftovers: Leftovers,
    /// The server has refused to write, where writing is allowed.
    is_demoted: bool,
    /// Of the last command.
    command_length: usize,
    /// Shared by the connections of a bridge.
    lengths: Arc<ResultLengths>,
    /// The statement that is being executed, if it is to be known whether its result is long.
    watched: Option<Fingerprint>,
    cancel: CancelHandle,
}

#[derive(Debug)]
pub(crate) enum State {
    Idle,
    /// A reply that has not been read to its end.
    Replying(Reply),
    /// A command is being written, or an error left nobody knows what on the way.
    Unusable,
}

impl Connection {
    pub(crate) fn new(
        stream: TlsStream<TcpStream>,
        session: Session,
        lengths: Arc<ResultLengths>,
        cancel: CancelHandle,
    ) -> Self {
        let status = StatusFlags::from_bits_truncate(session.status_flags);
        let is_maria_db = session.server_version.contains("MariaDB");
        let can_pipeline = can_pipeline(&session.server_version);
        Self {
            stream: PacketStream::new(stream),
            session,
            state: State::Idle,
            status,
            stage: Stage::Statement,
            protocol: Protocol::default(),
            is_maria_db,
            can_pipeline,
            executes_unseen: is_maria_db,
            next_id: NextId::Unforeseeable,
            statements: StatementCache::new(STATEMENTS),
            last_prepared_is_query: true,
            unused: Vec::new(),
            set_up: SetUp::default(),
            leftovers: Leftovers::None,
            is_demoted: false,
            command_length: 0,
            lengths,
            watched: None,
            cancel,
        }
    }

    /// What cancels the statement that this connection is executing, while a future of this connection is being
    /// awaited elsewhere. Take it before. With the first statement after that the server is asked which session it is,
    /// in the same flight.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        self.set_up.want_identity();
        self.cancel.clone()
    }

    /// How statements without parameters are executed from now on. Default: as [`crate::BridgeBuilder`] was
    /// told.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// Its user gives it back to a pool. It becomes unusable if a `KILL QUERY` for it has no answer yet: the server may
    /// receive that later.
    pub(crate) fn end_loan(&mut self) {
        if !self.cancel.end_loan() {
            self.state = State::Unusable;
        }
    }

    /// What [`Self::set_protocol`] and [`Self::set_read_idle_timeout`] change.
    pub(crate) fn choices(&self) -> (Protocol, Option<Duration>) {
        (self.protocol, self.stream.idle_limit())
    }

    /// How long to wait, while a reply is read, for anything to come; without a limit for ever. Default: as
    /// [`crate::BridgeBuilder::read_idle_timeout`] was told.
    pub fn set_read_idle_timeout(&mut self, limit: Option<Duration>) {
        self.stream.set_idle_limit(limit);
    }

    pub(crate) fn set_limits(&mut self, limits: ReadLimits) {
        self.stream.set_limits(limits);
    }

    /// What was agreed upon at login: the server's version and more. It is from the server's greeting, before TLS:
    /// anyone on the way may have altered version and number. `KILL` no connection by this number; use
    /// [`Self::cancel_handle`].
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether a transaction is open, as the server said at the end of its last reply.
    #[must_use]
    pub fn is_in_transaction(&self) -> bool {
        self.status.contains(StatusFlags::SERVER_STATUS_IN_TRANS)
    }

    /// Whether it can be used: an error may have left nobody knows what on the way.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !matches!(self.state, State::Unusable) && !self.set_up.is_unfinished
    }

    /// Whether the server has ended the connection, as far as that has come through to here. It asks nobody:
    /// [`Self::ping`] does, and takes a round trip.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        matches!(self.state, State::Unusable)
            || matches!(self.state, State::Idle) && !self.awaits_set_up() && self.stream.has_ended()
    }

    /// Whether the server has refused a statement because it is read-only as a whole (1290, 1836) although this
    /// connection may write: it was a writer, and is a replica since a failover. The connection works, but one to the
    /// new writer is wanted.
    #[must_use]
    pub fn is_demoted(&self) -> bool {
        self.is_demoted
    }

    /// What its statements may have left in the session.
    pub(crate) fn leftovers(&self) -> Leftovers {
        self.leftovers
    }

    /// Whether [`Self::reset`] leaves nothing of what may be in the session.
    pub(crate) fn can_be_reset(&self) -> bool {
        match self.leftovers {
            Leftovers::None | Leftovers::Session => true,
            Leftovers::Database => self.set_up.settings.database.is_some(),
            Leftovers::Roles => false,
        }
    }

    /// Whether there is more of a reply to read.
    pub(crate) fn is_replying(&self) -> bool {
        matches!(self.state, State::Replying(_)) || self.awaits_set_up()
    }

    /// The TLS connection, for what it negotiated.
    #[must_use]
    pub fn tls(&self) -> &rustls::CommonState {
        self.stream.get_ref().state()
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

    /// Asks the server for a sign of life.
    ///
    /// # Errors
    ///
    /// That the connection is lost.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.simple_command(COM_PING).await
    }

    /// Says good-bye. A connection that is dropped is closed too, and the server notes an aborted one.
    ///
    /// # Errors
    ///
    /// That the connection was lost already.
    pub async fn close(mut self) -> Result<(), Error> {
        if matches!(self.state, State::Idle) && !self.awaits_set_up() {
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
        let summary = self.read_header().await?;
        Rows::new(self, summary).finish().await?;
        Ok(())
    }

    pub(crate) fn deprecate_eof(&self) -> bool {
        let capabilities = CapabilityFlags::from_bits_truncate(self.session.capabilities);
        capabilities.contains(CapabilityFlags::CLIENT_DEPRECATE_EOF)
    }

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

    async fn read(&mut self) -> Result<Range<usize>, Error> {
        let expected = match &self.state {
            State::Replying(reply) => reply.expected(),
            State::Idle | State::Unusable => Expected::Control,
        };
        match self.stream.read(expected).await {
            Ok(range) => Ok(range),
            Err(error) => {
                self.state = State::Unusable;
                Err(self.lost(Error::of_read(self.stage, error)))
            }
        }
    }

    /// Of a connection that was lost while a long command was written or answered, the length is the likely cause.
    fn lost(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Closed | ErrorKind::Io(_) if self.command_length > LONG_COMMAND => {
                error.with_causes(of_long_command())
            }
            _ => error,
        }
    }

    /// Where a server says why and hangs up, in place of its second reply, the reason is what counts.
    async fn read_of_reply(&mut self) -> Result<Range<usize>, Error> {
        let refusal = match &self.state {
            State::Replying(reply) => reply.refusal().cloned(),
            _ => None,
        };
        match (self.read().await, refusal) {
            (Err(_), Some(why)) => Err(self.error(ErrorKind::Server(why))),
            (read, _) => read,
        }
    }

    /// The next row, if it has come already: without a future, which for most rows is all there is to it.
    #[inline]
    pub(crate) fn row_at_hand(&mut self) -> Option<Range<usize>> {
        let State::Replying(reply) = &mut self.state else {
            return None;
        };
        let range = self.stream.take_if(|first| reply.is_row(first))?;
        reply.count_row();
        Some(range)
    }

    /// Reads what is left of a reply if it has come already, and is little: the end of a result of few rows.
    pub(crate) fn read_what_is_at_hand(&mut self) {
        // Without a runtime there are no timers, which an idle limit starts.
        if Handle::try_current().is_err() {
            return;
        }
        for _ in 0..PACKETS_AT_HAND {
            if !self.is_replying() {
                return;
            }
            // It may be given up at any point.
            let read = pin!(self.read_on());
            if !matches!(
                read.poll(&mut Context::from_waker(Waker::noop())),
                Poll::Ready(Ok(()))
            ) {
                return;
            }
        }
    }

    /// The next of what is to be read, whatever it is.
    async fn read_on(&mut self) -> Result<(), Error> {
        self.await_set_up().await?;
        match self.state {
            State::Replying(_) => self.next_event().await.map(drop),
            _ => Ok(()),
        }
    }

    /// Reads up to the first row, or to the end of a statement without a result, and gives what the server
    /// says at that end.
    pub(crate) async fn read_header(&mut self) -> Result<Option<Summary>, Error> {
        match self.next_event().await? {
            (Event::Done(summary), _) => Ok(Some(summary)),
            _ => Ok(None),
        }
    }

    /// The next thing that the reply tells. At its end the connection is idle again.
    pub(crate) async fn next_event(&mut self) -> Result<(Event, Range<usize>), Error> {
        loop {
            if !matches!(self.state, State::Replying(_)) {
                return Err(self.error(ErrorKind::Unusable));
            }
            // A server may send faster than this reads, for ever: timers and signals have their turn meanwhile.
            consume_budget().await;
            self.await_set_up().await?;
            let range = self.read_of_reply().await?;
            let State::Replying(reply) = &mut self.state else {
                return Err(self.error(ErrorKind::Unusable));
            };
            let event = match reply.receive(self.stream.payload(range.clone())) {
                Ok(event) => event,
                Err(malformed) => return Err(self.malformed(malformed)),
            };
            match &event {
                Event::Pending => continue,
                Event::Columns | Event::Row if reply.refusal().is_some() => continue,
                Event::Columns | Event::Row => {}
                Event::NotPrepared => {
                    self.stream.begin_next_reply();
                    continue;
                }
                Event::Prepared(statement) => {
                    // Until somebody takes it: who asked for it may have given up.
                    self.unused.push(*statement);
                    if reply.is_executed() {
                        self.stream.begin_next_reply();
                    } else {
                        self.state = State::Idle;
                    }
                }
                Event::Done(summary) | Event::EndOfRows(summary) => {
                    self.status = summary.status_flags();
                    if let Some(statement) = self.watched.take() {
                        let length = match reply.rows >= LONG_RESULT_ROWS {
                            true => Length::Long,
                            false => Length::Short,
                        };
                        self.lengths.set(statement, length);
                    }
                    let refusal = reply.refusal().cloned();
                    if summary.more_results() {
                        reply.next_result();
                    } else {
                        self.state = State::Idle;
                    }
                    match refusal {
                        Some(_) if summary.more_results() => continue,
                        Some(why) => return Err(self.error(ErrorKind::Server(why))),
                        None => {}
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
                    let may_write = self.set_up.settings.allow_writes;
                    self.is_demoted |= may_write && is_of_read_only_server(error);
                    let kind = ErrorKind::Server(error.clone());
                    self.state = State::Idle;
                    return Err(self.error(kind));
                }
            }
            return Ok((event, range));
        }
    }

    pub(crate) fn malformed(&mut self, malformed: Malformed) -> Error {
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

    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.stage, kind).told_by(&self.session.server_version)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

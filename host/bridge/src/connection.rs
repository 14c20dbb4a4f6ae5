//! A connection after login: one statement at a time.

mod cancel;
mod commands;
mod execute;
mod fetch;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod in_memory;
mod leftovers;
mod loan;
mod next_id;
#[cfg(test)]
mod properties;
mod replies;
mod result_lengths;
mod rows;
mod server_watch;
mod set_up;
mod several;
mod statement_cache;
mod statement_span;
mod transaction;

pub use cancel::CancelHandle;
pub(crate) use cancel::{Redial, Redialling};
pub(crate) use leftovers::Leftovers;
pub(crate) use result_lengths::ResultLengths;
pub use rows::Rows;
pub(crate) use server_watch::ServerWatch;
pub(crate) use set_up::{ROLE_QUERY, SessionSettings, role};
pub use transaction::{AccessMode, IsolationLevel, Transaction, TransactionOptions};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::component::Session;
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::packet_limits::ReadLimits;
use crate::protocol::packet_stream::PacketStream;
use crate::protocol::prepared::Statement;
use crate::protocol::reply::Reply;
use crate::protocol::row::Encoding;
use crate::protocol::text_or_binary::Protocol;
use crate::tls::TlsStream;
use mysql_common::constants::{CapabilityFlags, StatusFlags};
use next_id::NextId;
use rds_bridge_wire::command::{COM_PING, COM_QUIT};
use result_lengths::Fingerprint;
use set_up::{SetUp, can_pipeline};
use statement_cache::StatementCache;
use statement_span::StatementSpan;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use transaction::TransactionState;

/// Size of the statement cache. Other clients use the same, and it is far below `max_prepared_stmt_count`, the server's
/// limit for all of its connections.
const STATEMENTS: usize = 32;

/// An authenticated connection to a server. It executes one statement at a time.
///
/// The futures of its methods, and of [`Rows`], can be dropped at any point. The next call discards the rest of a reply
/// that was not read. If a future is dropped while it writes a command, the connection is unusable, and the next call
/// says so.
///
/// A server may ask for a file of this machine (`LOAD DATA LOCAL`). It is sent an empty file: the statement fails with
/// [`ErrorKind::LocalInfile`], and the connection stays usable. After a reply that the protocol does not allow
/// ([`ErrorKind::Malformed`]), the connection is unusable: every further call fails with [`ErrorKind::Unusable`].
///
/// `S` is the stream: TLS over TCP as [`Bridge::connect`](crate::Bridge::connect) makes it, or the caller's own
/// ([`Self::over`]).
pub struct Connection<S = TlsStream<TcpStream>> {
    stream: PacketStream<S>,
    session: Session,
    state: State,
    status: StatusFlags,
    stage: Stage,
    protocol: Protocol,
    /// As the greeting says: a server that is another one refuses what it does not know.
    is_maria_db: bool,
    /// Whether the server takes several commands at once.
    can_pipeline: bool,
    /// Whether `COM_STMT_EXECUTE` can follow `COM_STMT_PREPARE` in one flight.
    can_pipeline_execute: bool,
    /// With it, MySQL can do the same.
    next_id: NextId,
    statements: StatementCache,
    /// Whether what was prepared last, if anything was, is a query without parameters.
    last_prepared_is_query: bool,
    /// Statements evicted from the cache. `COM_STMT_CLOSE` for them goes out with the next command.
    unused: Vec<Statement>,
    set_up: SetUp,
    /// What the statements since the last reset may have left in the session.
    leftovers: Leftovers,
    transaction: TransactionState,
    /// The server has refused to write, where writing is allowed.
    is_demoted: bool,
    /// Of the last command.
    command_length: usize,
    /// Number of rows of the last result that was read to its end.
    last_result_rows: u64,
    /// Shared by the connections of a bridge.
    lengths: Arc<ResultLengths>,
    /// The statement that is being executed, if it is to be known whether its result is long.
    watched: Option<Fingerprint>,
    cancel: CancelHandle,
    watch: Option<Arc<dyn ServerWatch>>,
}

#[derive(Debug)]
pub(crate) enum State {
    Idle,
    /// A reply that has not been read to its end.
    Replying(Reply),
    /// A command is being written, or the position in the stream is unknown after an error.
    Unusable,
}

/// A stream that a connection can run on. Implemented for every suitable type.
pub trait Transport: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for S {}

impl<S: Transport> Connection<S> {
    /// A connection on a stream whose connection phase is over, by
    /// [`ClientHandshake`](crate::component::ClientHandshake) or by other means. `session` is the result of that phase.
    ///
    /// The session is used as it is: this function makes it neither read-only nor sets its character set or
    /// `autocommit`. Its [`CancelHandle`] cannot cancel ([`NotCancelled::UnknownSession`](crate::NotCancelled)).
    pub fn over(stream: S, session: Session) -> Self {
        Self::new(stream, session, Arc::default(), CancelHandle::default())
    }

    pub(crate) fn new(
        stream: S,
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
            can_pipeline_execute: is_maria_db,
            next_id: NextId::Unknown,
            statements: StatementCache::new(STATEMENTS),
            last_prepared_is_query: true,
            unused: Vec::new(),
            set_up: SetUp::default(),
            leftovers: Leftovers::None,
            transaction: TransactionState::None,
            is_demoted: false,
            command_length: 0,
            last_result_rows: 0,
            lengths,
            watched: None,
            cancel,
            watch: None,
        }
    }

    /// A handle that cancels the statement that this connection is executing. Take it before the statement: the first
    /// statement after this call also asks the server for its session id, in the same flight.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        self.set_up.want_identity();
        self.cancel.clone()
    }

    /// Sets how statements without parameters are executed. Default: [`crate::BridgeBuilder::protocol`].
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// Its user returns it to a pool. It becomes unusable if a `KILL QUERY` for it has no answer yet: the server may
    /// receive that later.
    pub(crate) fn end_loan(&mut self) {
        // No guard can exist any more, but one may have been leaked (`mem::forget`).
        self.transaction.guard_is_gone();
        if !self.cancel.end_loan() {
            self.state = State::Unusable;
        }
    }

    /// What [`Self::set_protocol`] and [`Self::set_read_idle_timeout`] change.
    pub(crate) fn choices(&self) -> (Protocol, Option<Duration>) {
        (self.protocol, self.stream.idle_limit())
    }

    /// Sets how long a read may wait for the next bytes of a reply; `None` waits without limit. Default:
    /// [`crate::BridgeBuilder::read_idle_timeout`].
    pub fn set_read_idle_timeout(&mut self, limit: Option<Duration>) {
        self.stream.set_idle_limit(limit);
    }

    /// Reports to `watch` what this connection learns of its server.
    pub(crate) fn set_watch(&mut self, watch: Arc<dyn ServerWatch>) {
        self.watch = Some(watch);
    }

    pub(crate) fn set_limits(&mut self, limits: ReadLimits) {
        self.stream.set_limits(limits);
    }

    /// The result of the connection phase: the server's version, the capabilities and more. The version and the
    /// connection id come from the server's first packet, before TLS: anyone on the path may have altered them. Do not
    /// `KILL` by this id; use [`Self::cancel_handle`].
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether a backslash escapes in a string: the SQL mode is without `NO_BACKSLASH_ESCAPES`, according to the server's
    /// last reply.
    #[must_use]
    pub fn has_backslash_escapes(&self) -> bool {
        let none = StatusFlags::SERVER_STATUS_NO_BACKSLASH_ESCAPES;
        !self.status.contains(none)
    }

    /// Whether a transaction is open, according to the server's last reply.
    #[must_use]
    pub fn is_in_transaction(&self) -> bool {
        self.status.contains(StatusFlags::SERVER_STATUS_IN_TRANS)
    }

    /// Whether the connection can be used. After some errors the position in the stream is unknown, and it cannot be.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !matches!(self.state, State::Unusable) && !self.set_up.is_unfinished
    }

    /// Whether the server has closed the connection, as far as this machine knows. It sends nothing; [`Self::ping`]
    /// asks the server, and takes a round trip.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        matches!(self.state, State::Unusable)
            || matches!(self.state, State::Idle) && !self.awaits_set_up() && self.stream.has_ended()
    }

    /// Whether the server has refused a statement because the whole server is read-only (1290, 1836), although this
    /// connection may write: the server was the writer, and is a replica since a failover. The application needs a
    /// connection to the new writer. Also `true` if the server does not have the
    /// role that [`BridgeBuilder::role`](crate::BridgeBuilder::role) asks for.
    #[must_use]
    pub fn is_demoted(&self) -> bool {
        self.is_demoted
    }

    /// Whether the session was made for writing ([`BridgeBuilder::allow_writes`](crate::BridgeBuilder::allow_writes)).
    /// A statement may have changed that.
    #[must_use]
    pub fn allows_writes(&self) -> bool {
        self.set_up.settings.allow_writes
    }

    /// What its statements may have left in the session.
    pub(crate) fn leftovers(&self) -> Leftovers {
        self.leftovers
    }

    /// Forgets what statements since then may have left: they are known to leave nothing.
    pub(crate) fn restore_leftovers(&mut self, before: Leftovers) {
        self.leftovers = before;
    }

    /// Whether [`Self::reset`] leaves nothing of what may be in the session.
    pub(crate) fn can_be_reset(&self) -> bool {
        match self.leftovers {
            Leftovers::None | Leftovers::Session => true,
            Leftovers::Database => self.set_up.settings.database.is_some(),
            Leftovers::Roles => false,
        }
    }

    /// Whether a part of a reply is still to be read.
    #[must_use]
    pub fn is_replying(&self) -> bool {
        matches!(self.state, State::Replying(_)) || self.awaits_set_up()
    }

    /// Sends `COM_PING`, and waits for the server's reply.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.roll_back_dropped().await?;
        self.ping_server().await
    }

    async fn ping_server(&mut self) -> Result<(), Error> {
        self.simple_command(COM_PING).await
    }

    /// Sends `COM_QUIT` and closes the connection. A connection that is dropped is closed too, but the server counts it
    /// as aborted.
    ///
    /// # Errors
    ///
    /// The connection was lost already.
    pub async fn close(mut self) -> Result<(), Error> {
        if matches!(self.state, State::Idle) && !self.awaits_set_up() {
            self.check_usable()?;
            // Left with TLS, whose own good-bye then goes out with it, in one write.
            let put = self.stream.get_mut().write_all(&[1, 0, 0, 0, COM_QUIT]);
            put.await.map_err(|error| Error::of_io(self.stage, error))?;
        }
        let closed = self.stream.shut_down().await;
        closed.map_err(|error| Error::of_io(self.stage, error))
    }

    async fn simple_command(&mut self, command: u8) -> Result<(), Error> {
        self.command(&[&[command]]).await?;
        self.state = State::Replying(Reply::new(Encoding::Text, self.deprecate_eof()));
        let summary = self.read_header().await?;
        Rows::new(self, summary, StatementSpan::none())
            .finish()
            .await?;
        Ok(())
    }

    pub(crate) fn deprecate_eof(&self) -> bool {
        let capabilities = CapabilityFlags::from_bits_truncate(self.session.capabilities);
        capabilities.contains(CapabilityFlags::CLIENT_DEPRECATE_EOF)
    }

    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.stage, kind).told_by(&self.session.server_version)
    }
}

impl<S: Transport> Connection<TlsStream<S>> {
    /// The TLS connection's negotiated parameters and peer certificates.
    #[must_use]
    pub fn tls(&self) -> &rustls::CommonState {
        self.stream.get_ref().state()
    }
}

impl<S> fmt::Debug for Connection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

//! The set-up of a session: commands that are sent with its first statement, if the server accepts several at once.
//!
//! | command | why |
//! |---|---|
//! | `SET NAMES utf8mb4, autocommit=1` | The collation of the login packet is one that every server knows, and not the server's default for `utf8mb4`. `init_connect` or `skip-character-set-client-handshake` may have set another character set. With `autocommit=0`, an INSERT would be lost silently. |
//! | `SET SESSION TRANSACTION READ ONLY` | Sessions are read-only unless [`crate::BridgeBuilder::allow_writes`] is set. |
//! | `SELECT @@global.read_only, …` | Whether the server is the writer or a reader, if [`crate::BridgeBuilder::role`] asks for one of them. |
//! | `SELECT CURRENT_ROLE()` | The roles of the login, which must be active again after a reset. Only the sessions of a pool have it. |
//! | `SELECT CONNECTION_ID(), …` | Identifies the server and the session for a [`crate::CancelHandle`]. It is sent with the first statement after the handle was taken. The connection id in the greeting was sent before TLS, so it is not authenticated. |

mod answers;
mod roles;
mod versions;

pub(crate) use answers::{ROLE_QUERY, role};

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cancel::ServerSession;
use super::commands::Outgoing;
use super::execute::FLIGHT_LENGTH;
use super::leftovers::Leftovers;
use super::{Connection, State, Transport};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::malformed::Malformed;
use crate::protocol::packet_stream::Expected;
use crate::protocol::reply::{Event, Reply};
use crate::protocol::row::Encoding;
use crate::protocol::text_or_binary::{begins_transaction, only_reads};
use crate::role::Role;
use rds_bridge_wire::command::{COM_INIT_DB, COM_QUERY, COM_RESET_CONNECTION, COM_SET_OPTION};
pub(super) use versions::can_pipeline;

/// The settings of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionSettings {
    /// The collation, an identifier. `None`: the server's default for `utf8mb4`.
    pub(crate) collation: Option<String>,
    /// The default database, which a reset restores.
    pub(crate) database: Option<String>,
    pub(crate) allow_writes: bool,
    /// The server is an RDS Proxy. Commands are sent one by one, and the session is not identified, since the next
    /// statement may run in another one.
    pub(crate) is_rds_proxy: bool,
    /// The server is known not to be behind a proxy. ProxySQL closes a connection on which a command arrives before it
    /// has answered the previous one.
    pub(crate) is_direct: bool,
    /// The role that the server must have.
    pub(crate) role: Role,
}

/// The state of a session's set-up.
#[derive(Debug, Default)]
pub(super) struct SetUp {
    pub(super) settings: SessionSettings,
    /// Commands that are buffered, to be sent with the next command.
    held: VecDeque<Step>,
    /// Commands that were sent, and whose replies come before any other.
    awaited: VecDeque<Step>,
    /// The reply to the first of `awaited`, if a part of it was read.
    reply: Option<Reply>,
    /// Whether a [`CancelHandle`](super::CancelHandle) exists.
    wants_identity: AtomicBool,
    has_asked_identity: bool,
    /// A reset that sends its commands one by one was not finished: the session may lack its settings.
    pub(super) is_unfinished: bool,
    /// The row with the roles of the login, and whether they are compared after a reset.
    roles: Option<Vec<u8>>,
    watches_roles: bool,
    /// Whether the server accepts several statements in one `COM_QUERY`. The next command ends that.
    pub(super) accepts_several: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Reset,
    Database,
    Names,
    ReadOnly,
    /// The server's role, which must be the one of [`SessionSettings::role`].
    Role,
    Identify,
    /// The active roles of the user, which `COM_RESET_CONNECTION` keeps.
    ActiveRoles,
    /// `START TRANSACTION` before [`Self::RollBack`], which consumes an isolation level that was set for the next
    /// transaction only.
    Begin,
    /// `ROLLBACK`, after a transaction guard was dropped.
    RollBack,
    /// `MYSQL_OPTION_MULTI_STATEMENTS_ON`
    SeveralOn,
    /// `MYSQL_OPTION_MULTI_STATEMENTS_OFF`
    SeveralOff,
}

impl SetUp {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    pub(super) fn want_identity(&self) {
        self.wants_identity.store(true, Ordering::Relaxed);
    }

    /// Whether `ROLLBACK` precedes the next command.
    pub(super) fn rolls_back_next(&self) -> bool {
        self.held.contains(&Step::RollBack)
    }

    /// Notes that the buffered commands were sent.
    pub(super) fn wrote(&mut self) {
        self.awaited.append(&mut self.held);
    }

    fn payload(&self, step: Step, is_maria_db: bool) -> Vec<u8> {
        let query = |sql: &str| [&[COM_QUERY], sql.as_bytes()].concat();
        match step {
            Step::Reset => vec![COM_RESET_CONNECTION],
            Step::Database => {
                let database = self.settings.database.as_deref().unwrap_or_default();
                [&[COM_INIT_DB], database.as_bytes()].concat()
            }
            Step::Names => match &self.settings.collation {
                Some(collation) => query(&format!(
                    "SET NAMES utf8mb4 COLLATE {collation}, autocommit=1"
                )),
                None => query("SET NAMES utf8mb4, autocommit=1"),
            },
            Step::ReadOnly => query("SET SESSION TRANSACTION READ ONLY"),
            Step::Role => query(ROLE_QUERY),
            Step::ActiveRoles => query("SELECT CURRENT_ROLE()"),
            Step::Begin => query("START TRANSACTION"),
            Step::RollBack => query("ROLLBACK AND NO CHAIN NO RELEASE"),
            // MariaDB has no server_uuid.
            Step::Identify if is_maria_db => {
                query("SELECT CONNECTION_ID(), CONCAT_WS(' ', @@hostname, @@port, @@server_id)")
            }
            Step::Identify => query("SELECT CONNECTION_ID(), @@server_uuid"),
            Step::SeveralOn => vec![COM_SET_OPTION, 0, 0],
            Step::SeveralOff => vec![COM_SET_OPTION, 1, 0],
        }
    }

    /// Whether a statement can be sent in one flight with the buffered commands. The server executes it even if it
    /// refuses one of these, or has the wrong role. Therefore the statement must only read or begin a transaction; or any
    /// statement will do, if writes are allowed and there is neither a role nor a collation, since every server accepts
    /// the remaining commands.
    fn can_go_out_with(&self, sql: &str) -> bool {
        let is_identity_alone = self.held.front() == Some(&Step::Identify);
        sql.len() <= FLIGHT_LENGTH
            && (is_identity_alone
                || only_reads(sql)
                || begins_transaction(sql)
                || self.settings.allow_writes
                    && self.settings.collation.is_none()
                    && !self.settings.checks_role())
    }
}

impl<S: Transport> Connection<S> {
    /// Sets up the session. If commands can be pipelined, they are sent in one flight with the first statement, which
    /// then returns their error. Otherwise they are sent now, in a round trip each.
    pub(crate) async fn set_up(&mut self, settings: SessionSettings) -> Result<(), Error> {
        let is_rds_proxy = settings.is_rds_proxy;
        self.can_pipeline &= settings.is_direct || self.is_maria_db && !is_rds_proxy;
        self.set_up = SetUp::new(settings);
        let steps = self.settings_steps();
        if self.can_pipeline {
            self.hold_steps(steps);
            return Ok(());
        }
        self.one_by_one(steps).await
    }

    /// Queries the session's identity, once and only if a cancel handle needs it: with the next command if that
    /// `is_short`, otherwise in a round trip. Never through an RDS Proxy.
    pub(super) async fn ask_identity(&mut self, is_short: bool) -> Result<(), Error> {
        let set_up = &mut self.set_up;
        let is_wanted = *set_up.wants_identity.get_mut() && !set_up.settings.is_rds_proxy;
        if !is_wanted || set_up.has_asked_identity {
            return Ok(());
        }
        // Before a command is buffered, since that resets the sequence id.
        self.drain_reply().await?;
        self.check_usable()?;
        self.set_up.has_asked_identity = true;
        let step = VecDeque::from([Step::Identify]);
        if self.can_pipeline && is_short {
            self.hold_steps(step);
            return Ok(());
        }
        self.one_by_one(step).await
    }

    /// Resets the session (`COM_RESET_CONNECTION`). It then has no user variables, temporary tables, locks, open
    /// transaction or prepared statements, and has the settings and the default database of the
    /// [`Bridge`](crate::Bridge). The user stays logged in. If the bridge has no database, the default database is not
    /// changed.
    ///
    /// A reset takes one round trip. Through an RDS Proxy and to MySQL 5.7 it takes one for each of up to four
    /// commands.
    ///
    /// # Errors
    ///
    /// The server refuses a command, after which the connection is unusable; or the connection is lost.
    pub async fn reset(&mut self) -> Result<(), Error> {
        // First, so that a future that is dropped leaves no statement either.
        drop(self.statements.drain());
        self.unused.clear();
        self.last_prepared_is_query = true;
        self.drain_reply().await?;
        self.check_usable()?;
        if self.set_up.held.contains(&Step::Names) {
            // The set-up was not sent yet, so no statement was executed.
            return Ok(());
        }
        let mut steps = self.settings_steps();
        if self.set_up.settings.database.is_some() {
            steps.push_front(Step::Database);
        }
        steps.push_front(Step::Reset);
        if self.set_up.watches_roles {
            steps.push_back(Step::ActiveRoles);
        }
        if self.can_pipeline {
            self.hold_steps(steps);
            self.write_held_steps().await?;
            self.await_set_up().await?;
        } else {
            // If this future is dropped, the session lacks some of its settings.
            self.set_up.is_unfinished = true;
            self.one_by_one(steps).await?;
            self.set_up.is_unfinished = false;
        }
        self.leftovers = Leftovers::None;
        Ok(())
    }

    fn settings_steps(&self) -> VecDeque<Step> {
        let mut steps = VecDeque::from([Step::Names]);
        if !self.set_up.settings.allow_writes {
            steps.push_back(Step::ReadOnly);
        }
        if self.set_up.settings.checks_role() {
            steps.push_back(Step::Role);
        }
        steps
    }

    pub(super) fn hold_steps(&mut self, steps: VecDeque<Step>) {
        for step in &steps {
            let payload = self.set_up.payload(*step, self.is_maria_db);
            self.stream.hold_command(&[&payload]);
        }
        self.set_up.held.extend(steps);
    }

    /// Sends `ROLLBACK`, and before it `START TRANSACTION` if `begins`: with the next command if commands can be
    /// pipelined, otherwise now.
    pub(super) async fn roll_back_with_next(&mut self, begins: bool) -> Result<(), Error> {
        let mut steps = VecDeque::from([Step::RollBack]);
        if begins {
            steps.push_front(Step::Begin);
        }
        if self.can_pipeline {
            self.hold_steps(steps);
            return Ok(());
        }
        self.one_by_one(steps).await
    }

    pub(super) async fn one_by_one(&mut self, steps: VecDeque<Step>) -> Result<(), Error> {
        for step in steps {
            self.hold_steps(VecDeque::from([step]));
            self.write_held_steps().await?;
            self.await_set_up().await?;
        }
        Ok(())
    }

    async fn write_held_steps(&mut self) -> Result<(), Error> {
        let written = self.write_or_poison(Outgoing::Held).await;
        let written = written.map_err(|error| Error::of_io(Stage::Session, error));
        written.inspect_err(|error| self.report(error))?;
        self.set_up.wrote();
        Ok(())
    }

    /// Leaves the buffered commands to be sent with `sql`, if [`SetUp::can_go_out_with`] allows that. Otherwise sends
    /// them and awaits their replies.
    pub(super) async fn set_up_before(&mut self, sql: &str) -> Result<(), Error> {
        self.ask_identity(true).await?;
        if self.set_up.can_go_out_with(sql) {
            return Ok(());
        }
        self.set_up_now().await
    }

    /// As [`Self::set_up_before`], before a statement is prepared. Preparing changes nothing, so `COM_STMT_PREPARE` can
    /// be sent with the buffered commands, unless it is long.
    pub(super) async fn set_up_before_preparing(&mut self, sql: &str) -> Result<(), Error> {
        // A statement that is prepared already is executed next, with parameters that may be long.
        let is_prepared = self.statements.parameters(sql).is_some();
        self.ask_identity(!is_prepared).await?;
        if sql.len() <= FLIGHT_LENGTH {
            return Ok(());
        }
        self.set_up_now().await
    }

    pub(crate) async fn set_up_now(&mut self) -> Result<(), Error> {
        if !self.set_up.held.is_empty() {
            self.check_usable()?;
            self.write_held_steps().await?;
        }
        self.await_set_up().await
    }

    /// Queries the identity of the server and the session; `None` if the server does not return it.
    pub(crate) async fn server_session(&mut self) -> Result<Option<ServerSession>, Error> {
        self.set_up.want_identity();
        self.ask_identity(true).await?;
        self.set_up_now().await?;
        Ok(self.cancel.session().cloned())
    }

    /// Whether replies to commands of the set-up are still to be read.
    pub(super) fn awaits_set_up(&self) -> bool {
        !self.set_up.awaited.is_empty() && !matches!(self.state, State::Unusable)
    }

    /// Reads the replies to the set-up, if they come next. After a refusal, replies may follow that no caller would
    /// read, so the connection is unusable.
    pub(super) async fn await_set_up(&mut self) -> Result<(), Error> {
        while self.awaits_set_up() {
            match self.read_set_up().await {
                Ok(false) => {}
                Ok(true) => {
                    self.set_up.awaited.pop_front();
                    self.stream.begin_next_reply();
                }
                Err(error) => return Err(self.poison(error)),
            }
        }
        Ok(())
    }

    /// Reads one packet of the first reply that is awaited. Returns whether it was the reply's last.
    async fn read_set_up(&mut self) -> Result<bool, Error> {
        let error = |kind| Error::new(Stage::Session, kind);
        let read = self.stream.read(Expected::Control).await;
        let range = read.map_err(|error| Error::of_read(Stage::Session, error))?;
        let step = self.set_up.awaited.front().copied();
        let is_identity = step == Some(Step::Identify);
        let is_roles = step == Some(Step::ActiveRoles);
        let has_rows = is_identity || is_roles || step == Some(Step::Role);
        let deprecate_eof = self.deprecate_eof();
        let reply = self.set_up.reply.take();
        let mut reply = reply.unwrap_or_else(|| match step {
            Some(Step::SeveralOn | Step::SeveralOff) => Reply::end_alone(deprecate_eof),
            _ => Reply::new(Encoding::Text, deprecate_eof),
        });
        let payload = self.stream.payload(range);
        let event = reply.receive(payload);
        match event.map_err(|malformed| error(ErrorKind::Malformed(malformed)))? {
            Event::Done(summary) | Event::EndOfRows(summary) if !summary.more_results() => {
                self.status = summary.status_flags();
                Ok(true)
            }
            Event::Row if has_rows => {
                let row = payload.to_vec();
                self.set_up.reply = Some(reply);
                self.receive_answer(step, &row)?;
                Ok(false)
            }
            Event::Pending | Event::Columns if has_rows => {
                self.set_up.reply = Some(reply);
                Ok(false)
            }
            // A server other than MySQL and MariaDB may refuse the query. Its statements then cannot be cancelled.
            Event::Error(_) if is_identity => Ok(true),
            // A server without roles.
            Event::Error(_) if is_roles => {
                self.set_up.watches_roles = false;
                Ok(true)
            }
            Event::Error(refusal) => Err(error(ErrorKind::Server(refusal))),
            _ => Err(error(ErrorKind::Malformed(Malformed::Unasked))),
        }
    }
}

#[cfg(test)]
mod tests;

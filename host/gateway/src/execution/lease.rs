//! A connection for one request.

mod marked;
mod reading;
mod state;
mod timed;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use rds_bridge::mysql::{CancelHandle, Param, Protocol, first_keyword};
use rds_bridge::pool::{Pool, PooledConnection};
use tokio::runtime::Handle;
use tracing::{info, warn};

use super::deadline::Deadline;
use super::leases::OpenLease;
use super::leaves_nothing::leaves_nothing;
use super::sessions::Place;
use super::time_limit::Guard;
use super::{
    Allowance, Failure, Leases, Limits, Outcome, RowCount, Settings, TextResult, TypedResult,
};
use crate::access::Grant;
use crate::caller::UsagePlace;
use crate::metrics::Counters;

/// A connection for one request, from a pool or of a session.
///
/// When it is dropped, the connection returns to where it came from: to its session, or to the pool. The pool resets the
/// session if a statement may have left something in it, or if the pool has several callers. If a statement was being
/// executed, because the request was given up, the statement is killed and a session ends: what the statement has done
/// is not known to its client.
pub(crate) struct Lease {
    /// Taken when it is dropped, or becomes a session's.
    connection: Option<Box<PooledConnection>>,
    /// Of the session that it belongs to.
    place: Option<Place>,
    /// Among the requests that its caller may have at the same time; kept, and not read.
    _request: Option<UsagePlace>,
    /// Among the sessions that its caller may have, if it may become a session's.
    session: Option<UsagePlace>,
    cancel: CancelHandle,
    /// Whether a statement has begun whose result was not read to its end.
    is_executing: bool,
    holds_state: bool,
    /// Those that the connection has, and that another could be given.
    settings: Settings,
    limits: Limits,
    /// The rows that its request has read.
    rows: RowCount,
    grant: Arc<Grant>,
    time: Guard,
    /// Whether no `KILL QUERY` follows, although the time is over.
    is_settled: bool,
    leases: Arc<Leases>,
    _open: OpenLease,
}

impl Lease {
    /// Borrows a connection of a pool.
    pub(crate) async fn of_pool(
        pool: &Pool,
        caller: &Arc<str>,
        grant: &Arc<Grant>,
        limits: &Limits,
        leases: &Arc<Leases>,
        request: Option<UsagePlace>,
    ) -> Result<Self, Failure> {
        let mut connection = match Deadline::current() {
            Some(deadline) => pool.get_within(deadline.left()).await?,
            None => pool.get().await?,
        };
        // What another caller has left in the session never reaches this one.
        connection.lend_to(caller).await?;
        let connection = Box::new(connection);
        let grant = Arc::clone(grant);
        let mut lease = Self::new(connection, None, grant, limits, leases);
        lease._request = request;
        lease.begin_time();
        Ok(lease)
    }

    /// Of a connection that belongs to a session. [`Self::begin_time`] follows.
    pub(super) fn of_session(
        connection: Box<PooledConnection>,
        place: Place,
        grant: Arc<Grant>,
        limits: &Limits,
        leases: &Arc<Leases>,
    ) -> Self {
        Self::new(connection, Some(place), grant, limits, leases)
    }

    fn new(
        connection: Box<PooledConnection>,
        place: Option<Place>,
        grant: Arc<Grant>,
        limits: &Limits,
        leases: &Arc<Leases>,
    ) -> Self {
        Self {
            time: Guard::default(),
            is_settled: false,
            cancel: connection.cancel_handle(),
            connection: Some(connection),
            holds_state: false,
            settings: Settings::default(),
            place,
            _request: None,
            session: None,
            is_executing: false,
            limits: *limits,
            rows: RowCount::current(),
            grant,
            leases: Arc::clone(leases),
            _open: leases.begin(),
        }
    }

    /// Executes one statement without parameters, and returns its first result in the bytes of the text protocol. The
    /// server refuses a text of several statements.
    pub(crate) async fn execute_text(&mut self, sql: &str) -> Result<TextResult, Failure> {
        let time = self.time.limit().clone();
        if commits(sql) {
            time.stop()?;
        }
        let allowance = self.limits.held().counted(&self.rows);
        let connection = self.connection_for(sql)?;
        connection.set_protocol(Protocol::Text);
        let reply = {
            let reading = pin!(TextResult::read(connection, sql, allowance));
            time.wait(reading).await
        };
        self.finish(reply.flatten(), sql, |it| !it.columns.is_empty())
            .await
    }

    /// Executes one statement with a parameter for each question mark, in the binary protocol, and returns its first
    /// result with typed values. A statement that cannot be prepared, such as `BEGIN` on MariaDB, fails with the
    /// server's error 1295; [`Self::execute_text`] executes it.
    pub(crate) async fn execute_prepared(
        &mut self,
        sql: &str,
        params: &[Param],
    ) -> Result<TypedResult, Failure> {
        let allowance = self.limits.held().counted(&self.rows);
        let time = self.time.limit().clone();
        let connection = self.connection_for(sql)?;
        let reply = {
            let reading = pin!(TypedResult::read(connection, sql, params, allowance));
            time.wait(reading).await
        };
        self.finish(reply.flatten(), sql, |it| !it.columns.is_empty())
            .await
    }

    /// Executes one statement that cannot be prepared, in the text protocol, and returns its first result with typed
    /// values.
    pub(crate) async fn execute_unprepared(&mut self, sql: &str) -> Result<TypedResult, Failure> {
        let allowance = self.limits.held().counted(&self.rows);
        let time = self.time.limit().clone();
        let connection = self.connection_for(sql)?;
        connection.set_protocol(Protocol::Text);
        let reply = {
            let reading = pin!(TypedResult::read_unprepared(connection, sql, allowance));
            time.wait(reading).await
        };
        self.finish(reply.flatten(), sql, |it| !it.columns.is_empty())
            .await
    }

    /// The connection to execute a statement with, if it reads the statement as the grant did.
    fn connection_for(&mut self, sql: &str) -> Result<&mut PooledConnection, Failure> {
        let connection = self.connection.as_mut().ok_or(Failure::SessionLost)?;
        if !connection.has_backslash_escapes() {
            self.grant.allows_without_escapes(sql)?;
        }
        if !leaves_nothing(sql) {
            connection.reset_when_dropped();
        }
        self.is_executing = true;
        Ok(connection)
    }

    /// Whether a transaction is open, according to the server's last reply.
    pub(crate) fn is_in_transaction(&self) -> bool {
        let connection = self.connection.as_ref();
        connection.is_some_and(|it| it.is_in_transaction())
    }

    /// Whether a session can go on with the connection.
    pub(crate) fn is_usable(&self) -> bool {
        let connection = self.connection.as_ref();
        connection.is_some_and(|it| it.is_usable()) && !self.is_executing
    }

    /// Counts among the requests of its caller, until it is dropped.
    pub(crate) fn set_request(&mut self, place: Option<UsagePlace>) {
        self._request = place;
    }

    /// What its caller may do with it.
    pub(crate) fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }

    /// What a result may have that is written to memory row by row.
    pub(crate) fn whole(&self) -> Allowance {
        self.limits.whole().counted(&self.rows)
    }

    /// What a result that is streamed may have.
    pub(crate) fn streamed(&self) -> Allowance {
        self.limits.streamed().counted(&self.rows)
    }

    /// The limits on what its statements return.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The session that it belongs to.
    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Whether it belongs to a session, or may become one's.
    pub(crate) fn may_become_session(&self) -> bool {
        self.place.is_some() || self.session.is_some()
    }

    /// Lets it become a session's.
    pub(crate) fn set_session(&mut self, place: UsagePlace) {
        self.session = Some(place);
    }

    /// Takes what lets it become a session's.
    pub(super) fn take_session(&mut self) -> Option<UsagePlace> {
        self.session.take()
    }

    /// Ends its session, if it has one. The pool resets the connection.
    pub(crate) fn end_session(&mut self) {
        if let Some(place) = self.place.take() {
            place.end();
        }
    }
}

/// A result that is too large, or has too many rows, was not read to its end, and a killed statement may not have ended.
/// All other failures are the end of the reply.
fn is_still_executing<T>(result: &Result<T, Failure>) -> bool {
    matches!(
        result,
        Err(Failure::ResultTooLarge { .. }
            | Failure::TooManyRows { .. }
            | Failure::StatementTimeout {
                outcome: Outcome::Unknown,
                ..
            })
    )
}

/// Whether the statement may commit, so that killing it leaves its outcome unknown.
fn commits(sql: &str) -> bool {
    first_keyword(sql).is_some_and(|it| it.eq_ignore_ascii_case("COMMIT"))
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if !self.is_executing {
            if let Some(place) = self.place.take() {
                self.give_back(connection, place);
            }
            return;
        }
        connection.reset_when_dropped();
        self.end_session();
        // Without a runtime the process ends, and the connection with it.
        if let Ok(runtime) = Handle::try_current() {
            let (cancel, leases) = (self.cancel.clone(), Arc::clone(&self.leases));
            runtime.spawn(kill(connection, cancel, self.leases.begin(), leases));
        }
    }
}

/// Kills the statement that the connection is executing, and returns the connection to its pool. The pool resets its
/// session, or closes it if the statement does not end.
async fn kill(
    mut connection: Box<PooledConnection>,
    cancel: CancelHandle,
    open: OpenLease,
    leases: Arc<Leases>,
) {
    Counters::add(&leases.counters.killed);
    match cancel.cancel_on(&mut connection).await {
        Ok(()) => info!("killed a statement whose request ended before its result was read"),
        Err(error) => warn!(
            %error,
            "a statement whose request ended before its result was read may still be running"
        ),
    }
    drop((connection, open));
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

//! A connection that a guest has borrowed, and what of it is open.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rds_bridge::mysql::{CancelHandle, Protocol};
use rds_bridge::pool::PooledConnection;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::bindings::rds::mysql::types::{Error as GuestError, Lost, Stage};
use crate::failure;
use crate::granted::{Granted, Place};
use crate::tenant::Tenant;

/// A connection that a guest has borrowed. The handles that need it share it: they are dropped in any order, and the
/// last one returns the connection to its pool.
pub(crate) struct Session {
    pub(crate) grant: Arc<Granted>,
    pub(crate) tenant: Tenant,
    lent: Mutex<Lent>,
    /// Whether a transaction was dropped while a call was executed: the next call rolls it back.
    rolls_back: AtomicBool,
}

/// The connection, and what of it is open.
pub(crate) struct Lent {
    /// `None` after it was lost.
    connection: Option<PooledConnection>,
    cancel: CancelHandle,
    /// Where statements are ended that were given up; a store may be dropped elsewhere.
    runtime: Option<Handle>,
    /// The number of the statement whose rows are open.
    pub(crate) rows: Option<u64>,
    /// Whether a call of the guest has used the connection, so that an unread reply is that of a statement.
    is_used: bool,
    /// Whether a handle of a transaction is open.
    pub(crate) in_transaction: bool,
    statements: u64,
    place: Place,
}

impl Session {
    /// Borrows a connection.
    pub(crate) async fn open(tenant: &Tenant, grant: &Arc<Granted>) -> Result<Self, GuestError> {
        let place = grant.session()?;
        let got = match grant.time {
            Some(limit) => grant.pool.get_within(limit).await,
            None => grant.pool.get().await,
        };
        let got = got.map_err(|error| failure::of_pool(tenant, &grant.database, error));
        let mut connection = got?;
        // The statements are the guest's, and may leave anything.
        connection.reset_when_dropped();
        // In the text protocol a server rounds a FLOAT to six digits.
        connection.set_protocol(Protocol::Binary);
        if connection.allows_writes() && !grant.access.allows_writes() {
            // On the heap, because it is rare, and the future of every opening would have room for it.
            let set = Box::pin(connection.execute("SET SESSION TRANSACTION READ ONLY", ()));
            let set = match grant.time {
                Some(limit) => timeout(limit, set).await.ok(),
                None => Some(set.await),
            };
            match set {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    return Err(failure::of_set_up(tenant, &grant.database, &error));
                }
                None => return Err(GuestError::Unavailable(Stage::Session)),
            }
        }
        let lent = Lent {
            cancel: connection.cancel_handle(),
            connection: Some(connection),
            runtime: Handle::try_current().ok(),
            rows: None,
            is_used: false,
            in_transaction: false,
            statements: 0,
            place,
        };
        Ok(Self {
            grant: Arc::clone(grant),
            tenant: tenant.clone(),
            lent: Mutex::new(lent),
            rolls_back: AtomicBool::new(false),
        })
    }

    /// The connection.
    ///
    /// # Errors
    ///
    /// `busy`: another call of an asynchronous guest is being executed.
    pub(crate) fn lent(&self) -> Result<MutexGuard<'_, Lent>, GuestError> {
        let mut lent = self.lent.try_lock().map_err(|_| GuestError::Busy)?;
        if self.rolls_back.swap(false, Ordering::Relaxed) {
            lent.roll_back();
        }
        Ok(lent)
    }

    /// Rolls the transaction back: with the connection's next command, or when it is returned to its pool.
    pub(crate) fn roll_back(&self) {
        match self.lent.try_lock() {
            Ok(mut lent) => lent.roll_back(),
            Err(_) => self.rolls_back.store(true, Ordering::Relaxed),
        }
    }

    /// Changes what is open, if no call is being executed. One that is executed would be given up with its store, and
    /// the connection with it.
    pub(crate) fn release(&self, change: impl FnOnce(&mut Lent)) {
        if let Ok(mut lent) = self.lent.try_lock() {
            change(&mut lent);
        }
    }

    /// The error of a guest for one of its statement.
    pub(crate) fn failed(&self, error: &rds_bridge::Error) -> GuestError {
        failure::of_statement(&self.tenant, &self.grant.database, error)
    }
}

impl Lent {
    /// # Errors
    ///
    /// `busy`: rows are open, or a transaction while the call is not one of it. The connection is lost.
    pub(crate) fn check_free(&mut self, in_transaction: bool) -> Result<(), GuestError> {
        self.connection()?;
        match self.rows.is_some() || self.in_transaction != in_transaction {
            true => Err(GuestError::Busy),
            false => Ok(()),
        }
    }

    /// The connection.
    ///
    /// # Errors
    ///
    /// It is lost. Nothing was sent.
    pub(crate) fn connection(&mut self) -> Result<&mut PooledConnection, GuestError> {
        let connection = self.connection.as_mut();
        connection.ok_or(GuestError::ConnectionLost(Lost {
            may_have_run: false,
        }))
    }

    /// Whether a backslash escapes in a string of the next statement. While a reply is unread, its end may change that.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub(crate) fn has_backslash_escapes(&mut self) -> Result<bool, GuestError> {
        let is_used = self.is_used;
        let connection = self.connection()?;
        let is_known = !is_used || !connection.is_replying();
        Ok(is_known && connection.has_backslash_escapes())
    }

    /// Notes that rows are open, and returns their number.
    pub(crate) fn begin_rows(&mut self) -> u64 {
        self.statements = self.statements.wrapping_add(1);
        self.rows = Some(self.statements);
        self.statements
    }

    /// Notes that the rows with this number are no longer open. What is unread of them lies in the connection.
    pub(crate) fn end_rows(&mut self, number: u64) {
        if self.rows == Some(number) {
            self.rows = None;
        }
    }

    /// Rolls the transaction back, with the connection's next command or when it is returned to its pool.
    fn roll_back(&mut self) {
        self.rows = None;
        self.in_transaction = false;
        if let Some(connection) = &mut self.connection {
            drop(connection.resume_transaction());
        }
    }

    /// Calls the server, within the time that the statement has left, and counts it.
    ///
    /// If the time ends, or if the call is given up, the statement is ended on the server, and the connection is lost.
    ///
    /// # Errors
    ///
    /// `timeout`, or that of the call.
    pub(crate) async fn run<T>(
        &mut self,
        time: &mut Option<Duration>,
        call: impl AsyncFnOnce(&mut PooledConnection) -> Result<T, GuestError>,
    ) -> Result<T, GuestError> {
        let mut running = Running {
            lent: self,
            is_over: false,
        };
        running.lent.is_used = true;
        let connection = running.lent.connection()?;
        let timed_out = || Err(GuestError::Timeout(Lost { may_have_run: true }));
        let done = match time {
            None => call(connection).await,
            Some(limit) => {
                let begin = Instant::now();
                // Pinned, because a future that is passed on is copied.
                let done = timeout(*limit, pin!(call(connection))).await;
                *limit = limit.saturating_sub(begin.elapsed());
                done.unwrap_or_else(|_| timed_out())
            }
        };
        // What has timed out may still be executed, and a connection that is unusable would only take its place.
        let has_timed_out = matches!(done, Err(GuestError::Timeout(_)));
        running.is_over = !has_timed_out && running.lent.connection()?.is_usable();
        done
    }

    /// Ends the statement that is being executed on the server, and gives the connection up.
    pub(crate) fn abandon(&mut self) {
        self.rows = None;
        let (connection, place) = (self.connection.take(), self.place.take());
        let Some(mut connection) = connection else {
            return;
        };
        // Without a runtime the connection is closed.
        if let Some(runtime) = &self.runtime {
            let cancel = self.cancel.clone();
            runtime.spawn(async move {
                match cancel.cancel_on(&mut connection).await {
                    Ok(()) => info!("killed a guest's statement that was not complete"),
                    Err(error) => warn!(%error, "the statement of a guest may still be running"),
                }
                drop((connection, place));
            });
        }
    }
}

/// Ends a statement whose rows were not read to their end, unless the rest is short.
impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        if self.is_used {
            connection.drain_received();
            if connection.is_replying() {
                self.abandon();
            }
        }
    }
}

/// A call to the server that is not over.
struct Running<'l> {
    lent: &'l mut Lent,
    is_over: bool,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.lent.abandon();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("database", &self.grant.database)
            .finish_non_exhaustive()
    }
}

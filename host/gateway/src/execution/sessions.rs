//! Sessions: connections that are kept for a client between its requests.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rds_bridge::pool::PooledConnection;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use super::token::{Id, Kind, Token, Tokens};
use super::{Failure, Lease, Limits};
use crate::access::{AccessDenied, Grant, PoolKey};
use crate::caller::{Caller, NoRandomness};
use crate::metrics::Counters;

/// The sessions of a gateway.
pub(crate) struct Sessions {
    tokens: Tokens,
    open: Arc<Mutex<HashMap<Id, Session>>>,
    limits: Limits,
    counters: Arc<Counters>,
}

type Open = Mutex<HashMap<Id, Session>>;

struct Session {
    seat: Arc<Seat>,
    /// The pool of its connection.
    key: PoolKey,
    opened: Instant,
    last_used: Instant,
    /// Whether it is kept also without a transaction.
    holds_state: bool,
}

/// The connection of a session. A request that uses it holds the lock; others wait in order.
struct Seat {
    connection: Arc<tokio::sync::Mutex<Option<Box<PooledConnection>>>>,
    waiting: AtomicUsize,
}

/// What a token leads to.
#[derive(Debug)]
pub(crate) enum Resumed {
    /// No session: a connection of the pool will do.
    Blank,
    /// The session's connection.
    Session(Box<Lease>),
    /// A session that has ended, or that never was this caller's. What it held, if the token is authentic.
    Lost(Option<Kind>),
}

impl Sessions {
    pub(crate) fn new(limits: Limits, counters: Arc<Counters>) -> Result<Self, NoRandomness> {
        Ok(Self {
            tokens: Tokens::new()?,
            open: Arc::default(),
            limits,
            counters,
        })
    }

    /// The token of a session for which no connection is kept.
    pub(crate) fn blank(&self, caller: &Caller) -> String {
        let (kind, id) = (Kind::Blank, Id::default());
        self.tokens.write(Token { kind, id }, caller)
    }

    /// Keeps the connection of a request for the next requests of its client, and returns the session's token. It
    /// stays pinned until [`Lease::end_session`], or until it was idle for too long.
    pub(crate) fn keep(
        &self,
        mut lease: Lease,
        caller: &Caller,
        kind: Kind,
    ) -> Result<String, Failure> {
        let holds_state = lease.holds_state();
        if let Some(place) = lease.place() {
            let id = place.id;
            if let Some(session) = lock(&self.open).get_mut(&id) {
                session.holds_state = holds_state;
            }
            return Ok(self.tokens.write(Token { kind, id }, caller));
        }
        let id = self.tokens.id().map_err(|_| Failure::SessionLost)?;
        let key = lease.grant().pool_key().clone();
        let Some(connection) = lease.take() else {
            return Err(Failure::SessionLost);
        };
        let session = Session {
            seat: Arc::new(Seat {
                connection: Arc::new(tokio::sync::Mutex::new(Some(connection))),
                waiting: AtomicUsize::new(0),
            }),
            key,
            opened: Instant::now(),
            last_used: Instant::now(),
            holds_state,
        };
        lock(&self.open).insert(id, session);
        Ok(self.tokens.write(Token { kind, id }, caller))
    }

    /// The session that a token names. Requests of one session wait for each other, in the order in which they came.
    ///
    /// `judge` is asked for the grant with which the caller may still use the session's pool, and for its limits. Without
    /// one, the session ends.
    ///
    /// # Errors
    ///
    /// [`Failure::SessionBusy`] and [`Failure::Denied`].
    pub(crate) async fn resume(
        &self,
        text: &str,
        caller: &Caller,
        judge: impl FnOnce(&PoolKey) -> Result<(Arc<Grant>, Limits), AccessDenied>,
    ) -> Result<Resumed, Failure> {
        let Some(token) = self.tokens.read(text, caller) else {
            return Ok(Resumed::Lost(None));
        };
        if token.kind == Kind::Blank {
            return Ok(Resumed::Blank);
        }
        let lost = Ok(Resumed::Lost(Some(token.kind)));
        let seat = lock(&self.open)
            .get(&token.id)
            .map(|it| Arc::clone(&it.seat));
        let Some(seat) = seat else {
            return lost;
        };
        let limit = self.limits.queued_requests;
        let Some(_waiting) = Waiting::enter(&seat, limit) else {
            return Err(Failure::SessionBusy { limit });
        };
        let mut guard = Arc::clone(&seat.connection).lock_owned().await;
        // It may have ended meanwhile.
        let session = lock(&self.open)
            .get(&token.id)
            .map(|it| (it.holds_state, it.key.clone()));
        let Some((holds_state, key)) = session else {
            return lost;
        };
        let Some(connection) = guard.take() else {
            return lost;
        };
        let (grant, limits) = judge(&key).inspect_err(|_| {
            lock(&self.open).remove(&token.id);
        })?;
        let place = Place {
            id: token.id,
            open: Arc::clone(&self.open),
            guard,
            holds_state,
        };
        let lease = Lease::of_session(connection, place, grant, &limits, &self.counters);
        Ok(Resumed::Session(Box::new(lease)))
    }

    /// Ends the sessions that were idle for too long, or that exist for too long.
    pub(crate) fn end_expired(&self) {
        let now = Instant::now();
        let mut expired = Vec::new();
        let mut open = lock(&self.open);
        open.retain(|_, session| {
            let is_used = session.seat.connection.try_lock().is_err();
            let idle = now.saturating_duration_since(session.last_used);
            let age = now.saturating_duration_since(session.opened);
            let is_over =
                age >= self.limits.session_lifetime || !is_used && idle >= self.limits.session_idle;
            if is_over {
                expired.push(Arc::clone(&session.seat));
            }
            !is_over
        });
        drop(open);
        // The connections return to their pools with the last reference.
        drop(expired);
    }

    /// Ends all sessions, whose transactions are rolled back.
    pub(crate) fn end_all(&self) {
        let ended = std::mem::take(&mut *lock(&self.open));
        drop(ended);
    }

    /// The number of open sessions.
    pub(crate) fn count(&self) -> usize {
        lock(&self.open).len()
    }
}

/// A request's place in a session: no other request has it at the same time.
pub(super) struct Place {
    pub(super) holds_state: bool,
    id: Id,
    open: Arc<Open>,
    guard: OwnedMutexGuard<Option<Box<PooledConnection>>>,
}

impl Place {
    /// Returns the connection to its session. If that has ended, the connection returns to its pool.
    pub(super) fn give_back(mut self, connection: Box<PooledConnection>) {
        let mut open = lock(&self.open);
        let Entry::Occupied(mut session) = open.entry(self.id) else {
            return;
        };
        if connection.is_usable() {
            session.get_mut().last_used = Instant::now();
            *self.guard = Some(connection);
        } else {
            session.remove();
        }
    }

    /// Ends the session.
    pub(super) fn end(self) {
        lock(&self.open).remove(&self.id);
    }
}

/// A request that waits for its session.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    /// Returns `None` if more than `limit` wait, or use the session.
    fn enter(seat: &'a Seat, limit: usize) -> Option<Self> {
        let before = seat.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Self(&seat.waiting);
        (before < limit).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A poisoned lock is used as it is, since no code panics while it holds the lock.
fn lock(open: &Open) -> MutexGuard<'_, HashMap<Id, Session>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

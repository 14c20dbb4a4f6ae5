//! Sessions: what is kept for a client between its requests. A transaction, a lock or a temporary table keeps a
//! connection. Settings alone are repeated on another connection.

mod place;
mod remembered;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rds_bridge::pool::PooledConnection;
use tokio::sync::{Notify, OwnedMutexGuard};
use tokio::time::Instant;

use super::settings::Settings;
use super::token::{Id, Kind, Reading, Token, Tokens};
use super::{Failure, Lease, Leases, Limits};
use crate::access::{AccessDenied, Grant, PoolKey};
use crate::caller::{Caller, NoRandomness, UsagePlace};
pub(super) use place::Place;
use remembered::Remembered;

/// The sessions of a gateway.
pub(crate) struct Sessions {
    tokens: Tokens,
    open: Arc<Open>,
    remembered: Remembered,
    refuses_new: AtomicBool,
    limits: Limits,
    leases: Arc<Leases>,
}

/// The sessions that keep a connection.
#[derive(Default)]
struct Open {
    sessions: Mutex<HashMap<Id, Session>>,
    /// Told when a session ends, or its transaction.
    changed: Notify,
}

struct Session {
    seat: Arc<Seat>,
    /// The pool of its connection.
    key: PoolKey,
    opened: Instant,
    last_used: Instant,
    /// Whether it is kept also without a transaction.
    holds_state: bool,
    has_transaction: bool,
    /// Whether its transaction may have changes that are not committed. Only the Data API asks.
    may_have_changes: bool,
    /// Among the sessions of its caller.
    _place: Option<UsagePlace>,
}

/// The connection of a session. A request that uses it holds the lock; others wait in order.
struct Seat {
    kept: Arc<tokio::sync::Mutex<Option<Kept>>>,
    waiting: AtomicUsize,
}

struct Kept {
    connection: Box<PooledConnection>,
    /// Those that the connection has.
    settings: Settings,
}

/// What a token leads to.
#[derive(Debug)]
pub(crate) enum Resumed {
    /// No session: a connection of the pool will do.
    Blank,
    /// A connection of the pool will do, with these settings.
    Settings(Settings),
    /// The session's connection.
    Session(Box<Lease>),
    /// A session that has ended, that another instance has, or that never was this caller's. What it held, if that is
    /// known.
    Lost(Option<Kind>),
}

impl Sessions {
    pub(crate) fn new(limits: Limits, leases: Arc<Leases>) -> Result<Self, NoRandomness> {
        Ok(Self {
            tokens: Tokens::new()?,
            open: Arc::default(),
            remembered: Remembered::default(),
            refuses_new: AtomicBool::new(false),
            limits,
            leases,
        })
    }

    /// The name of this instance in the tokens of its sessions.
    pub(crate) fn instance(&self) -> &str {
        self.tokens.instance()
    }

    /// Refuses new sessions from now on, because the gateway drains.
    pub(crate) fn refuse_new(&self) {
        self.refuses_new.store(true, Ordering::Release);
    }

    pub(crate) fn refuses_new(&self) -> bool {
        self.refuses_new.load(Ordering::Acquire)
    }

    /// Whether a session can begin. It is asked before a statement that begins one is sent.
    ///
    /// # Errors
    ///
    /// [`Failure::Draining`].
    pub(crate) fn admit(&self) -> Result<(), Failure> {
        match self.refuses_new() {
            true => Err(Failure::Draining),
            false => Ok(()),
        }
    }

    /// Keeps the connection of a request for the next requests of its client, and returns the session's token. It
    /// stays pinned until [`Lease::end_session`], or until it was idle for too long. `limit` sessions may keep a
    /// connection to the database.
    ///
    /// # Errors
    ///
    /// [`Failure::TooManySessions`], or [`Failure::Draining`] for a session or a transaction that begins: the lease is
    /// dropped, and with it what its statements have left.
    pub(crate) fn keep(
        &self,
        mut lease: Lease,
        caller: &Caller,
        kind: Kind,
        limit: usize,
    ) -> Result<String, Failure> {
        let holds_state = lease.holds_state();
        let has_transaction = kind == Kind::Transaction;
        if let Some(place) = lease.place() {
            let id = place.id();
            if !self.keeps(id, holds_state, has_transaction) {
                lease.end_session();
                return Err(Failure::Draining);
            }
            return Ok(self.tokens.write(Token { kind, id }, caller));
        }
        let id = self.tokens.id().map_err(|_| Failure::SessionLost)?;
        let key = lease.grant().pool_key().clone();
        let mut sessions = self.open.lock();
        // With the lock: a drain that has begun sees the transaction, or this sees the drain.
        self.admit()?;
        let others = sessions
            .values()
            .filter(|it| it.key.database == key.database);
        if others.count() >= limit {
            return Err(Failure::TooManySessions { limit });
        }
        let Some((connection, settings)) = lease.take() else {
            return Err(Failure::SessionLost);
        };
        let kept = Kept {
            connection,
            settings,
        };
        let session = Session {
            seat: Arc::new(Seat {
                kept: Arc::new(tokio::sync::Mutex::new(Some(kept))),
                waiting: AtomicUsize::new(0),
            }),
            key,
            opened: Instant::now(),
            last_used: Instant::now(),
            holds_state,
            has_transaction,
            may_have_changes: false,
            _place: lease.take_session(),
        };
        sessions.insert(id, session);
        drop(sessions);
        Ok(self.tokens.write(Token { kind, id }, caller))
    }

    /// Notes what an open session holds from now on, unless it begins a transaction while the gateway drains.
    fn keeps(&self, id: Id, holds_state: bool, has_transaction: bool) -> bool {
        self.open.change(|sessions| {
            let Some(session) = sessions.get_mut(&id) else {
                return true;
            };
            let begins = has_transaction && !session.has_transaction;
            if begins && self.refuses_new() {
                return false;
            }
            session.holds_state = holds_state;
            session.has_transaction = has_transaction;
            true
        })
    }

    /// Remembers settings for the next requests of a client, and returns the session's token. No connection is kept.
    pub(crate) fn remember(&self, settings: Settings, caller: &Caller) -> String {
        let id = self.tokens.id_of(&settings, caller);
        self.remembered.insert(id, caller.name(), settings);
        let kind = Kind::Settings;
        self.tokens.write(Token { kind, id }, caller)
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
        let token = match self.tokens.read(text, caller) {
            Reading::Blank => return Ok(Resumed::Blank),
            Reading::Own(token) => token,
            Reading::OfAnother(kind) => return Ok(Resumed::Lost(Some(kind))),
            Reading::Invalid => return Ok(Resumed::Lost(None)),
        };
        let lost = Ok(Resumed::Lost(Some(token.kind)));
        if token.kind == Kind::Settings {
            let settings = self.remembered.find(&token.id);
            return settings.map_or(lost, |it| Ok(Resumed::Settings(it)));
        }
        let seat = self.open.find(&token.id, |it| Arc::clone(&it.seat));
        let Some(seat) = seat else {
            return lost;
        };
        let mut guard = seat.take_turn(self.limits.queued_requests).await?;
        // It may have ended meanwhile.
        let session = self
            .open
            .find(&token.id, |it| (it.holds_state, it.key.clone()));
        let Some((holds_state, key)) = session else {
            return lost;
        };
        let Some(kept) = guard.take() else {
            return lost;
        };
        let (grant, limits) = judge(&key).inspect_err(|_| {
            self.open.change(|sessions| sessions.remove(&token.id));
        })?;
        let place = Place::new(token.id, Arc::clone(&self.open), guard);
        let mut lease = Lease::of_session(kept.connection, place, grant, &limits, &self.leases);
        lease.set_settings(kept.settings);
        if holds_state {
            lease.note_state();
        }
        Ok(Resumed::Session(Box::new(lease)))
    }

    /// Ends the sessions that were idle for too long, or that exist for too long.
    pub(crate) fn end_expired(&self) {
        let now = Instant::now();
        let mut expired = Vec::new();
        self.open.change(|sessions| {
            sessions.retain(|_, session| {
                let is_used = session.seat.kept.try_lock().is_err();
                let idle = now.saturating_duration_since(session.last_used);
                let age = now.saturating_duration_since(session.opened);
                let is_over = age >= self.limits.session_lifetime
                    || !is_used && idle >= self.limits.session_idle;
                if is_over {
                    expired.push(Arc::clone(&session.seat));
                }
                !is_over
            });
        });
        // The connections return to their pools with the last reference.
        drop(expired);
        self.remembered
            .forget_older_than(self.limits.session_lifetime);
    }

    /// Ends all sessions, whose transactions are rolled back.
    pub(crate) fn end_all(&self) {
        let ended = self.open.change(std::mem::take);
        drop(ended);
    }

    /// Waits until no transaction is open.
    pub(crate) async fn transactions_ended(&self) {
        loop {
            let changed = self.open.changed.notified();
            let has_transaction = self.open.lock().values().any(|it| it.has_transaction);
            if !has_transaction {
                return;
            }
            changed.await;
        }
    }

    /// The number of sessions that keep a connection.
    pub(crate) fn count(&self) -> usize {
        self.open.lock().len()
    }
}

impl Open {
    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find<T>(&self, id: &Id, read: impl FnOnce(&Session) -> T) -> Option<T> {
        self.lock().get(id).map(read)
    }

    /// Changes the sessions, and wakes what waits for their ends.
    fn change<T>(&self, change: impl FnOnce(&mut HashMap<Id, Session>) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_waiters();
        changed
    }
}

impl Seat {
    /// Waits for the requests that came before, if that many may wait. A request that need not wait is not one of them.
    async fn take_turn(&self, limit: usize) -> Result<OwnedMutexGuard<Option<Kept>>, Failure> {
        if let Ok(guard) = Arc::clone(&self.kept).try_lock_owned() {
            return Ok(guard);
        }
        let waiting = Waiting::enter(self, limit).ok_or(Failure::SessionBusy { limit })?;
        let guard = Arc::clone(&self.kept).lock_owned().await;
        drop(waiting);
        Ok(guard)
    }
}

/// A request that waits for its session.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    /// Returns `None` if `limit` requests wait already.
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

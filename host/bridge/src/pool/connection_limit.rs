//! The limit on the connections of several pools together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool::managed::{Pool, RetainResult, WeakPool};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::manager::Manager;

/// Limits the connections of several pools together, idle ones included. Share one between the pools that log in to the
/// same server as different users.
pub struct ConnectionLimit {
    permits: Arc<Semaphore>,
    connections: usize,
    queue: Mutex<Queue>,
    pools: Mutex<Vec<WeakPool<Manager>>>,
}

/// The connections that wait to be opened until another is closed, by a number that grows, each with what its pool waits
/// for.
#[derive(Default)]
struct Queue {
    next: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// What a pool has of a limit.
#[derive(Debug)]
pub(super) struct Share {
    limit: Arc<ConnectionLimit>,
    /// Told when a connection was returned to the pool while one of its callers waits for a new one.
    returned: Arc<Notify>,
}

/// How a caller that waited for a permit goes on.
#[derive(Debug)]
pub(super) enum Permitted {
    /// It opens a connection, and keeps the permit with it.
    Open(OwnedSemaphorePermit),
    /// It takes one that was returned to its pool.
    Reuse,
}

impl ConnectionLimit {
    /// Allows this many connections.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections)),
            connections,
            queue: Mutex::default(),
            pools: Mutex::default(),
        }
    }

    /// How many connections it allows.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections
    }

    /// Adds a pool, whose idle connections make room for those of the others.
    pub(super) fn add(&self, pool: WeakPool<Manager>) {
        lock(&self.pools).push(pool);
    }

    /// Closes an idle connection.
    fn close_one(&self) {
        for pool in self.pools() {
            let mut is_found = false;
            let RetainResult { removed, .. } = pool.retain(|_, _| {
                let is_kept = is_found;
                is_found = true;
                is_kept
            });
            if !removed.is_empty() {
                return;
            }
        }
    }

    /// The pools that exist.
    fn pools(&self) -> Vec<Pool<Manager>> {
        let mut pools = lock(&self.pools);
        pools.retain(|it| it.upgrade().is_some());
        pools.iter().filter_map(WeakPool::upgrade).collect()
    }

    /// The pool whose caller has waited longest.
    fn first_waiting(&self) -> Option<Arc<Notify>> {
        let queue = lock(&self.queue);
        queue.waiting.values().next().map(Arc::clone)
    }
}

impl Share {
    pub(super) fn new(limit: Arc<ConnectionLimit>) -> Self {
        Self {
            limit,
            returned: Arc::default(),
        }
    }

    /// Waits until the pool may open another connection, or until one is returned to it. An idle connection of another
    /// pool is closed for it; otherwise the next one that is returned.
    pub(super) async fn permit(&self) -> Permitted {
        let permits = Arc::clone(&self.limit.permits);
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            return Permitted::Open(permit);
        }
        // From now on, a connection that is returned is closed or announced.
        let _waiting = Waiting::begin(self);
        if self.has_idle() {
            return Permitted::Reuse;
        }
        self.limit.close_one();
        tokio::select! {
            biased;
            // It fails only if the semaphore is closed, and it never is.
            Ok(permit) = permits.acquire_owned() => Permitted::Open(permit),
            () = self.returned.notified() => Permitted::Reuse,
        }
    }

    /// Whether a connection that is returned makes room for one of another pool, whose caller has waited longest.
    pub(super) fn is_wanted_elsewhere(&self) -> bool {
        let first = self.limit.first_waiting();
        first.is_some_and(|first| !Arc::ptr_eq(&first, &self.returned))
    }

    /// Called after a connection was returned: it was not idle yet when a caller began to wait. The caller that has
    /// waited longest gets it, or its place.
    pub(super) fn offer(&self) {
        match self.limit.first_waiting() {
            Some(first) if Arc::ptr_eq(&first, &self.returned) => self.returned.notify_one(),
            Some(_) => self.limit.close_one(),
            None => {}
        }
    }

    /// Whether the pool has an idle connection.
    fn has_idle(&self) -> bool {
        let pools = self.limit.pools();
        let is_own = |it: &&Pool<Manager>| {
            let share = it.manager().share.as_ref();
            share.is_some_and(|it| Arc::ptr_eq(&it.returned, &self.returned))
        };
        let own = pools.iter().find(is_own);
        own.is_some_and(|it| it.retain(|_, _| true).retained > 0)
    }
}

impl fmt::Debug for ConnectionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionLimit")
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// A place in the queue, until it is dropped.
struct Waiting<'a> {
    queue: &'a Mutex<Queue>,
    number: u64,
}

impl<'a> Waiting<'a> {
    fn begin(share: &'a Share) -> Self {
        let queue = &share.limit.queue;
        let mut entries = lock(queue);
        let number = entries.next;
        entries.next = number.wrapping_add(1);
        entries.waiting.insert(number, Arc::clone(&share.returned));
        Self { queue, number }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(self.queue).waiting.remove(&self.number);
    }
}

/// A poisoned lock is used as it is, since no code panics while it holds the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The limit on the connections of several pools together.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use deadpool::managed::{RetainResult, WeakPool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::manager::Manager;

/// Limits the connections of several pools together, idle ones included. Share one between the pools that log in to the
/// same server as different users.
pub struct ConnectionLimit {
    permits: Arc<Semaphore>,
    connections: usize,
    /// How many connections wait to be opened until another is closed.
    waiting: AtomicUsize,
    pools: Mutex<Vec<WeakPool<Manager>>>,
}

impl ConnectionLimit {
    /// Allows this many connections.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections)),
            connections,
            waiting: AtomicUsize::new(0),
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
        self.pools().push(pool);
    }

    /// Waits until another connection is allowed. The permit is kept with the connection. An idle connection of another
    /// pool is closed for it; otherwise the next one that is returned.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        let permits = Arc::clone(&self.permits);
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            return Some(permit);
        }
        // From now on, a connection that is returned is closed.
        let _waiting = Waiting::begin(&self.waiting);
        self.close_one();
        // It fails only if the semaphore is closed, and it never is.
        permits.acquire_owned().await.ok()
    }

    /// Whether a connection that is returned makes room for another.
    pub(super) fn is_wanted(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// Closes an idle connection.
    pub(super) fn close_one(&self) {
        let mut pools = self.pools();
        pools.retain(|it| it.upgrade().is_some());
        let pools: Vec<_> = pools.iter().filter_map(WeakPool::upgrade).collect();
        for pool in pools {
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

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn pools(&self) -> std::sync::MutexGuard<'_, Vec<WeakPool<Manager>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ConnectionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionLimit")
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::AcqRel);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

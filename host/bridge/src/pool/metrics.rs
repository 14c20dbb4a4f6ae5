//! Counters of a pool.

use std::sync::atomic::{AtomicU64, Ordering};

use deadpool::Status;

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) acquired: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) connected: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) over_age: AtomicU64,
    pub(super) idle: AtomicU64,
    pub(super) lost: AtomicU64,
}

/// What a pool has, and what it has seen since it was made. Counters only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolMetrics {
    /// Connections there are, in use and idle.
    pub size: usize,
    /// Connections there may be.
    pub max_size: usize,
    /// Idle ones.
    pub idle: usize,
    /// Callers that wait for one.
    pub waiting: usize,
    /// Connections given out.
    pub acquired_total: u64,
    /// Callers that waited in vain.
    pub timeouts_total: u64,
    /// Callers that got the error of a connection that could not be made.
    pub failed_total: u64,
    /// Connections made.
    pub connected_total: u64,
    /// Logins that the server refused; most were tried again.
    pub refused_total: u64,
    /// Connections closed because they had reached their lifetime.
    pub closed_over_age_total: u64,
    /// Connections closed because they had been idle for too long.
    pub closed_idle_total: u64,
    /// Connections found lost, or in a state that cannot be trusted.
    pub closed_lost_total: u64,
}

impl Counters {
    pub(super) fn read(&self, status: &Status) -> PoolMetrics {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PoolMetrics {
            size: status.size,
            max_size: status.max_size,
            idle: status.available,
            waiting: status.waiting,
            acquired_total: value(&self.acquired),
            timeouts_total: value(&self.timeouts),
            failed_total: value(&self.failed),
            connected_total: value(&self.connected),
            refused_total: value(&self.refused),
            closed_over_age_total: value(&self.over_age),
            closed_idle_total: value(&self.idle),
            closed_lost_total: value(&self.lost),
        }
    }
}

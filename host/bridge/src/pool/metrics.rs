//! The metrics of a pool.

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

/// The current state of a pool, and its counters (`…_total`), which only increase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolMetrics {
    /// The number of connections, in use and idle.
    pub size: usize,
    /// The largest number of connections.
    pub max_size: usize,
    /// The number of idle connections.
    pub idle: usize,
    /// The number of callers that wait for a connection.
    pub waiting: usize,
    /// How many times a connection was lent.
    pub acquired_total: u64,
    /// How many callers received no connection within their limit.
    pub timeouts_total: u64,
    /// How many callers received the error of opening a connection.
    pub failed_total: u64,
    /// How many connections were opened.
    pub connected_total: u64,
    /// How many logins the server refused, including those that were retried.
    pub refused_total: u64,
    /// How many connections were closed because they reached their lifetime.
    pub closed_over_age_total: u64,
    /// How many connections were closed because they were idle for too long.
    pub closed_idle_total: u64,
    /// How many connections were closed because they were lost, led to a former writer, or were in an unknown state.
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

//! The limits on requests, and their defaults.

use std::num::NonZeroU64;
use std::time::Duration;

use super::Allowance;
use crate::access::Grant;

/// Whether a session can last from one request to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionPolicy {
    Kept,
    /// Another process may receive the next request.
    Refused,
}

/// The limits on requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The size of a request's body.
    pub(crate) body_bytes: usize,
    /// The size of the rows of a result that is held in memory: as the server sends them, and as they are written.
    pub(crate) result_bytes: usize,
    /// The rows of a result.
    pub(crate) result_rows: Option<NonZeroU64>,
    /// As `result_bytes`, for results that are streamed, and held in no memory.
    pub(crate) stream_bytes: Option<usize>,
    /// The time of a request's statements.
    pub(crate) statement: Option<Duration>,
    pub(crate) sessions: SessionPolicy,
    /// How many sessions keep a connection to one database. `None` leaves one connection to other callers.
    pub(crate) pinned_sessions: Option<usize>,
    /// How many requests of one session wait for an earlier one.
    pub(crate) queued_requests: usize,
    /// How long a session may be idle.
    pub(crate) session_idle: Duration,
    /// How long a gateway that drains answers as before, so that load balancers notice it.
    pub(crate) drain_notice: Duration,
    /// How long a session may exist.
    pub(crate) session_lifetime: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            result_bytes: 64 << 20,
            result_rows: None,
            stream_bytes: None,
            statement: None,
            sessions: SessionPolicy::Kept,
            pinned_sessions: None,
            queued_requests: 16,
            session_idle: Duration::from_mins(3),
            session_lifetime: Duration::from_hours(24),
            drain_notice: Duration::ZERO,
        }
    }
}

impl Limits {
    /// The limits of a request with this grant: the lower ones of both.
    pub(crate) fn of_grant(mut self, grant: &Grant) -> Self {
        let limits = grant.limits();
        if let Some(bytes) = limits.max_bytes {
            let bytes = usize::try_from(bytes.get()).unwrap_or(usize::MAX);
            self.result_bytes = self.result_bytes.min(bytes);
            self.stream_bytes = Some(bytes);
        }
        self.result_rows = limits.max_rows;
        let seconds = limits
            .max_seconds
            .map(|it| Duration::from_secs(it.get().into()));
        self.statement = seconds.into_iter().chain(self.statement).min();
        self
    }

    /// What a result may have whose rows are held in memory, and written when all are read.
    pub(crate) fn held(&self) -> Allowance {
        self.whole().held()
    }

    /// What a result may have that is written to memory row by row.
    pub(crate) fn whole(&self) -> Allowance {
        Allowance::new()
            .with_rows(self.result_rows)
            .with_bytes(Some(self.result_bytes))
    }

    /// What a result that is streamed may have.
    pub(crate) fn streamed(&self) -> Allowance {
        Allowance::new()
            .with_rows(self.result_rows)
            .with_bytes(self.stream_bytes)
    }
}

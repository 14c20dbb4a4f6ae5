//! The limits on requests, and their defaults.

use std::time::Duration;

/// The limits on requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The size of a request's body.
    pub(crate) body_bytes: usize,
    /// The size of the rows of a result, as the server sends them.
    pub(crate) result_bytes: usize,
    /// How many requests of one session wait for an earlier one.
    pub(crate) queued_requests: usize,
    /// How long a session may be idle.
    pub(crate) session_idle: Duration,
    /// How long a session may exist.
    pub(crate) session_lifetime: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            result_bytes: 64 << 20,
            queued_requests: 16,
            session_idle: Duration::from_mins(3),
            session_lifetime: Duration::from_hours(24),
        }
    }
}

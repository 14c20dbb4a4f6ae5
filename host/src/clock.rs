//! Time as something one can pass in.

use std::fmt::Debug;
use std::time::SystemTime;

/// Tells the time. What depends on it takes a clock, so that a test can set one.
pub trait Clock: Debug + Send + Sync {
    /// The time of day, in UTC.
    fn now(&self) -> SystemTime;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Seconds since 1970; none before it.
pub(crate) fn unix_seconds(at: SystemTime) -> Option<u64> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

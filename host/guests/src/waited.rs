//! How long a guest's calls have waited for the server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long calls have waited for the server. Time in which several calls of an asynchronous guest wait counts once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waited(Arc<Mutex<Waits>>);

#[derive(Debug, Default)]
struct Waits {
    calls: usize,
    /// Up to when the time of the calls that wait is counted. `None` if no call waits.
    since: Option<Instant>,
    counted: Duration,
}

impl Waited {
    /// Counts the time until the result is dropped.
    #[must_use = "the time is counted until it is dropped"]
    pub(crate) fn begin(&self) -> Waiting<'_> {
        self.with(|waits| waits.begin(Instant::now()));
        Waiting(self)
    }

    /// The time since this function was called last.
    pub(crate) fn take(&self) -> Duration {
        self.with(|waits| {
            waits.count(Instant::now());
            std::mem::take(&mut waits.counted)
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut Waits) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Waits {
    fn count(&mut self, now: Instant) {
        if let Some(since) = &mut self.since {
            let waited = now.saturating_duration_since(*since);
            self.counted = self.counted.saturating_add(waited);
            *since = now;
        }
    }

    fn begin(&mut self, now: Instant) {
        self.calls = self.calls.saturating_add(1);
        self.since.get_or_insert(now);
    }

    fn end(&mut self, now: Instant) {
        self.count(now);
        self.calls = self.calls.saturating_sub(1);
        if self.calls == 0 {
            self.since = None;
        }
    }
}

/// A call that waits, or was given up.
pub(crate) struct Waiting<'w>(&'w Waited);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.with(|waits| waits.end(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_two_calls_wait_counts_once() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut waits = Waits::default();
        waits.begin(at(1));
        waits.begin(at(2));
        waits.end(at(4));
        waits.count(at(5));
        assert_eq!(waits.counted, Duration::from_secs(4));
        waits.end(at(7));
        waits.count(at(100));
        assert_eq!(waits.counted, Duration::from_secs(6));
        waits.begin(at(100));
        waits.end(at(101));
        assert_eq!(waits.counted, Duration::from_secs(7));
    }
}

//! A line on standard error while a long result streams elsewhere.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::time::{Duration, Instant};

/// A short result shows none.
const QUIET: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(200);
/// The clock is looked at once in so many rows.
const ROWS_PER_LOOK: u64 = 1_024;

pub(super) struct Progress {
    rows: u64,
    begun: Instant,
    shown: Option<Instant>,
    is_wanted: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            rows: 0,
            begun: Instant::now(),
            shown: None,
            // Rows on the same terminal are progress enough.
            is_wanted: stderr().is_terminal() && !stdout().is_terminal(),
        }
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn count(&mut self) {
        self.rows = self.rows.saturating_add(1);
        if self.is_wanted && self.rows.is_multiple_of(ROWS_PER_LOOK) {
            self.show();
        }
    }

    fn show(&mut self) {
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(self.begun);
        let since = |shown| now.saturating_duration_since(shown) < INTERVAL;
        if elapsed < QUIET || self.shown.is_some_and(since) {
            return;
        }
        self.shown = Some(now);
        let milliseconds = u64::try_from(elapsed.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let rate = self
            .rows
            .saturating_mul(1_000)
            .checked_div(milliseconds)
            .unwrap_or_default();
        let seconds = elapsed.as_secs();
        // A terminal that is gone is no reason to stop.
        let _written = write!(
            stderr(),
            "\r{} rows, {rate} rows/s, {seconds} s\x1b[K",
            self.rows
        );
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _written = write!(stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

//! A line on standard error while a long result streams elsewhere, and what there is to say at its end.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use super::numbers::{bytes, grouped, rows_per_second, seconds};
use super::output::Output;
use super::room::has_room;

/// A short result shows none.
const QUIET: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(200);
/// The clock is looked at once in so many rows, and whenever some have been written.
const ROWS_PER_LOOK: u64 = 1_024;
/// In a shorter time a rate says nothing.
const TOO_SHORT_FOR_A_RATE: Duration = Duration::from_millis(100);

pub(super) struct Progress {
    rows: u64,
    begun: Instant,
    shown: Option<Instant>,
    is_wanted: bool,
}

impl Progress {
    pub(super) fn new(output: &Output, is_quiet: bool) -> Self {
        Self {
            rows: 0,
            begun: Instant::now(),
            shown: None,
            // Rows on the same terminal are progress enough.
            is_wanted: !is_quiet && stderr().is_terminal() && !output.is_terminal(),
        }
    }

    #[inline]
    pub(super) fn count(&mut self, output: &Output) {
        self.rows = self.rows.saturating_add(1);
        if self.is_wanted && self.rows.is_multiple_of(ROWS_PER_LOOK) {
            self.show(output);
        }
    }

    pub(super) fn show(&mut self, output: &Output) {
        if !self.is_wanted {
            return;
        }
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(self.begun);
        let since = |shown| now.saturating_duration_since(shown) < INTERVAL;
        if elapsed < QUIET || self.shown.is_some_and(since) {
            return;
        }
        // A terminal that is held, as by Ctrl-S, is not waited for.
        if !has_room(stderr()) {
            return;
        }
        self.shown = Some(now);
        // A terminal that is gone is no reason to stop.
        let _written = write!(
            stderr(),
            "\r{} rows, {}, {}, {} s\x1b[K",
            grouped(self.rows),
            bytes(output.written()),
            rows_per_second(self.rows, elapsed),
            elapsed.as_secs()
        );
    }

    /// Rows, bytes, time and rate of the whole.
    pub(super) fn summary(&self, output: &Output) -> String {
        let elapsed = self.begun.elapsed();
        let mut summary = format!(
            "rows: {}, {}, {}",
            grouped(self.rows),
            bytes(output.written()),
            seconds(elapsed)
        );
        if elapsed >= TOO_SHORT_FOR_A_RATE {
            summary.push_str(", ");
            summary.push_str(&rows_per_second(self.rows, elapsed));
        }
        summary
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if self.shown.take().is_some() && has_room(stderr()) {
            let _written = write!(stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

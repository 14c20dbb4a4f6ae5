//! The progress line on standard error while the command waits or during a long result, and the summary at its end.

use std::io::{IsTerminal, Write, stderr};
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::numbers::{bytes, grouped, rows_per_second, seconds};
use super::output::Output;
use super::room::has_room;

/// A result that is shorter shows no progress.
const DELAY: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(200);
/// Number of rows between two looks at the clock. The clock is also read whenever a block is written.
const ROWS_PER_CHECK: u64 = 1_024;
/// The rate of a shorter time would be meaningless.
const MIN_TIME_FOR_A_RATE: Duration = Duration::from_millis(100);

const SECOND: Duration = Duration::from_secs(1);
/// How long to wait for a server before showing that the command waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs a future. If it takes long and standard error is a terminal, shows meanwhile how long it has taken.
pub(super) async fn waiting<T>(what: &str, is_quiet: bool, future: impl Future<Output = T>) -> T {
    if is_quiet || !stderr().is_terminal() {
        return future.await;
    }
    let begun = Instant::now();
    let mut future = pin!(future);
    let mut is_shown = false;
    let mut pause = PATIENCE;
    loop {
        tokio::select! {
            biased;
            done = &mut future => {
                if is_shown && has_room(stderr()) {
                    let _written = write!(stderr(), "\r\x1b[K");
                }
                return done;
            }
            () = sleep(pause) => pause = SECOND,
        }
        // Do not block on a terminal that is stopped (Ctrl-S).
        if has_room(stderr()) {
            is_shown = true;
            let elapsed = begun.elapsed().as_secs();
            let _written = write!(stderr(), "\r{what}, {elapsed} s\x1b[K");
        }
    }
}

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
            // Rows on the same terminal show the progress themselves.
            is_wanted: !is_quiet && stderr().is_terminal() && !output.is_terminal(),
        }
    }

    #[inline]
    pub(super) fn count(&mut self, output: &Output) {
        self.rows = self.rows.saturating_add(1);
        if self.is_wanted && self.rows.is_multiple_of(ROWS_PER_CHECK) {
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
        if elapsed < DELAY || self.shown.is_some_and(since) {
            return;
        }
        // Do not block on a terminal that is stopped (Ctrl-S).
        if !has_room(stderr()) {
            return;
        }
        self.shown = Some(now);
        // A closed terminal must not stop the query.
        let _written = write!(
            stderr(),
            "\r{} rows, {}, {}, {} s\x1b[K",
            grouped(self.rows),
            bytes(output.written()),
            rows_per_second(self.rows, elapsed),
            elapsed.as_secs()
        );
    }

    /// Rows, bytes, time and rate of the whole result.
    pub(super) fn summary(&self, output: &Output) -> String {
        let elapsed = self.begun.elapsed();
        let mut summary = format!(
            "rows: {}, {}, {}",
            grouped(self.rows),
            bytes(output.written()),
            seconds(elapsed)
        );
        if elapsed >= MIN_TIME_FOR_A_RATE {
            summary.push_str(", ");
            summary.push_str(&rows_per_second(self.rows, elapsed));
        }
        summary
    }

    /// Clears the line.
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

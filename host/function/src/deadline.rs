//! The deadline of an invocation: work stops early enough to cancel the statement and to respond.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Bounds of the margin, which is a fifth of the invocation's time. It is reserved for cancelling the statement on the
/// server and for sending the response.
const SHORTEST_MARGIN: Duration = Duration::from_millis(200);
const LONGEST_MARGIN: Duration = Duration::from_secs(1);

/// The pool stops up to 50 ms before its limit, so that it can report why it has no connection.
const NEAR: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    /// When the work must end.
    pub(super) at: Instant,
    /// How long the work may take, from the creation of this deadline.
    pub(super) limit: Duration,
    /// The time from `at` until Lambda ends the invocation.
    pub(super) margin: Duration,
}

impl Deadline {
    /// The deadline of an invocation that Lambda ends at `end`.
    pub(super) fn before(end: SystemTime) -> Self {
        let left = end.duration_since(SystemTime::now()).unwrap_or_default();
        let margin = left
            .checked_div(5)
            .unwrap_or_default()
            .clamp(SHORTEST_MARGIN, LONGEST_MARGIN)
            .min(left);
        let limit = left.saturating_sub(margin);
        let now = Instant::now();
        Self {
            at: now.checked_add(limit).unwrap_or(now),
            limit,
            margin,
        }
    }

    /// The remaining time for work; zero after the deadline.
    pub(super) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether a timeout that was just observed is due to this deadline: the pool stops waiting slightly before it.
    pub(super) fn is_near(&self) -> bool {
        self.left() <= NEAR
    }

    pub(super) fn has_come(&self) -> bool {
        self.left().is_zero()
    }

    /// How long cancelling a statement may take. The other half of the margin is for the response.
    pub(super) fn grace(&self) -> Duration {
        self.margin.checked_div(2).unwrap_or_default()
    }

    /// How long the gateway may still take to end a statement, before the response ends.
    pub(super) fn closing(&self) -> Duration {
        let end = self.at.checked_add(self.margin).unwrap_or(self.at);
        let left = end.saturating_duration_since(Instant::now());
        self.grace().min(left.checked_div(2).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit_and_margin(seconds: f64) -> (f64, f64) {
        let length = Duration::from_secs_f64(seconds);
        let end = SystemTime::now().checked_add(length).unwrap();
        let Deadline { limit, margin, .. } = Deadline::before(end);
        let tenths = |it: Duration| (it.as_secs_f64() * 10.0).round() / 10.0;
        (tenths(limit), tenths(margin))
    }

    #[test]
    fn a_fifth_is_kept_within_bounds() {
        assert_eq!(limit_and_margin(3.0), (2.4, 0.6));
        assert_eq!(limit_and_margin(60.0), (59.0, 1.0));
        assert_eq!(limit_and_margin(0.5), (0.3, 0.2));
        assert_eq!(limit_and_margin(0.1), (0.0, 0.1));
        let past = Deadline::before(SystemTime::UNIX_EPOCH);
        assert_eq!((past.limit, past.margin), (Duration::ZERO, Duration::ZERO));
    }
}

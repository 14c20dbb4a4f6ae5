//! The end that Lambda sets: what is under way is to come to its own before.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// What is left for ending a statement on the server, and for saying so: a fifth of the time, within these.
const SHORTEST_MARGIN: Duration = Duration::from_millis(200);
const LONGEST_MARGIN: Duration = Duration::from_secs(1);

const NEAR: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    /// When work is to end.
    pub(super) at: Instant,
    /// How long there was for it.
    pub(super) limit: Duration,
    /// What remains from there on.
    pub(super) margin: Duration,
}

impl Deadline {
    /// Of an invocation that Lambda ends at a time.
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

    /// How much of the time is left.
    pub(super) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether what was waited for has been given up because of it: the pool gives up a little earlier.
    pub(super) fn is_near(&self) -> bool {
        self.left() <= NEAR
    }

    pub(super) fn has_come(&self) -> bool {
        self.left().is_zero()
    }

    /// How long ending a statement may take: the other half of the margin is for the answer.
    pub(super) fn grace(&self) -> Duration {
        self.margin.checked_div(2).unwrap_or_default()
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

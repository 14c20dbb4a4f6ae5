//! The limit on new connections per second. It is stricter than that of RDS, because it also counts a token that was
//! used before: a client's tokens of the same second are equal, and would hardly ever reach RDS's limit.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// The times of the accepted logins of the last second.
static RECENT: Mutex<VecDeque<Instant>> = Mutex::new(VecDeque::new());

/// Returns whether another login is allowed, and counts it if so.
pub(crate) fn allows(per_second: u64) -> bool {
    let now = Instant::now();
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    recent.retain(|login| now.saturating_duration_since(*login) < WINDOW);
    let is_below = u64::try_from(recent.len()).is_ok_and(|logins| logins < per_second);
    if is_below {
        recent.push_back(now);
    }
    is_below
}

//! The limit on new connections per second, stricter than RDS's: a token that has been seen counts too. A
//! client's tokens of the same second are the same, so that it hardly ever reaches the other.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// When there were logins within the last second. Those that were refused do not count.
static RECENT: Mutex<VecDeque<Instant>> = Mutex::new(VecDeque::new());

/// Counts a login, if there may be one more.
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

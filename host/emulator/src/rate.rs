//! The limit on new connections per second.
//!
//! Source: Amazon RDS User Guide, "IAM database authentication", "Recommendations": about 200 new connections per
//! second; connections that reuse a token are not throttled.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);
/// The longest validity of a token.
const TOKEN_LIFETIME: Duration = Duration::from_secs(900);

/// Counts the logins of the last second.
pub(super) struct RateLimit {
    per_second: Option<u32>,
    recent: VecDeque<Instant>,
    /// When each token was first accepted, by the token's hash: the token itself is not stored.
    tokens: HashMap<u64, Instant>,
    hasher: RandomState,
}

impl RateLimit {
    pub(super) fn new(per_second: Option<u32>) -> Self {
        Self {
            per_second,
            recent: VecDeque::new(),
            tokens: HashMap::new(),
            hasher: RandomState::new(),
        }
    }

    /// Whether a login with this token is within the limit. A login that exceeds it does not count.
    pub(super) fn allows(&mut self, token: &[u8], now: Instant) -> bool {
        let Some(per_second) = self.per_second else {
            return true;
        };
        let is_past = |seen: Instant, span| now.saturating_duration_since(seen) >= span;
        self.tokens
            .retain(|_, seen| !is_past(*seen, TOKEN_LIFETIME));
        while self
            .recent
            .front()
            .is_some_and(|seen| is_past(*seen, WINDOW))
        {
            self.recent.pop_front();
        }
        let hash = self.hasher.hash_one(token);
        if self.tokens.contains_key(&hash) {
            return true;
        }
        if self.recent.len() >= usize::try_from(per_second).unwrap_or(usize::MAX) {
            return false;
        }
        self.recent.push_back(now);
        self.tokens.insert(hash, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_tokens_are_limited_and_known_ones_are_not() {
        let mut limit = RateLimit::new(Some(2));
        let start = Instant::now();
        assert!(limit.allows(b"a", start));
        assert!(limit.allows(b"b", start));
        assert!(!limit.allows(b"c", start));
        assert!(limit.allows(b"a", start));
        let later = start + WINDOW;
        assert!(limit.allows(b"c", later));
        assert!(limit.allows(b"d", later));
        assert!(!limit.allows(b"e", later));
    }

    #[test]
    fn no_limit() {
        let mut limit = RateLimit::new(None);
        assert!((0..1_000_u16).all(|n| limit.allows(&n.to_le_bytes(), Instant::now())));
    }
}

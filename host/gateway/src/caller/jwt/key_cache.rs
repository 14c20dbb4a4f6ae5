//! The keys of an issuer, which are fetched by one request for all.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use jsonwebtoken::{Algorithm, DecodingKey};
use rds_bridge::single_flight::SingleFlight;
use tracing::{info, warn};

use super::fetch::{Fetch, FetchError};
use super::key_set::KeySet;

/// Older keys are used, and fetched again in the background.
const FRESH: Duration = Duration::from_mins(5);
/// Older keys are not used.
const USABLE: Duration = Duration::from_hours(1);
/// How long after a fetch another one may begin, so that tokens with unknown keys cannot make the gateway flood the
/// issuer.
const PAUSE: Duration = Duration::from_secs(30);
/// As [`PAUSE`], while there are no usable keys. After this time a request may be repeated.
pub(crate) const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);

/// The keys of an issuer.
#[derive(Debug)]
pub(super) struct KeyCache {
    fetch: Fetch,
    /// Apart from `calls`, so that requests whose key is known need not wait for a call.
    kept: RwLock<Kept>,
    calls: SingleFlight<FetchError>,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    keys: Option<(Arc<KeySet>, Instant)>,
    /// When the last fetch began.
    attempted: Option<Instant>,
}

/// Why there is no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyError {
    /// The issuer's keys are known, and it is not among them.
    Unknown,
    /// The issuer's keys cannot be fetched.
    Unavailable,
}

impl KeyCache {
    pub(super) fn new(fetch: Fetch) -> Self {
        Self {
            fetch,
            kept: RwLock::default(),
            calls: SingleFlight::default(),
        }
    }

    /// The key for a token with this key id and this algorithm.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub(super) async fn key(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, KeyError> {
        let kept = self.kept();
        if let Ok(key) = kept.find(id, algorithm, Instant::now()) {
            if kept.is_due(Instant::now()) {
                self.begin_refresh();
            }
            return Ok(key);
        }
        // In a task of its own: a client that disconnects must not abort what other requests wait for.
        let _ended = self.begin_refresh().await;
        self.kept().find(id, algorithm, Instant::now())
    }

    fn begin_refresh(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        let cache = Arc::clone(self);
        tokio::spawn(async move { cache.refresh().await })
    }

    /// Fetches the keys, unless another request has just done so.
    async fn refresh(&self) {
        let mut turn = self.calls.turn(self.calls.arrive()).await;
        let now = Instant::now();
        if turn.has_waited_for_a_call() || !self.kept().may_fetch(now) {
            return;
        }
        self.keep(|kept| kept.attempted = Some(now));
        let keep = |document: Result<Bytes, FetchError>| {
            let keys = KeySet::read(&document?).ok_or(FetchError::NoKeySet)?;
            self.keep(|kept| kept.keys = Some((Arc::new(keys), now)));
            Ok(())
        };
        let url = self.fetch.url();
        match turn.call(self.fetch.document(), keep).await {
            Ok(()) => info!(url, "fetched the keys of an issuer"),
            Err(error) => warn!(url, %error, "cannot fetch the keys of an issuer"),
        }
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn kept(&self) -> Kept {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }

    fn keep(&self, change: impl FnOnce(&mut Kept)) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut kept);
    }
}

impl Kept {
    fn usable(&self, now: Instant) -> Option<&KeySet> {
        let (keys, at) = self.keys.as_ref()?;
        (now.saturating_duration_since(*at) < USABLE).then_some(&**keys)
    }

    fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Instant,
    ) -> Result<Arc<DecodingKey>, KeyError> {
        let keys = self.usable(now).ok_or(KeyError::Unavailable)?;
        keys.find(id, algorithm).ok_or(KeyError::Unknown)
    }

    /// Whether the keys are to be fetched again in the background.
    fn is_due(&self, now: Instant) -> bool {
        let is_fresh = |at: Instant| now.saturating_duration_since(at) < FRESH;
        !self.keys.as_ref().is_some_and(|(_, at)| is_fresh(*at)) && self.may_fetch(now)
    }

    fn may_fetch(&self, now: Instant) -> bool {
        let pause = match self.usable(now) {
            Some(_) => PAUSE,
            None => PAUSE_WITHOUT_KEYS,
        };
        let since = self.attempted.map(|at| now.saturating_duration_since(at));
        since.is_none_or(|since| since >= pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_again_in_time() {
        let start = Instant::now();
        let at = |seconds: u64| start.checked_add(Duration::from_secs(seconds)).unwrap();
        let keys = Arc::new(KeySet::read(b"{\"keys\": []}").unwrap());
        let find = |kept: &Kept, now| kept.find(Some("k"), Algorithm::RS256, now).unwrap_err();

        let none = Kept::default();
        assert!(none.may_fetch(start));
        assert_eq!(find(&none, start), KeyError::Unavailable);
        let failed = Kept {
            keys: None,
            attempted: Some(start),
        };
        assert!(!failed.may_fetch(at(4)) && failed.may_fetch(at(5)));

        let fetched = Kept {
            keys: Some((keys, start)),
            attempted: Some(start),
        };
        assert_eq!(find(&fetched, at(3599)), KeyError::Unknown);
        assert_eq!(find(&fetched, at(3600)), KeyError::Unavailable);
        assert!(!fetched.may_fetch(at(29)) && fetched.may_fetch(at(30)));
        assert!(!fetched.is_due(at(299)) && fetched.is_due(at(300)));
        let failed_again = Kept {
            attempted: Some(at(300)),
            ..fetched
        };
        assert!(!failed_again.is_due(at(329)) && failed_again.is_due(at(330)));
    }
}

//! What callers use of the databases: requests in a second, requests at the same time, and open sessions.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rds_bridge_access::Limits;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Caller;

/// With more callers than this, those that use nothing are forgotten. Their names may be those of certificates, of which
/// an authority may issue any number.
const REMEMBERED_CALLERS: usize = 10_000;
/// After this time without a request, a rate limiter is as a new one.
const RATE_PERIOD: Duration = Duration::from_secs(1);
/// How long a request of a session waits for its place.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What callers use of the databases. It outlives a reload.
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    /// By caller and database.
    counts: HashMap<String, HashMap<String, Arc<Counts>>>,
    /// How many callers were left when some were forgotten.
    left: usize,
}

#[derive(Debug)]
struct Counts {
    rate: Mutex<Option<Rate>>,
    requests: AtomicUsize,
    /// Requests of sessions that wait for a place. No other request takes it from them.
    waiting: AtomicUsize,
    freed: Notify,
    sessions: AtomicUsize,
    last_used: Mutex<Instant>,
}

#[derive(Clone, Debug)]
struct Rate {
    per_second: NonZeroU32,
    limiter: Arc<DefaultDirectRateLimiter>,
}

/// Which limit of a caller is reached. Nothing was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Exceeded {
    #[error("the caller has exceeded its limit of {0} requests per second: send fewer")]
    Rate(NonZeroU32),
    #[error(
        "the caller has reached its limit of {0} concurrent requests: send fewer at the same time"
    )]
    Requests(usize),
    #[error(
        "the caller has reached its limit of {0} open sessions: end one, or use fewer transactions at the same time"
    )]
    Sessions(usize),
}

impl Exceeded {
    /// After which time there may be room, in seconds.
    pub(crate) const RETRY_AFTER: u64 = 1;
}

/// One of the requests, or sessions, that a caller may have at the same time, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    counts: Arc<Counts>,
    of: fn(&Counts) -> &AtomicUsize,
}

impl Usage {
    /// Counts a request. Returns its place, if the requests at the same time are limited.
    ///
    /// # Errors
    ///
    /// [`Exceeded`].
    pub(crate) fn admit(
        &self,
        caller: &Caller,
        database: &str,
        limits: &Limits,
    ) -> Result<Option<Place>, Exceeded> {
        let concurrent = limits.max_concurrent_requests;
        if concurrent.is_none() && limits.requests_per_second.is_none() {
            return Ok(None);
        }
        let counts = self.counts(caller, database);
        // First the place: a request that gets none does not count for the second.
        let place = match concurrent.map(number) {
            None => None,
            Some(limit) => {
                let left = limit.saturating_sub(counts.waiting.load(Ordering::Relaxed));
                let place = Place::enter(&counts, |it| &it.requests, left);
                Some(place.ok_or(Exceeded::Requests(limit))?)
            }
        };
        match counts.rate(limits) {
            Some(rate) if rate.limiter.check().is_err() => Err(Exceeded::Rate(rate.per_second)),
            _ => Ok(place),
        }
    }

    /// Waits until a request of an open session may be executed, and counts it. At first it is not refused, since it may
    /// be what ends the transaction; and a session's requests are executed one after another. Returns its place, if the
    /// requests at the same time are limited.
    ///
    /// # Errors
    ///
    /// [`Exceeded::Requests`], if there was no place for 30 seconds.
    pub(crate) async fn pace(
        &self,
        caller: &Caller,
        database: &str,
        limits: &Limits,
    ) -> Result<Option<Place>, Exceeded> {
        let concurrent = limits.max_concurrent_requests.map(number);
        if concurrent.is_none() && limits.requests_per_second.is_none() {
            return Ok(None);
        }
        let counts = self.counts(caller, database);
        // Before the place, which is for a request that can be executed.
        if let Some(rate) = counts.rate(limits) {
            rate.limiter.until_ready().await;
        }
        let Some(limit) = concurrent else {
            return Ok(None);
        };
        let waited = timeout(LONGEST_WAIT, Place::wait(&counts, limit)).await;
        waited.map(Some).map_err(|_| Exceeded::Requests(limit))
    }

    /// Counts a session. `limit` is that of a caller whose grant has none.
    ///
    /// # Errors
    ///
    /// [`Exceeded::Sessions`].
    pub(crate) fn open_session(
        &self,
        caller: &Caller,
        database: &str,
        limits: &Limits,
        limit: usize,
    ) -> Result<Place, Exceeded> {
        let own = limits
            .max_sessions
            .map(|it| usize::try_from(it).unwrap_or(usize::MAX));
        let limit = own.unwrap_or(limit);
        let counts = self.counts(caller, database);
        Place::enter(&counts, |it| &it.sessions, limit).ok_or(Exceeded::Sessions(limit))
    }

    fn counts(&self, caller: &Caller, database: &str) -> Arc<Counts> {
        let mut remembered = lock(&self.0);
        let now = Instant::now();
        if !remembered.counts.contains_key(caller.name()) {
            remembered.make_room(now);
        }
        let of_caller = match remembered.counts.get_mut(caller.name()) {
            Some(found) => found,
            None => remembered
                .counts
                .entry(caller.name().to_owned())
                .or_default(),
        };
        if let Some(found) = of_caller.get(database) {
            *lock(&found.last_used) = now;
            return Arc::clone(found);
        }
        let counts = Arc::new(Counts::new(now));
        of_caller.insert(database.to_owned(), Arc::clone(&counts));
        counts
    }
}

impl Remembered {
    /// Forgets the callers that use nothing, if there are many. If most were in use the last time, it waits until there
    /// are twice as many, so that not every new caller makes it search.
    fn make_room(&mut self, now: Instant) {
        if self.counts.len() < REMEMBERED_CALLERS.max(self.left.saturating_mul(2)) {
            return;
        }
        let is_used = |it: &Arc<Counts>| {
            Arc::strong_count(it) > 1
                || now.saturating_duration_since(*lock(&it.last_used)) < RATE_PERIOD
        };
        self.counts
            .retain(|_, of_caller| of_caller.values().any(is_used));
        self.left = self.counts.len();
    }
}

impl Counts {
    fn new(now: Instant) -> Self {
        Self {
            rate: Mutex::default(),
            requests: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            freed: Notify::new(),
            sessions: AtomicUsize::new(0),
            last_used: Mutex::new(now),
        }
    }

    /// The limiter for these limits. A reload may have changed them.
    fn rate(&self, limits: &Limits) -> Option<Rate> {
        let per_second = limits.requests_per_second?;
        let mut rate = lock(&self.rate);
        match &*rate {
            Some(rate) if rate.per_second == per_second => Some(rate.clone()),
            _ => {
                let limiter = RateLimiter::direct(Quota::per_second(per_second));
                let limiter = Arc::new(limiter);
                Some(
                    rate.insert(Rate {
                        per_second,
                        limiter,
                    })
                    .clone(),
                )
            }
        }
    }
}

impl Place {
    fn enter(counts: &Arc<Counts>, of: fn(&Counts) -> &AtomicUsize, limit: usize) -> Option<Self> {
        let taken = of(counts).fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
            (taken < limit).then(|| taken.saturating_add(1))
        });
        taken.ok().map(|_| Self {
            counts: Arc::clone(counts),
            of,
        })
    }

    /// Waits for a place among the requests.
    async fn wait(counts: &Arc<Counts>, limit: usize) -> Self {
        let _waiting = Waiting::begin(&counts.waiting);
        loop {
            let mut freed = pin!(counts.freed.notified());
            // Before the attempt, so that no place that becomes free after it is missed.
            freed.as_mut().enable();
            if let Some(place) = Self::enter(counts, |it| &it.requests, limit) {
                return place;
            }
            freed.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        (self.of)(&self.counts).fetch_sub(1, Ordering::Relaxed);
        self.counts.freed.notify_one();
    }
}

/// A request that waits for its place.
struct Waiting<'c>(&'c AtomicUsize);

impl<'c> Waiting<'c> {
    fn begin(counter: &'c AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn number(limit: NonZeroU32) -> usize {
    usize::try_from(limit.get()).unwrap_or(usize::MAX)
}

/// A poisoned lock is used as it is, since no code panics while it holds the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

//! What callers use of the databases: requests in a second, requests at the same time, and open sessions.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rds_bridge_access::Limits;
use thiserror::Error;

use super::Caller;

/// What callers use of the databases. It outlives a reload.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// By caller and database. Both are names of the configuration, so that there are few.
    counts: Mutex<HashMap<String, HashMap<String, Arc<Counts>>>>,
}

#[derive(Debug, Default)]
struct Counts {
    rate: Mutex<Option<Rate>>,
    requests: AtomicUsize,
    sessions: AtomicUsize,
}

#[derive(Clone, Debug)]
struct Rate {
    per_second: NonZeroU32,
    limiter: Arc<DefaultDirectRateLimiter>,
}

/// Which limit of a caller is reached. Nothing was executed. After a second there may be room.
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
                let place = Place::enter(&counts, |it| &it.requests, limit);
                Some(place.ok_or(Exceeded::Requests(limit))?)
            }
        };
        match counts.rate(limits) {
            Some(rate) if rate.limiter.check().is_err() => Err(Exceeded::Rate(rate.per_second)),
            _ => Ok(place),
        }
    }

    /// Waits until a request of an open session may be executed. It is not refused, since it may be what ends the
    /// transaction; and a session's requests are executed one after another.
    pub(crate) async fn pace(&self, caller: &Caller, database: &str, limits: &Limits) {
        if limits.requests_per_second.is_none() {
            return;
        }
        if let Some(rate) = self.counts(caller, database).rate(limits) {
            rate.limiter.until_ready().await;
        }
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
        let mut counts = lock(&self.counts);
        if let Some(found) = counts.get(caller.name()).and_then(|it| it.get(database)) {
            return Arc::clone(found);
        }
        let of_caller = counts.entry(caller.name().to_owned()).or_default();
        Arc::clone(of_caller.entry(database.to_owned()).or_default())
    }
}

impl Counts {
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
}

impl Drop for Place {
    fn drop(&mut self) {
        (self.of)(&self.counts).fetch_sub(1, Ordering::Relaxed);
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
mod tests {
    use rds_bridge_access::{Grant, Statements};

    use super::*;

    fn limits(change: impl FnOnce(&mut Grant)) -> Limits {
        let mut grant = Grant::new("orders", Statements::Any);
        change(&mut grant);
        grant.limits()
    }

    #[test]
    fn a_caller_has_its_own_rate_for_each_database() {
        let usage = Usage::default();
        let limits = limits(|it| it.requests_per_second = NonZeroU32::new(3));
        let (app, other) = (Caller::named("app"), Caller::named("other"));
        for _ in 0..3 {
            usage.admit(&app, "orders", &limits).unwrap();
        }
        let refused = usage.admit(&app, "orders", &limits).unwrap_err();
        assert_eq!(refused, Exceeded::Rate(NonZeroU32::new(3).unwrap()));
        usage.admit(&app, "stock", &limits).unwrap();
        usage.admit(&other, "orders", &limits).unwrap();
        // A reload that changes the limit begins anew, and one without a limit admits all.
        let higher = self::limits(|it| it.requests_per_second = NonZeroU32::new(4));
        usage.admit(&app, "orders", &higher).unwrap();
        for _ in 0..100 {
            usage.admit(&app, "orders", &Limits::default()).unwrap();
        }
    }

    #[tokio::test]
    async fn a_request_of_a_session_waits_for_its_turn() {
        let usage = Usage::default();
        let limits = limits(|it| it.requests_per_second = NonZeroU32::new(20));
        let app = Caller::named("app");
        let began = std::time::Instant::now();
        for _ in 0..24 {
            usage.pace(&app, "orders", &limits).await;
        }
        // Twenty at once, and then one in each twentieth of a second.
        assert!(began.elapsed() >= std::time::Duration::from_millis(150));
    }

    #[test]
    fn a_place_is_taken_until_it_is_dropped() {
        let usage = Usage::default();
        let limits = limits(|it| {
            it.max_concurrent_requests = NonZeroU32::new(2);
            it.max_sessions = Some(1);
        });
        let app = Caller::named("app");
        let admit = || usage.admit(&app, "orders", &limits);
        let first = admit().unwrap();
        let second = admit().unwrap();
        assert_eq!(admit().unwrap_err(), Exceeded::Requests(2));
        drop(first);
        let third = admit().unwrap();
        assert!(second.is_some() && third.is_some());

        let open = |limits: &Limits, default| usage.open_session(&app, "orders", limits, default);
        let session = open(&limits, 9).unwrap();
        assert_eq!(open(&limits, 9).unwrap_err(), Exceeded::Sessions(1));
        // Without a limit of the grant, that of the pool.
        let _another = open(&Limits::default(), 2).unwrap();
        let refused = open(&Limits::default(), 2).unwrap_err();
        assert_eq!(refused, Exceeded::Sessions(2));
        drop(session);
        open(&Limits::default(), 2).unwrap();
        let none = self::limits(|it| it.max_sessions = Some(0));
        assert_eq!(open(&none, 2).unwrap_err(), Exceeded::Sessions(0));
    }

    #[test]
    fn no_place_is_given_twice() {
        let usage = Usage::default();
        let limits = limits(|it| it.max_concurrent_requests = NonZeroU32::new(5));
        let app = Caller::named("app");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let place = usage.admit(&app, "orders", &limits);
                        let counts = usage.counts(&app, "orders");
                        assert!(counts.requests.load(Ordering::Relaxed) <= 5);
                        drop(place);
                    }
                });
            }
        });
        let counts = usage.counts(&app, "orders");
        assert_eq!(counts.requests.load(Ordering::Relaxed), 0);
    }
}

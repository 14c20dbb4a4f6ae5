//! What one caller may take of a gateway: requests a second, and requests at the same time.

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::NotAdmitted;

/// The limits of one caller. Each is `None` by default: no limit, but that of the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallerLimits {
    /// The average number of requests in a second. As many may be sent at once.
    pub requests_per_second: Option<NonZeroU32>,
    /// The number of requests that are answered at the same time.
    pub concurrent_requests: Option<NonZeroUsize>,
}

impl CallerLimits {
    /// Limits the requests in a second. One more is refused with 429, and `Retry-After`.
    #[must_use]
    pub fn requests_per_second(mut self, limit: NonZeroU32) -> Self {
        self.requests_per_second = Some(limit);
        self
    }

    /// Limits the requests at the same time. One more is refused with 429.
    #[must_use]
    pub fn concurrent_requests(mut self, limit: NonZeroUsize) -> Self {
        self.concurrent_requests = Some(limit);
        self
    }
}

/// The limits of all callers.
#[derive(Clone, Debug, Default)]
pub(crate) struct LimitsOfCallers {
    /// Of callers without their own.
    pub(crate) default: CallerLimits,
    pub(crate) own: HashMap<String, CallerLimits>,
}

/// Counts the requests of callers.
#[derive(Debug, Default)]
pub(crate) struct Admissions {
    limits: LimitsOfCallers,
    /// Of callers that have limits. Their names are those of the configuration, so that there are few.
    counts: Mutex<HashMap<Arc<str>, Arc<Counts>>>,
}

#[derive(Debug)]
struct Counts {
    rate: Option<DefaultDirectRateLimiter>,
    places: Option<(usize, Arc<Semaphore>)>,
}

/// A request's place among those that its caller may have at the same time.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

impl Admissions {
    pub(crate) fn new(limits: LimitsOfCallers) -> Self {
        Self {
            limits,
            counts: Mutex::default(),
        }
    }

    /// Counts a request of a caller.
    pub(crate) fn admit(&self, name: &Arc<str>) -> Result<Option<Place>, NotAdmitted> {
        let own = self.limits.own.get(&**name);
        let limits = own.unwrap_or(&self.limits.default);
        if *limits == CallerLimits::default() {
            return Ok(None);
        }
        let counts = Arc::clone(
            self.lock()
                .entry(Arc::clone(name))
                .or_insert_with(|| Arc::new(Counts::new(limits))),
        );
        counts.admit()
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Counts>>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn new(limits: &CallerLimits) -> Self {
        let rate = limits.requests_per_second;
        let places = limits.concurrent_requests.map(NonZeroUsize::get);
        let places = places.map(|limit| limit.min(Semaphore::MAX_PERMITS));
        Self {
            rate: rate.map(|limit| RateLimiter::direct(Quota::per_second(limit))),
            places: places.map(|limit| (limit, Arc::new(Semaphore::new(limit)))),
        }
    }

    fn admit(&self) -> Result<Option<Place>, NotAdmitted> {
        // First the place: a request that gets none is not counted in the second.
        let place = match &self.places {
            None => None,
            Some((limit, places)) => {
                let place = Arc::clone(places).try_acquire_owned();
                let limit = *limit;
                Some(Arc::new(place.map_err(|_| NotAdmitted::Busy { limit })?))
            }
        };
        if let Some(rate) = &self.rate
            && let Err(until) = rate.check()
        {
            let wait = until.wait_time_from(DefaultClock::default().now());
            return Err(NotAdmitted::TooFast { wait });
        }
        Ok(place)
    }
}

/// The seconds of a header `Retry-After`: at least 1, and rounded up.
pub(crate) fn retry_after(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admissions(limits: CallerLimits) -> Admissions {
        Admissions::new(LimitsOfCallers {
            default: limits,
            own: HashMap::from([("free".to_owned(), CallerLimits::default())]),
        })
    }

    #[test]
    fn a_caller_has_its_own_rate() {
        let per_second = NonZeroU32::new(3).unwrap();
        let admissions = admissions(CallerLimits::default().requests_per_second(per_second));
        let admit = |name: &str| admissions.admit(&name.into());
        for _ in 0..3 {
            admit("app").unwrap();
        }
        let Err(NotAdmitted::TooFast { wait }) = admit("app") else {
            panic!("admitted");
        };
        assert!(wait <= Duration::from_millis(334), "{wait:?}");
        admit("other").unwrap();
        for _ in 0..100 {
            admit("free").unwrap();
        }
    }

    #[test]
    fn a_place_is_taken_until_the_last_of_its_clones_is_dropped() {
        let limit = NonZeroUsize::new(2).unwrap();
        let admissions = admissions(CallerLimits::default().concurrent_requests(limit));
        let admit = |name: &str| admissions.admit(&name.into());
        let first = admit("app").unwrap();
        let _second = admit("app").unwrap();
        let clone = first.clone();
        drop(first);
        let refused = admit("app");
        assert!(matches!(refused, Err(NotAdmitted::Busy { limit: 2 })));
        admit("other").unwrap();
        drop(clone);
        admit("app").unwrap();
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_900, 60)] {
            let wait = Duration::from_millis(milliseconds);
            assert_eq!(retry_after(wait), seconds, "{milliseconds}");
        }
    }
}

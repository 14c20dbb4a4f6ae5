//! The limit on the rate of new connections.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Mutex;

/// Limits the rate of new connections. Share one between everything that opens connections to a database: RDS accepts
/// about 200 new IAM connections a second, and refuses more.
#[derive(Debug)]
pub struct ConnectionRate {
    limiter: DefaultDirectRateLimiter,
    /// The callers that wait, in a queue.
    callers: Mutex<()>,
    /// As `callers`, for the connections that only a bridge needs.
    own: Mutex<()>,
    /// The first ones of both queues take turns, so that a bridge that searches for a new writer does not wait behind
    /// all who need it.
    next: Mutex<()>,
}

impl ConnectionRate {
    /// Allows at most `per_second` new connections in any second: one half as a burst, the other half spread over the
    /// second.
    #[must_use]
    pub fn new(per_second: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::direct(quota(per_second)),
            callers: Mutex::default(),
            own: Mutex::default(),
            next: Mutex::default(),
        }
    }

    /// Waits until another connection is allowed. Those that wait get their turns in the order in which they came. A
    /// bridge that searches for a new writer waits beside them and not behind them.
    ///
    /// Poll a future of this function until its end, or drop it: while it is kept without being polled, those behind it
    /// wait too.
    pub async fn wait(&self) {
        self.wait_in(&self.callers).await;
    }

    /// As [`Self::wait`], for a connection that only a bridge needs.
    pub(crate) async fn wait_for_own(&self) {
        self.wait_in(&self.own).await;
    }

    async fn wait_in(&self, queue: &Mutex<()>) {
        let _first = queue.lock().await;
        let _next = self.next.lock().await;
        self.limiter.until_ready().await;
    }

    /// Counts a connection that is opened in any case, unless the limit is reached already.
    pub(crate) fn count(&self) {
        let _is_allowed = self.limiter.check();
    }
}

/// At most `per_second` in any second: one half as a burst, the other half spread over the second.
fn quota(per_second: NonZeroU32) -> Quota {
    let burst = per_second.get().div_ceil(2);
    let sustained = per_second.get().saturating_sub(burst);
    let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(sustained)).allow_burst(at_least_one(burst))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    #[tokio::test]
    async fn callers_get_their_turns_in_order_and_own_connections_beside_them() {
        const CALLERS: usize = 8;
        let rate = ConnectionRate::new(NonZeroU32::new(4).unwrap());
        let turns = std::cell::RefCell::new(Vec::new());
        let callers = (0..CALLERS).map(|caller| {
            let (rate, turns) = (&rate, &turns);
            Box::pin(async move {
                rate.wait().await;
                turns.borrow_mut().push(caller);
            })
        });
        // After all callers.
        let own = async {
            rate.wait_for_own().await;
            turns.borrow().len()
        };
        let mut callers: Vec<_> = callers.collect();
        let all = std::future::poll_fn(|context| {
            callers.retain_mut(|caller| caller.as_mut().poll(context).is_pending());
            if callers.is_empty() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        });
        let ((), before) = tokio::join!(all, own);
        assert_eq!(*turns.borrow(), (0..CALLERS).collect::<Vec<_>>());
        // Two need not wait. Of the others, only one was before it.
        assert_eq!(before, 3);
    }

    #[test]
    fn no_second_has_more() {
        for per_second in [1, 2, 3, 150] {
            let clock = FakeRelativeClock::default();
            let quota = quota(NonZeroU32::new(per_second).unwrap());
            let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
            // Takes as many as the limiter allows, for three seconds, in steps of a millisecond.
            let made: Vec<usize> = (0..3_000)
                .map(|_| {
                    let made = (0..).take_while(|_| limiter.check().is_ok()).count();
                    clock.advance(Duration::from_millis(1));
                    made
                })
                .collect();
            let seconds = made.windows(1_000).map(|second| second.iter().sum());
            let most: usize = seconds.max().unwrap();
            let limit = usize::try_from(per_second).unwrap();
            // One less if the last one is allowed just after the end of the second.
            assert!((limit - 1..=limit).contains(&most), "{most} of {limit}");
            assert!(most > 0);
        }
    }
}

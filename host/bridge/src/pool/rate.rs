//! How fast new connections may be made.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Callers wait until there is room.
#[derive(Debug)]
pub(super) struct Rate {
    limiter: DefaultDirectRateLimiter,
}

impl Rate {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::direct(quota(per_second)),
        }
    }

    pub(super) async fn wait(&self) {
        self.limiter.until_ready().await;
    }
}

/// So many in any second, and no more: a half at once, the other half over the second.
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

    #[test]
    fn no_second_has_more() {
        for per_second in [1, 2, 3, 150] {
            let clock = FakeRelativeClock::default();
            let quota = quota(NonZeroU32::new(per_second).unwrap());
            let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
            // As many as there may be, for three seconds, in steps of a millisecond.
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
            // One less where the last one comes just behind the second's end.
            assert!((limit - 1..=limit).contains(&most), "{most} of {limit}");
            assert!(most > 0);
        }
    }
}

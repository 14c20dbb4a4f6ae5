//! How fast new connections may be made.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Callers wait until there is room.
#[derive(Debug)]
pub(super) struct Rate {
    limiter: DefaultDirectRateLimiter,
}

impl Rate {
    /// So many in any second, and no more: a half at once, the other half over the second.
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let burst = per_second.get().div_ceil(2);
        let sustained = per_second.get().saturating_sub(burst);
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(sustained)).allow_burst(at_least_one(burst));
        Self {
            limiter: RateLimiter::direct(quota),
        }
    }

    pub(super) async fn wait(&self) {
        self.limiter.until_ready().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_has_more() {
        for per_second in [1, 2, 3, 150] {
            let rate = Rate::new(NonZeroU32::new(per_second).unwrap());
            let at_once = (0..).take_while(|_| rate.limiter.check().is_ok()).count();
            assert!(
                (1..=usize::try_from(per_second).unwrap()).contains(&at_once),
                "{per_second}: {at_once}"
            );
        }
    }
}

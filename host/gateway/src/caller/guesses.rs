//! Slows down a source that guesses keys.
//!
//! A source has some failures without a consequence, since a caller may be configured with an old key. After these, its
//! attempts with the same name are refused for a time that doubles with each further failure, without being verified.
//! Other names and other sources are not affected: a source cannot lock a caller out.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::peer::Source;

/// How many failures have no consequence.
const FREE: u32 = 10;
/// How long a source is refused after the first failure beyond [`FREE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After this time without a failure, earlier ones are forgotten.
const MEMORY: Duration = Duration::from_mins(10);
/// How many sources and names are remembered.
const CAPACITY: usize = 10_000;

/// The failed attempts of all sources.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    /// Names are kept as hashes, so that memory does not grow with their length.
    hasher: RandomState,
    failures: Mutex<HashMap<(Source, u64), Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
    paused_until: Instant,
}

impl Guesses {
    /// Whether a source may try a name now.
    ///
    /// # Errors
    ///
    /// How long it must wait.
    pub(crate) fn check(&self, source: Source, name: &str, now: Instant) -> Result<(), Duration> {
        let key = (source, self.hasher.hash_one(name));
        match self.lock().get(&key) {
            Some(failures) if failures.paused_until > now => {
                Err(failures.paused_until.duration_since(now))
            }
            _ => Ok(()),
        }
    }

    /// Notes that a source has tried a name with a wrong key.
    pub(crate) fn note_failure(&self, source: Source, name: &str, now: Instant) {
        let key = (source, self.hasher.hash_one(name));
        let mut failures = self.lock();
        if failures.len() >= CAPACITY && !failures.contains_key(&key) {
            make_room(&mut failures, now);
        }
        let before = failures.get(&key).filter(|it| !it.is_forgotten(now));
        let count = before.map_or(0, |it| it.count).saturating_add(1);
        let noted = Failures {
            count,
            last: now,
            paused_until: now.checked_add(pause(count)).unwrap_or(now),
        };
        failures.insert(key, noted);
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<(Source, u64), Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    fn is_forgotten(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= MEMORY
    }
}

/// How long attempts are refused after `count` failures.
fn pause(count: u32) -> Duration {
    match count.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(beyond) => {
            let doubled = 2_u32.saturating_pow(beyond.saturating_sub(1));
            FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
        }
    }
}

/// Removes what is forgotten, or else the oldest half.
fn make_room(failures: &mut HashMap<(Source, u64), Failures>, now: Instant) {
    failures.retain(|_, it| !it.is_forgotten(now));
    if failures.len() < CAPACITY {
        return;
    }
    let mut times: Vec<Instant> = failures.values().map(|it| it.last).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    failures.retain(|_, it| it.last > median);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(number: u32) -> Source {
        Source::of(std::net::Ipv4Addr::from_bits(number).into())
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start.checked_add(Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn pauses_double_up_to_a_limit() {
        let guesses = Guesses::default();
        let start = Instant::now();
        let mut now = start;
        let mut pauses = Vec::new();
        for _ in 0..18 {
            guesses.note_failure(source(1), "app", now);
            let refused = guesses.check(source(1), "app", now).err();
            let pause = refused.unwrap_or_default();
            now = now.checked_add(pause).unwrap();
            assert_eq!(guesses.check(source(1), "app", now), Ok(()));
            pauses.push(pause.as_secs());
        }
        let expected = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60];
        assert_eq!(pauses, expected);
    }

    #[test]
    fn other_names_and_other_sources_are_not_affected() {
        let guesses = Guesses::default();
        let now = Instant::now();
        for _ in 0..100 {
            guesses.note_failure(source(1), "app", now);
        }
        let wait = guesses.check(source(1), "app", now);
        assert_eq!(wait, Err(LONGEST_PAUSE));
        assert_eq!(guesses.check(source(1), "other", now), Ok(()));
        assert_eq!(guesses.check(source(2), "app", now), Ok(()));
    }

    #[test]
    fn failures_are_forgotten() {
        let guesses = Guesses::default();
        let start = Instant::now();
        for _ in 0..FREE {
            guesses.note_failure(source(1), "app", start);
        }
        let later = after(start, 600);
        guesses.note_failure(source(1), "app", later);
        assert_eq!(guesses.check(source(1), "app", later), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_keeps_the_newest() {
        let guesses = Guesses::default();
        let start = Instant::now();
        let at = |number: u32| {
            let now = start.checked_add(Duration::from_micros(number.into()));
            now.unwrap()
        };
        let all = u32::try_from(CAPACITY).unwrap();
        for number in 0..all {
            for _ in 0..=FREE {
                guesses.note_failure(source(number), "app", at(number));
            }
        }
        assert_eq!(guesses.lock().len(), CAPACITY);
        let is_paused = |number| guesses.check(source(number), "app", at(all)).is_err();
        assert!(is_paused(0));
        // One more makes room: the older half is forgotten, and the newer one is not.
        guesses.note_failure(source(all), "app", at(all));
        assert!(guesses.lock().len() <= CAPACITY / 2 + 1);
        let (older, newer) = (all / 2 - 1, all / 2 + 1);
        assert!(!is_paused(0) && !is_paused(older));
        assert!(is_paused(newer) && is_paused(all - 1));
    }
}

//! A table, shared by the connections of a bridge, of the statements whose last result was long or short.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many statements are remembered. Of two statements with the same place, only the one that was executed last is.
const PLACES: usize = 256;
/// The lowest bit of a place: the result was long. The other bits are the statement's hash; they are 0 in an empty
/// place.
const LONG: u64 = 1;

/// Keyed by the statements' hashes: a text may hold secrets. Two statements with the same hash, of 63 unpredictable
/// bits, would share an entry, which costs time only.
#[derive(Debug)]
pub(crate) struct ResultLengths {
    hasher: RandomState,
    places: [AtomicU64; PLACES],
}

/// A statement's hash without its lowest bit. It determines the place, and identifies the statement there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fingerprint(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Short,
    Long,
}

impl Default for ResultLengths {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            places: [const { AtomicU64::new(0) }; PLACES],
        }
    }
}

impl ResultLengths {
    pub(super) fn fingerprint(&self, sql: &str) -> Fingerprint {
        Fingerprint(self.hasher.hash_one(sql) & !LONG)
    }

    pub(super) fn get(&self, Fingerprint(hash): Fingerprint) -> Option<Length> {
        let found = self.place(hash)?.load(Ordering::Relaxed);
        match found & !LONG == hash && found != 0 {
            true if found & LONG == 0 => Some(Length::Short),
            true => Some(Length::Long),
            false => None,
        }
    }

    pub(super) fn set(&self, Fingerprint(hash): Fingerprint, length: Length) {
        let long = match length {
            Length::Short => 0,
            Length::Long => LONG,
        };
        if let Some(place) = self.place(hash) {
            place.store(hash | long, Ordering::Relaxed);
        }
    }

    fn place(&self, hash: u64) -> Option<&AtomicU64> {
        // The 8 highest bits, which do not include the one of `LONG`.
        self.places.get(usize::try_from(hash >> 56).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_result_is_what_counts() {
        let lengths = ResultLengths::default();
        let statement = lengths.fingerprint("SELECT 1");
        assert_eq!(lengths.get(statement), None);
        lengths.set(statement, Length::Long);
        assert_eq!(lengths.get(statement), Some(Length::Long));
        lengths.set(statement, Length::Short);
        assert_eq!(lengths.get(statement), Some(Length::Short));
        let other = lengths.fingerprint("SELECT 2");
        assert_eq!(lengths.get(other), None);
    }

    #[test]
    fn of_many_statements_the_last_are_remembered_and_none_is_taken_for_another() {
        let lengths = ResultLengths::default();
        let prints: Vec<Fingerprint> = (0..4 * PLACES)
            .map(|number| lengths.fingerprint(&format!("SELECT {number}")))
            .collect();
        let length = |number: usize| match number % 2 {
            0 => Length::Short,
            _ => Length::Long,
        };
        for (number, &print) in prints.iter().enumerate() {
            lengths.set(print, length(number));
            assert_eq!(lengths.get(print), Some(length(number)));
        }
        let remembered = prints.iter().enumerate().filter_map(|(number, &print)| {
            let found = lengths.get(print)?;
            assert_eq!(found, length(number));
            Some(found)
        });
        let remembered = remembered.count();
        assert!((PLACES / 2..=PLACES).contains(&remembered), "{remembered}");
    }
}

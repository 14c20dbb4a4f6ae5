//! The MySQL collations that the emulator supports, for SQLite.
//!
//! `utf8mb4_0900_ai_ci` uses the primary weights of the Default Unicode Collation Element Table 9.0, as MySQL's
//! `WEIGHT_STRING` returns them. A character that `weights.txt` does not list can be compared only with itself: the
//! result of any other comparison is marked as unknown, and the statement is refused.
//!
//! Source: MySQL 8.0 Reference Manual, "Unicode Character Sets".

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering as Access};
use std::sync::{Arc, OnceLock};

use rusqlite::Connection;

/// A MySQL collation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collation {
    /// `utf8mb4_0900_ai_ci`
    AccentInsensitive,
    /// `utf8mb4_general_ci`, supported for ASCII only.
    General,
    /// `utf8mb4_bin`, a `PAD SPACE` collation.
    Binary,
}

impl Collation {
    pub(super) const ALL: [Self; 3] = [Self::AccentInsensitive, Self::General, Self::Binary];

    /// The collation's name in MySQL, which is also its name in SQLite.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AccentInsensitive => "utf8mb4_0900_ai_ci",
            Self::General => "utf8mb4_general_ci",
            Self::Binary => "utf8mb4_bin",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let known = |it: &Self| it.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(known)
    }

    /// The order of two strings. `None` if the emulator does not know it.
    pub(super) fn compare(self, left: &str, right: &str) -> Option<Ordering> {
        if left == right {
            return Some(Ordering::Equal);
        }
        match self {
            Self::AccentInsensitive => Some(weights(left)?.cmp(&weights(right)?)),
            Self::General if left.is_ascii() && right.is_ascii() => Some(padded(
                &left.to_ascii_uppercase(),
                &right.to_ascii_uppercase(),
            )),
            Self::General => None,
            Self::Binary => Some(padded(left, right)),
        }
    }

    /// Whether two characters are equal. `None` if the emulator does not know it.
    pub(super) fn same(self, left: char, right: char) -> Option<bool> {
        if left == right {
            return Some(true);
        }
        match self {
            Self::AccentInsensitive => {
                let (left, right) = (table().get(&left)?, table().get(&right)?);
                Some(left == right)
            }
            Self::General if left.is_ascii() && right.is_ascii() => {
                Some(left.eq_ignore_ascii_case(&right))
            }
            Self::General => None,
            Self::Binary => Some(false),
        }
    }
}

/// Compares by code points, after padding the shorter string with spaces.
fn padded(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_end_matches(' '), right.trim_end_matches(' '));
    let length = left.chars().count().max(right.chars().count());
    let filled = |text: &str| -> Vec<char> {
        let spaces = std::iter::repeat(' ');
        text.chars().chain(spaces).take(length).collect()
    };
    filled(left).cmp(&filled(right))
}

fn weights(text: &str) -> Option<Vec<u16>> {
    let mut weights = Vec::with_capacity(text.len());
    for character in text.chars() {
        // Control characters have no weight, except for those from tab to carriage return.
        if !character.is_ascii_control() || matches!(character, '\t'..='\r') {
            weights.extend_from_slice(table().get(&character)?);
        }
    }
    Some(weights)
}

type Table = HashMap<char, Vec<u16>>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let hex = |text| u16::from_str_radix(text, 16).ok();
        let lines = include_str!("collation/weights.txt").lines();
        let entries = lines.filter_map(|line| {
            let mut numbers = line.split(' ').filter_map(hex);
            let character = char::from_u32(numbers.next()?.into())?;
            Some((character, numbers.collect()))
        });
        entries.collect()
    })
}

/// Registers the collations with a connection. A comparison whose result is unknown sets `is_unknown`.
pub(super) fn add(connection: &Connection, is_unknown: &Arc<AtomicBool>) -> rusqlite::Result<()> {
    for collation in Collation::ALL {
        let is_unknown = Arc::clone(is_unknown);
        connection.create_collation(collation.name(), move |left, right| {
            collation.compare(left, right).unwrap_or_else(|| {
                is_unknown.store(true, Access::SeqCst);
                left.cmp(right)
            })
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_accents_and_spaces() {
        use Ordering::*;
        for (collation, left, right, expected) in [
            (Collation::AccentInsensitive, "a", "A", Some(Equal)),
            (Collation::AccentInsensitive, "é", "E", Some(Equal)),
            (Collation::AccentInsensitive, "ß", "ss", Some(Equal)),
            (Collation::AccentInsensitive, "a", "a ", Some(Less)),
            (Collation::AccentInsensitive, "_", "a", Some(Less)),
            (Collation::AccentInsensitive, "\0a", "a", Some(Equal)),
            (Collation::AccentInsensitive, "😀", "😀", Some(Equal)),
            (Collation::AccentInsensitive, "😀", "a", None),
            (Collation::General, "a", "A ", Some(Equal)),
            (Collation::General, "_", "a", Some(Greater)),
            (Collation::General, "é", "e", None),
            (Collation::Binary, "a", "a ", Some(Equal)),
            (Collation::Binary, "a", "A", Some(Greater)),
            (Collation::Binary, "a\t", "a", Some(Less)),
        ] {
            let found = collation.compare(left, right);
            assert_eq!(found, expected, "{collation:?} {left:?} {right:?}");
        }
    }
}

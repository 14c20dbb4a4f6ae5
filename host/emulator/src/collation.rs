//! MySQL's collations, as far as they are known here, for SQLite.
//!
//! The weights of `utf8mb4_0900_ai_ci` are those of the Default Unicode Collation Element Table 9.0, first
//! level, as `WEIGHT_STRING` gives them. Characters that have none in `weights.txt` can be compared with
//! themselves only: any other comparison is marked as unknown, and the statement is refused.
//!
//! Source: MySQL 8.0 Reference Manual, "Unicode Character Sets".

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering as Access};
use std::sync::{Arc, OnceLock};

use rusqlite::Connection;

/// A collation of MySQL's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collation {
    /// `utf8mb4_0900_ai_ci`
    AccentInsensitive,
    /// `utf8mb4_general_ci`: known for ASCII.
    General,
    /// `utf8mb4_bin`, which pads with spaces.
    Binary,
}

impl Collation {
    pub(super) const ALL: [Self; 3] = [Self::AccentInsensitive, Self::General, Self::Binary];

    /// MySQL's name, and SQLite's here.
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

    /// How two strings compare. None if it is not known here.
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

    /// Whether two characters are the same to it. None if it is not known here.
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

/// By code points, the shorter one filled up with spaces.
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
        // Control characters have no weight.
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

/// Makes them known to a connection. `is_unknown` is set by a comparison whose result is not known.
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

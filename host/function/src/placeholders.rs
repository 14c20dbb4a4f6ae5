//! Counts the placeholders (`?`) of a statement.

use std::fmt;

use rds_bridge::mysql::{Escapes, placeholders};

/// The rules for backslashes that the server may use. Its SQL mode decides, and is not known before it prepares.
const SQL_MODES: [Escapes; 3] = [Escapes::Strings, Escapes::SingleQuotes, Escapes::None];

/// The possible numbers of parameters of a statement, ascending. There are several if the SQL mode matters; the server
/// decides when it prepares the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholders(Vec<usize>);

impl Placeholders {
    pub(super) fn in_statement(sql: &str) -> Self {
        let mut counts: Vec<usize> = SQL_MODES
            .iter()
            .map(|escapes| {
                let found = placeholders(sql, *escapes);
                found.iter().filter(|it| it.name.is_none()).count()
            })
            .collect();
        counts.sort_unstable();
        counts.dedup();
        Self(counts)
    }

    pub(super) fn may_be(&self, number: usize) -> bool {
        self.0.contains(&number)
    }
}

/// Formats the numbers as `1` or `0 or 1`.
impl fmt::Display for Placeholders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&counts.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sql_mode_may_decide() {
        for (sql, numbers, words) in [
            ("SELECT ?", &[1][..], "1"),
            (r"SELECT 'x\' a, ? b", &[0, 1], "0 or 1"),
            (r#"SELECT "x\" a, ? b"#, &[0, 1], "0 or 1"),
            (r"SELECT 'x\\' a, ? b", &[1], "1"),
            (r"SELECT '\'?', ?", &[1], "1"),
        ] {
            let placeholders = Placeholders::in_statement(sql);
            assert_eq!(placeholders.0, numbers, "{sql}");
            assert_eq!(placeholders.to_string(), words);
            assert!(placeholders.may_be(1) && !placeholders.may_be(2));
        }
    }
}

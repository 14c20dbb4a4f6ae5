//! The question marks of a statement that stand for parameters.
//!
//! MySQL Reference Manual, "Comments", "String Literals", "Schema Object Names", "Server SQL Modes".

use std::fmt;

/// The quotes in which a backslash takes the next character with it: by default, with `ANSI_QUOTES`, and with
/// `NO_BACKSLASH_ESCAPES`. Which of them the server is in shows only when it prepares the statement.
const SQL_MODES: [&[char]; 3] = [&['\'', '"'], &['\''], &[]];

/// How many parameters a statement may have. The server's count decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholders(Vec<usize>);

impl Placeholders {
    pub(super) fn in_statement(sql: &str) -> Self {
        let mut counts: Vec<usize> = SQL_MODES
            .iter()
            .map(|escaping| count(sql, escaping))
            .collect();
        counts.sort_unstable();
        counts.dedup();
        Self(counts)
    }

    pub(super) fn may_be(&self, number: usize) -> bool {
        self.0.contains(&number)
    }
}

/// `1`, or `0 or 1`.
impl fmt::Display for Placeholders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&counts.join(" or "))
    }
}

/// How many there are, outside of strings, names in quotes and comments.
fn count(sql: &str, escaping: &[char]) -> usize {
    let mut rest = sql;
    let mut placeholders = 0_usize;
    while let Some(character) = rest.chars().next() {
        rest = match character {
            '\'' | '"' => behind_string(rest, character, escaping.contains(&character)),
            '`' => behind_name(rest),
            '#' => behind(rest, "\n"),
            '-' if is_line_comment(rest) => behind(rest, "\n"),
            // What is in /*! … */ is executed, and counts.
            '/' if rest.starts_with("/*") && !is_executed(rest) => behind(rest, "*/"),
            '?' => {
                placeholders = placeholders.saturating_add(1);
                after(rest, 1)
            }
            other => after(rest, other.len_utf8()),
        };
    }
    placeholders
}

fn after(text: &str, length: usize) -> &str {
    text.get(length..).unwrap_or_default()
}

fn behind<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// `-- ` with a space, a control character or nothing behind it: `1--1` is arithmetic.
fn is_line_comment(text: &str) -> bool {
    text.strip_prefix("--").is_some_and(|rest| {
        rest.chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || next.is_control())
    })
}

fn is_executed(text: &str) -> bool {
    text.starts_with("/*!") || text.starts_with("/*M!")
}

fn behind_string(text: &str, quote: char, is_escaping: bool) -> &str {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' && is_escaping {
            characters.next();
        } else if character == quote {
            // Of a doubled one, the second begins another string: it comes to the same.
            return after(text, at.saturating_add(1));
        }
    }
    ""
}

fn behind_name(text: &str) -> &str {
    behind(after(text, 1), "`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_stand_for_parameters() {
        for (sql, placeholders) in [
            ("SELECT 1", 0),
            ("SELECT * FROM items WHERE id = ? AND name = ?", 2),
            ("SELECT '?', \"?\", `?`, ?", 1),
            ("SELECT 'it''s ?', ?", 1),
            (r"SELECT '\'?', ?", 1),
            ("SELECT ? -- ?\n, ? # ?\n /* ? */ , /*! ? */ 1", 3),
            ("SELECT 1--?", 1),
            ("SELECT '?", 0),
            ("SELECT /* ?", 0),
            ("SELECT 'ä?', ?, 'ß' --", 1),
            ("", 0),
        ] {
            assert_eq!(count(sql, SQL_MODES[0]), placeholders, "{sql}");
        }
    }

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

//! Finding placeholders in a statement, outside of its strings, quoted names and comments.
//!
//! MySQL Reference Manual, "Comments", "String Literals", "Schema Object Names", "Server SQL Modes".

use std::ops::Range;

/// A placeholder of a parameter in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder<'s> {
    /// The range of its bytes in the statement.
    pub range: Range<usize>,
    /// The name, `id` for `:id`; `None` for a question mark.
    pub name: Option<&'s str>,
}

/// The quotes in which a backslash escapes the next character, which depend on the server's SQL mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// In `'…'` and `"…"`: the default.
    Strings,
    /// In `'…'` only, with `ANSI_QUOTES`, where `"…"` quotes a name.
    SingleQuotes,
    /// In no quotes, with `NO_BACKSLASH_ESCAPES`.
    None,
}

impl Escapes {
    fn apply_in(self, quote: char) -> bool {
        match self {
            Self::Strings => true,
            Self::SingleQuotes => quote == '\'',
            Self::None => false,
        }
    }
}

/// Finds the placeholders of a statement: question marks, and names such as `:id`.
///
/// A name is a colon, followed by letters, digits and `_`; it may begin with a digit, as clients of the RDS Data API
/// number them. A colon directly after a letter, a digit, `_`, `$`, `:` or `@` does not begin a name.
///
/// ```
/// use rds_bridge::mysql::{Escapes, placeholders};
///
/// let found = placeholders("SELECT ':no', name FROM items WHERE id = :id", Escapes::Strings);
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].name, Some("id"));
/// ```
#[must_use]
pub fn placeholders(sql: &str, escapes: Escapes) -> Vec<Placeholder<'_>> {
    let mut found = Vec::new();
    let mut rest = sql;
    let mut before = ' ';
    while let Some(character) = rest.chars().next() {
        let at = sql.len().saturating_sub(rest.len());
        let next = match character {
            '\'' | '"' => after_string(rest, character, escapes.apply_in(character)),
            '`' => after_end(skip(rest, 1), "`"),
            '#' => after_end(rest, "\n"),
            '-' if is_line_comment(rest) => after_end(rest, "\n"),
            // The server executes the content of /*! … */, so placeholders in it count.
            '/' if rest.starts_with("/*") && !is_executed(rest) => after_end(skip(rest, 2), "*/"),
            '?' => {
                let range = at..at.saturating_add(1);
                found.push(Placeholder { range, name: None });
                skip(rest, 1)
            }
            ':' if !is_part_of_name(before) && !matches!(before, ':' | '@' | '$') => {
                let name = name(skip(rest, 1));
                let end = at.saturating_add(1).saturating_add(name.len());
                if !name.is_empty() {
                    found.push(Placeholder {
                        range: at..end,
                        name: Some(name),
                    });
                }
                skip(rest, name.len().saturating_add(1))
            }
            other => skip(rest, other.len_utf8()),
        };
        before = character;
        rest = next;
    }
    found
}

fn name(text: &str) -> &str {
    let end = text.find(|character| !is_part_of_name(character));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

fn is_part_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn skip(text: &str, length: usize) -> &str {
    text.get(length..).unwrap_or_default()
}

fn after_end<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// Whether the text begins with `--` and a space, a control character or the end: `1--1` is arithmetic.
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

fn after_string(text: &str, quote: char, is_escaping: bool) -> &str {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' && is_escaping {
            characters.next();
        } else if character == quote {
            // A doubled quote reads as the end of one string and the beginning of the next: the result is the same.
            return skip(text, at.saturating_add(1));
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks() {
        for (sql, count) in [
            ("SELECT 1", 0),
            ("SELECT * FROM items WHERE id = ? AND name = ?", 2),
            ("SELECT '?', \"?\", `?`, ?", 1),
            ("SELECT 'it''s ?', ?", 1),
            (r"SELECT '\'?', ?", 1),
            ("SELECT ? -- ?\n, ? # ?\n /* ? */ , /*! ? */ 1", 3),
            ("SELECT 1--?", 1),
            ("SELECT /*/ ? */ ?", 1),
            ("SELECT '?", 0),
            ("SELECT /* ?", 0),
            ("SELECT 'ä?', ?, 'ß' --", 1),
            ("", 0),
        ] {
            assert_eq!(placeholders(sql, Escapes::Strings).len(), count, "{sql}");
        }
    }

    #[test]
    fn names() {
        for (sql, names) in [
            ("SELECT :a, :_b1 , :userId", &["a", "_b1", "userId"][..]),
            ("SELECT ':a', \":b\", `:c`, :d", &["d"]),
            ("SET @x := :a", &["a"]),
            ("SELECT a:b, ::c, @:d, 12:30", &[]),
            ("SELECT :0, :1a, (:10)", &["0", "1a", "10"]),
            ("SELECT :a:b", &["a"]),
            ("SELECT (:a-10), -:b", &["a", "b"]),
            ("SELECT -- :a\n:b /* :c */", &["b"]),
            ("SELECT :ä", &[]),
        ] {
            let found = placeholders(sql, Escapes::Strings);
            let found: Vec<&str> = found.iter().filter_map(|it| it.name).collect();
            assert_eq!(found, names, "{sql}");
        }
        let sql = "SELECT :id";
        let found = placeholders(sql, Escapes::Strings);
        assert_eq!(&sql[found[0].range.clone()], ":id");
    }

    #[test]
    fn the_sql_mode_decides() {
        let count = |sql, escapes| placeholders(sql, escapes).len();
        let single = r"SELECT 'x\' a, ? b";
        assert_eq!(count(single, Escapes::Strings), 0);
        assert_eq!(count(single, Escapes::SingleQuotes), 0);
        assert_eq!(count(single, Escapes::None), 1);
        let double = r#"SELECT "x\" a, ? b"#;
        assert_eq!(count(double, Escapes::Strings), 0);
        assert_eq!(count(double, Escapes::SingleQuotes), 1);
        assert_eq!(count(double, Escapes::None), 1);
    }
}

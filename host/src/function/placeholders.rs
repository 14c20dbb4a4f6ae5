//! The question marks of a statement that stand for parameters.
//!
//! MySQL Reference Manual, "Comments", "String Literals", "Schema Object Names".

/// How many there are, outside of strings, names in quotes and comments. A backslash in a string takes the
/// next character with it, as without `NO_BACKSLASH_ESCAPES`. The server counts again.
pub(super) fn count(sql: &str) -> usize {
    let mut rest = sql;
    let mut placeholders = 0_usize;
    while let Some(character) = rest.chars().next() {
        rest = match character {
            '\'' | '"' => behind_string(rest, character),
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

fn behind_string(text: &str, quote: char) -> &str {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
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
            assert_eq!(count(sql), placeholders, "{sql}");
        }
    }
}

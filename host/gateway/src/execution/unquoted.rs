//! The text of a statement without what is quoted.

/// What a backslash in a string means. It depends on the session's SQL mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backslash {
    /// It escapes the next character, as by default.
    Escapes,
    /// With `NO_BACKSLASH_ESCAPES`.
    IsCharacter,
}

/// The text with a space in the place of each string, quoted name and comment.
pub(crate) fn unquoted(sql: &str, backslash: Backslash) -> String {
    let mut kept = String::new();
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '"', '`', '#', '/', '-']) {
        let (before, quoted) = rest.split_at(at);
        kept.push_str(before);
        let length = quoted_length(quoted, backslash);
        if length == 1 {
            kept.push_str(quoted.get(..1).unwrap_or_default());
        } else {
            kept.push(' ');
        }
        rest = quoted.get(length..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

/// The length of the string, the name or the comment that the text begins with; 1 if it begins with an operator.
fn quoted_length(text: &str, backslash: Backslash) -> usize {
    let after = |end: &str, from: usize| {
        let found = text.get(from..).and_then(|it| it.find(end));
        found.map_or(text.len(), |at| {
            at.saturating_add(from).saturating_add(end.len())
        })
    };
    // What is in /*! … */ is executed.
    if text.starts_with("/*") && !text.starts_with("/*!") && !text.starts_with("/*M!") {
        return after("*/", 2);
    }
    let is_comment = |after: &str| !after.starts_with(|it: char| !it.is_ascii_whitespace());
    if text.starts_with('#') || text.strip_prefix("--").is_some_and(is_comment) {
        return after("\n", 1);
    }
    let Some(quote) = text
        .chars()
        .next()
        .filter(|it| matches!(it, '\'' | '"' | '`'))
    else {
        return 1;
    };
    let escapes = quote != '`' && backslash == Backslash::Escapes;
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' && escapes {
            is_escaped = true;
        } else if character == quote {
            return at.saturating_add(1);
        }
    }
    text.len()
}

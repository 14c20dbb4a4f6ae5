//! Quotes a caller's input for an error message.

/// The longest name that is shown in full, in characters.
const LONGEST: usize = 64;

/// Quotes and escapes a name. A name of more than [`LONGEST`] characters is truncated: it may be a megabyte long.
pub(super) fn quoted(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        None => format!("{name:?}"),
        Some((end, _)) => format!("{:?}…", name.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut() {
        assert_eq!(quoted("a\"b\u{1b}"), r#""a\"b\u{1b}""#);
        let longest = "é".repeat(LONGEST);
        assert_eq!(quoted(&longest), format!("\"{longest}\""));
        assert_eq!(quoted(&format!("{longest}x")), format!("\"{longest}\"…"));
    }
}

//! What a caller wrote, as an error shows it.

/// The longest name that is shown whole, in characters.
const LONGEST: usize = 64;

/// In quotes and escaped. A longer one is cut: an error is no place for a megabyte.
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

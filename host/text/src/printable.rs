//! Escapes text from a peer for display.
//!
//! A terminal obeys control characters, and bidirectional and invisible characters change what a line seems to say. The
//! text of errors, names and values comes from a server, from AWS, or from anyone on the path before TLS, so these
//! characters are displayed as escapes. Only the display is escaped: values keep their exact text.

use std::fmt::{self, Display, Write};

/// Displays a text on one line. Characters that act on a terminal or are invisible are escaped, line breaks included.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, f, |_| false, write_escape)
    }
}

/// As [`Printable`], but keeps line feeds. Use it for a text whose lines this program composed.
#[derive(Clone, Copy, Debug)]
pub struct PrintableLines<'a>(pub &'a str);

impl Display for PrintableLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, f, |character| character == '\n', write_escape)
    }
}

/// Writes a text to `out`. For each character that acts on a terminal or is invisible, calls `write`, unless `is_kept`
/// returns `true` for it.
///
/// # Errors
///
/// `out` or `write` fails.
pub fn escape<W: Write>(
    text: &str,
    out: &mut W,
    is_kept: impl Fn(char) -> bool,
    write: impl Fn(&mut W, char) -> fmt::Result,
) -> fmt::Result {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return out.write_str(text);
    }
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let after = characters.peek().copied();
        if is_kept(character) || is_shown(character, before, after) {
            out.write_char(character)?;
        } else {
            write(out, character)?;
        }
        before = Some(character);
    }
    Ok(())
}

/// Writes a character as an escape: `\n`, `\t`, `\r`, or in the form `\u{9b}`.
///
/// # Errors
///
/// `out` fails.
pub fn write_escape(out: &mut impl Write, character: char) -> fmt::Result {
    match character {
        '\n' => out.write_str("\\n"),
        '\t' => out.write_str("\\t"),
        '\r' => out.write_str("\\r"),
        character => write!(out, "{}", character.escape_unicode()),
    }
}

fn is_shown(character: char, before: Option<char>, after: Option<char>) -> bool {
    match character {
        ' '..='~' => true,
        // Joiners, which Persian, the scripts of India and composed emoji need. Next to ASCII they would only be
        // invisible.
        '\u{200C}' | '\u{200D}' => [before, after]
            .iter()
            .all(|it| it.is_some_and(|it| !it.is_ascii() && !is_format(it))),
        character => !character.is_control() && !is_format(character),
    }
}

/// Whether a character is invisible or changes the direction of text: Unicode's format characters (general category Cf)
/// that do, invisible fillers and tags, and the separators of lines and paragraphs.
fn is_format(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_an_escape() {
        for (text, shown) in [
            ("", ""),
            ("Access denied", "Access denied"),
            ("9.7\x1b]0;PWNED\x07", "9.7\\u{1b}]0;PWNED\\u{7}"),
            ("a\r\nb\tc\0", "a\\r\\nb\\tc\\u{0}"),
            ("\u{9b}31m\u{85}\u{7f}", "\\u{9b}31m\\u{85}\\u{7f}"),
            ("admin\u{202e}txt\u{2066}", "admin\\u{202e}txt\\u{2066}"),
            (
                "ad\u{200b}min\u{feff}\u{e0041}",
                "ad\\u{200b}min\\u{feff}\\u{e0041}",
            ),
        ] {
            assert_eq!(Printable(text).to_string(), shown);
        }
    }

    #[test]
    fn letters_of_every_script_stay() {
        for text in [
            "Müller",
            "日本 語",
            "e\u{301}",
            "שלום",
            "می\u{200c}خواهم",
            "👩\u{200d}👧",
            "a\u{a0}b",
        ] {
            assert_eq!(Printable(text).to_string(), text);
        }
        assert_eq!(Printable("ad\u{200d}min").to_string(), "ad\\u{200d}min");
        assert_eq!(Printable("é\u{200d}").to_string(), "é\\u{200d}");
    }

    #[test]
    fn lines_of_our_own_stay() {
        let text = "one\n\ttwo";
        assert_eq!(PrintableLines(text).to_string(), "one\n\\ttwo");
    }
}

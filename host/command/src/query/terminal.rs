//! Escapes rows for a terminal, so that no value can control it. In files and pipes values are exact.

use std::fmt::{self, Write};

use rds_bridge_formats::Escape;
use rds_bridge_text::{escape, write_escape};

/// Escapes a block of whole rows.
pub(super) fn for_terminal(by: Escape, block: Vec<u8>) -> Vec<u8> {
    if by == Escape::Done || block.is_ascii() && block.iter().all(is_harmless) {
        return block;
    }
    let text = String::from_utf8_lossy(&block);
    // Line ends are kept, but a single carriage return is escaped: it would overwrite the line.
    let text = text.replace("\r\n", "\n");
    let mut escaped = String::with_capacity(text.len());
    let is_kept = |character| matches!(character, '\n' | '\t');
    // Writing to a String cannot fail.
    let _written = match by {
        Escape::Json => escape(&text, &mut escaped, is_kept, write_json),
        _ => escape(&text, &mut escaped, is_kept, write_escape),
    };
    escaped.into_bytes()
}

/// Escapes JSON so that it cannot control a terminal, and still parses to the same value.
pub(crate) fn escaped_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    // Writing to a String cannot fail.
    let _written = escape(json, &mut escaped, |_| false, write_json);
    escaped
}

fn is_harmless(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}

fn write_json(out: &mut String, character: char) -> fmt::Result {
    for unit in character.encode_utf16(&mut [0; 2]) {
        write!(out, "\\u{unit:04x}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(by: Escape, block: &str) -> String {
        String::from_utf8(for_terminal(by, block.as_bytes().to_vec())).unwrap()
    }

    #[test]
    fn values_cannot_control_the_terminal() {
        assert_eq!(
            shown(Escape::Text, "a,é\r\n1,\x1b[2J\r\n"),
            "a,é\n1,\\u{1b}[2J\n"
        );
        assert_eq!(shown(Escape::Text, "x\ry\tz\n"), "x\\ry\tz\n");
        let escaped = shown(Escape::Json, "{\"a\":\"\u{9b}\u{202e}\u{e0041}\"}\n");
        assert_eq!(escaped, "{\"a\":\"\\u009b\\u202e\\udb40\\udc41\"}\n");
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read["a"], "\u{9b}\u{202e}\u{e0041}");
        assert_eq!(shown(Escape::Done, "| \u{e9} |\n"), "| é |\n");
    }
}

//! A value as text, the same in every format that is not JSON.

use crate::mysql::{Column, Value};

/// Digits of a time's fraction: what is above is no number of digits.
const MAX_FRACTION_DIGITS: u8 = 6;

/// Writes a value that is not NULL.
#[inline(always)]
pub(super) fn write(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
    let digits = || {
        let decimals = column.map_or(0, Column::decimals);
        usize::from(decimals.min(MAX_FRACTION_DIGITS))
    };
    match value {
        Value::Null => {}
        Value::Int(number) => push(out, itoa::Buffer::new().format(number)),
        Value::UnsignedInt(number) => push(out, itoa::Buffer::new().format(number)),
        Value::Float(number) => push_float(out, zmij::Buffer::new().format(number)),
        Value::Double(number) => push_float(out, zmij::Buffer::new().format(number)),
        Value::Decimal(text) | Value::Text(text) | Value::Json(text) => push(out, text),
        Value::Date(date) => date.push_to(out),
        Value::Time(time) => time.push_to(out, digits()),
        Value::DateTime(time) => time.push_to(out, digits()),
        Value::Bit(bytes) => match value.as_bits() {
            Some(bits) => push(out, itoa::Buffer::new().format(bits)),
            None => push_hexadecimal(out, bytes),
        },
        Value::Bytes(bytes) | Value::Geometry(bytes) => push_hexadecimal(out, bytes),
    }
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// The shortest digits that give the same number back, as MySQL writes them: without the `.0` of a whole one,
/// and without the plus of an exponent.
fn push_float(out: &mut Vec<u8>, text: &str) {
    match text.split_once("e+") {
        Some((digits, exponent)) => {
            push(out, digits);
            out.push(b'e');
            push(out, exponent);
        }
        None => push(out, text.strip_suffix(".0").unwrap_or(text)),
    }
}

/// As MySQL takes it back: `0x1F`; `0x` for nothing.
fn push_hexadecimal(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
    push(out, "0x");
    out.extend(
        bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]),
    );
}

/// Text for a terminal: what would move its cursor or change its colours is written as an escape.
pub(super) fn push_visible(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            it if it.is_control() => out.extend(it.escape_unicode()),
            it => out.push(it),
        }
    }
}

/// A value for a terminal.
pub(super) fn visible(value: Value<'_>, column: Option<&Column>) -> String {
    let mut text = Vec::new();
    match value {
        Value::Null => text.extend_from_slice(b"NULL"),
        value => write(&mut text, value, column),
    }
    let mut visible = String::new();
    push_visible(&mut visible, &String::from_utf8_lossy(&text));
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value<'_>) -> String {
        let mut out = Vec::new();
        write(&mut out, value, None);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_kind_of_value() {
        assert_eq!(text(Value::Int(i64::MIN)), "-9223372036854775808");
        assert_eq!(text(Value::UnsignedInt(u64::MAX)), "18446744073709551615");
        assert_eq!(text(Value::Double(1.0)), "1");
        assert_eq!(text(Value::Double(1e100)), "1e100");
        assert_eq!(text(Value::Float(0.1)), "0.1");
        assert_eq!(text(Value::Decimal("12.50")), "12.50");
        assert_eq!(text(Value::Bytes(b"\x00\xFF")), "0x00FF");
        assert_eq!(text(Value::Bit(b"\x05")), "5");
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(
            visible(Value::Text("a\x1b[31mb\nc"), None),
            "a\\u{1b}[31mb\\nc"
        );
    }
}

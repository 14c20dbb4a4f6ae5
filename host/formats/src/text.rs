//! The text form of a value, which all formats but JSON share.

use rds_bridge::mysql::{Column, Value, Vector};
use rds_bridge_text::Printable;

/// The most digits of a time's fraction. A column may announce more; they are ignored.
const MAX_FRACTION_DIGITS: usize = 6;
/// Microseconds per second.
const MICROSECONDS: u32 = 1_000_000;

/// Writes a value that is not NULL.
#[inline(always)]
pub(super) fn write(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
    let digits = |microseconds| fraction_digits(column, microseconds);
    match value {
        Value::Null => {}
        Value::Int(number) => push(out, itoa::Buffer::new().format(number)),
        Value::UnsignedInt(number) => push(out, itoa::Buffer::new().format(number)),
        Value::Float(number) => push_float(out, zmij::Buffer::new().format(number)),
        Value::Double(number) => push_float(out, zmij::Buffer::new().format(number)),
        Value::Decimal(text) | Value::Text(text) | Value::Json(text) => push(out, text),
        Value::Date(date) => date.push_to(out),
        Value::Time(time) => time.push_to(out, digits(time.microseconds)),
        Value::DateTime(time) => time.push_to(out, digits(time.microsecond)),
        Value::Bit(bytes) => match value.as_bits() {
            Some(bits) => push(out, itoa::Buffer::new().format(bits)),
            None => push_hexadecimal(out, bytes),
        },
        Value::Bytes(bytes) | Value::Geometry(bytes) => push_hexadecimal(out, bytes),
        Value::Vector(vector) => push_vector(out, vector),
    }
}

/// The number of fraction digits: those of the column, but at least those that the value needs. Proxies announce
/// columns without a fraction and send values with one.
#[inline]
fn fraction_digits(column: Option<&Column>, microseconds: u32) -> usize {
    let decimals = column.map_or(0, Column::decimals).into();
    match microseconds {
        0 => MAX_FRACTION_DIGITS.min(decimals),
        1..MICROSECONDS => needed_digits(microseconds).max(decimals),
        // A second or more: the server is not trusted to send less.
        MICROSECONDS.. => MAX_FRACTION_DIGITS,
    }
}

fn needed_digits(microseconds: u32) -> usize {
    let (mut rest, mut digits) = (microseconds, MAX_FRACTION_DIGITS);
    while rest.is_multiple_of(10) && digits > 0 {
        rest = rest.wrapping_div(10);
        digits = digits.saturating_sub(1);
    }
    digits
}

/// Writes a vector as `STRING_TO_VECTOR` reads it: `[1,2.5]`. Each entry has the shortest digits that parse to the same
/// number; `VECTOR_TO_STRING` writes six.
pub(super) fn push_vector(out: &mut Vec<u8>, vector: Vector<'_>) {
    out.push(b'[');
    for (index, entry) in vector.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_float(out, zmij::Buffer::new().format(entry));
    }
    out.push(b']');
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Writes the shortest digits that parse to the same number, in MySQL's form: without the `.0` of a whole number, and
/// without the plus sign of an exponent.
#[inline]
fn push_float(out: &mut Vec<u8>, text: &str) {
    if text.as_bytes().contains(&b'+') {
        out.extend(text.bytes().filter(|&byte| byte != b'+'));
    } else {
        push(out, text.strip_suffix(".0").unwrap_or(text));
    }
}

/// Writes bytes as a hexadecimal literal of MySQL, such as `0x1F`; empty bytes are `0x`.
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

/// Formats a value for display: NULL is `NULL`, and characters that would act on a terminal are escaped.
pub(super) fn visible(value: Value<'_>, column: Option<&Column>) -> String {
    let mut text = Vec::new();
    match value {
        Value::Null => text.extend_from_slice(b"NULL"),
        value => write(&mut text, value, column),
    }
    Printable(&String::from_utf8_lossy(&text)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rds_bridge::mysql::{DateTime, Time};

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

    /// The column is announced without a fraction.
    #[test]
    fn no_fraction_is_cut() {
        let time = |microseconds| {
            text(Value::Time(Time {
                microseconds,
                ..Time::default()
            }))
        };
        for (microseconds, expected) in [
            (0, "00:00:00"),
            (500_000, "00:00:00.5"),
            (120_000, "00:00:00.12"),
            (1, "00:00:00.000001"),
            (999_999, "00:00:00.999999"),
        ] {
            assert_eq!(time(microseconds), expected);
            let date_time = text(Value::DateTime(DateTime {
                microsecond: microseconds,
                ..DateTime::default()
            }));
            assert_eq!(date_time, format!("0000-00-00 {expected}"));
        }
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(
            visible(Value::Text("a\x1b[31mb\nc"), None),
            "a\\u{1b}[31mb\\nc"
        );
    }
}

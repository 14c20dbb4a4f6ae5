//! A row of the text protocol: a `string<lenenc>` or NULL (0xFB) for each column.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html>

use std::str;

use super::column::ColumnKind;
use super::decimal;
use super::payload::lenenc_int;
use super::row::Field;
use super::temporal::{Date, DateTime, Time};
use super::value::Value;

const NULL: u8 = 0xFB;

/// Finds where each value lies, one for each of the fields. On failure, the number of values that are
/// whole; bytes that are left over are the caller's to see.
#[inline]
pub(super) fn split(payload: &[u8], fields: &mut [Field]) -> Result<usize, usize> {
    let mut at = 0_usize;
    for (column, field) in fields.iter_mut().enumerate() {
        let first = *payload.get(at).ok_or(column)?;
        let (start, length) = match first {
            // Most values are short.
            0..NULL => (at.saturating_add(1), usize::from(first)),
            NULL => {
                *field = Field::NULL;
                at = at.saturating_add(1);
                continue;
            }
            _ => {
                let rest = payload.get(at..).unwrap_or_default();
                let (length, taken) = lenenc_int(rest).ok_or(column)?;
                let length = usize::try_from(length).map_err(|_| column)?;
                (at.saturating_add(taken), length)
            }
        };
        *field = Field::within(payload, start, length).ok_or(column)?;
        at = field.end();
    }
    Ok(at)
}

/// Reads a value that is not NULL; none if it is not what its column holds.
#[inline]
pub(super) fn value(kind: ColumnKind, bytes: &[u8]) -> Option<Value<'_>> {
    Some(match kind {
        ColumnKind::Null => Value::Null,
        ColumnKind::Int => Value::Int(decimal::signed(bytes)?),
        ColumnKind::UnsignedInt => Value::UnsignedInt(decimal::unsigned(bytes)?),
        ColumnKind::Float => Value::Float(str::from_utf8(bytes).ok()?.parse().ok()?),
        ColumnKind::Double => Value::Double(str::from_utf8(bytes).ok()?.parse().ok()?),
        ColumnKind::Decimal => Value::Decimal(str::from_utf8(bytes).ok()?),
        ColumnKind::Bit => Value::Bit(bytes),
        ColumnKind::Date => Value::Date(Date::parse(bytes)?),
        ColumnKind::Time => Value::Time(Time::parse(bytes)?),
        ColumnKind::DateTime => Value::DateTime(DateTime::parse(bytes)?),
        ColumnKind::Text => Value::Text(str::from_utf8(bytes).ok()?),
        ColumnKind::Json => Value::Json(str::from_utf8(bytes).ok()?),
        ColumnKind::Bytes => Value::Bytes(bytes),
        ColumnKind::Geometry => Value::Geometry(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_value() {
        let payload = b"\x0242\xFB\x00\xFC\x03\x00abc";
        let mut fields = [Field::NULL; 4];
        assert_eq!(split(payload, &mut fields), Ok(payload.len()));
        let bytes: Vec<_> = fields.iter().map(|field| field.bytes(payload)).collect();
        assert_eq!(bytes, [Some(&b"42"[..]), None, Some(b""), Some(b"abc")]);
    }

    #[test]
    fn a_length_past_the_end_is_an_error() {
        for payload in [
            &b"\x01"[..],
            b"",
            b"\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFx",
            b"\xFF",
        ] {
            assert_eq!(split(payload, &mut [Field::NULL]), Err(0));
        }
    }

    #[test]
    fn what_is_not_a_number_is_none() {
        assert_eq!(
            value(ColumnKind::Int, b"-9223372036854775808"),
            Some(Value::Int(i64::MIN))
        );
        assert_eq!(value(ColumnKind::Int, b"9223372036854775808"), None);
        assert_eq!(
            value(ColumnKind::UnsignedInt, b"00042"),
            Some(Value::UnsignedInt(42))
        );
        assert_eq!(value(ColumnKind::Int, b"x"), None);
        assert_eq!(value(ColumnKind::Text, b"\xFF"), None);
    }
}

//! A row of the text protocol: a `string<lenenc>` or NULL (0xFB) for each column.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html>

use std::str::{self, FromStr};

use super::column::ColumnKind;
use super::payload::lenenc_int;
use super::row::Field;
use super::temporal::{Date, DateTime, Time};
use super::value::Value;

const NULL: u8 = 0xFB;

/// Finds where each of `columns` values lies. On failure, the number of values that are whole; bytes
/// that are left over are the caller's to see.
pub(super) fn split(
    payload: &[u8],
    columns: usize,
    fields: &mut Vec<Field>,
) -> Result<usize, usize> {
    let mut at = 0_usize;
    for column in 0..columns {
        let rest = payload.get(at..).unwrap_or_default();
        if rest.first() == Some(&NULL) {
            fields.push(Field::NULL);
            at = at.saturating_add(1);
            continue;
        }
        let (length, taken) = lenenc_int(rest).ok_or(column)?;
        let start = at.saturating_add(taken);
        let field = usize::try_from(length).ok();
        let field = field.and_then(|length| Field::within(payload, start, length));
        let field = field.ok_or(column)?;
        at = field.end();
        fields.push(field);
    }
    Ok(at)
}

/// Reads a value that is not NULL; none if it is not what its column holds.
pub(super) fn value(kind: ColumnKind, bytes: &[u8]) -> Option<Value<'_>> {
    Some(match kind {
        ColumnKind::Null => Value::Null,
        ColumnKind::Int => Value::Int(number(bytes)?),
        ColumnKind::UnsignedInt => Value::UnsignedInt(number(bytes)?),
        ColumnKind::Float => Value::Float(number(bytes)?),
        ColumnKind::Double => Value::Double(number(bytes)?),
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

fn number<N: FromStr>(bytes: &[u8]) -> Option<N> {
    str::from_utf8(bytes).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_value() {
        let payload = b"\x0242\xFB\x00\xFC\x03\x00abc";
        let mut fields = Vec::new();
        assert_eq!(split(payload, 4, &mut fields), Ok(payload.len()));
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
            assert_eq!(split(payload, 1, &mut Vec::new()), Err(0));
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

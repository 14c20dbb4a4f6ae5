//! A row of the text protocol: a `string<lenenc>` or NULL (0xFB) for each column.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html>

use std::str::{self, FromStr};

use super::column::ColumnKind;
use super::decimal;
use super::encoded::Encoded;
use super::from_row::Values;
use super::row::{Encoding, Field, Shape};
use super::temporal::{Date, DateTime, Time};
use super::value::Value;
use super::vector::Vector;
use super::visit::Visit;
use rds_bridge_wire::lenenc_int;

const NULL: u8 = 0xFB;

/// Finds the position of each value, one for each of `fields`. Returns where the last value ends; the caller checks for
/// bytes after it. The error is the number of complete values.
#[inline]
pub(crate) fn split(payload: &[u8], fields: &mut [Field]) -> Result<usize, usize> {
    let mut at = 0_usize;
    for (column, field) in fields.iter_mut().enumerate() {
        let Some((start, length)) = locate(payload, at).ok_or(column)? else {
            *field = Field::NULL;
            at = at.saturating_add(1);
            continue;
        };
        *field = Field::within(payload, start, length).ok_or(column)?;
        at = field.end();
    }
    Ok(at)
}

/// Start and length of the value whose `string<lenenc>` begins at `at`; `Some(None)` for NULL. The value may end after
/// the payload.
#[inline(always)]
fn locate(payload: &[u8], at: usize) -> Option<Option<(usize, usize)>> {
    let first = *payload.get(at)?;
    Some(match first {
        // The most common case: a value of up to 250 bytes.
        0..NULL => Some((at.saturating_add(1), usize::from(first))),
        NULL => None,
        _ => {
            let (length, taken) = lenenc_int(payload.get(at..)?)?;
            Some((at.saturating_add(taken), usize::try_from(length).ok()?))
        }
    })
}

/// The values of a row.
pub(crate) struct TextValues<'a> {
    payload: &'a [u8],
    /// The whole payload, if it is valid UTF-8. It is validated once rather than for each value; in most rows the bytes
    /// of the lengths are ASCII too.
    text: Option<&'a str>,
    at: usize,
}

impl<'a> TextValues<'a> {
    #[inline]
    pub(crate) fn new(payload: &'a [u8], has_text: bool) -> Self {
        let text = match has_text {
            true => str::from_utf8(payload).ok(),
            false => None,
        };
        Self {
            payload,
            text,
            at: 0,
        }
    }
}

impl<'a> Values<'a> for TextValues<'a> {
    #[inline(always)]
    fn next(&mut self, shape: Shape) -> Option<Encoded<'a>> {
        let Some((start, length)) = locate(self.payload, self.at)? else {
            self.at = self.at.saturating_add(1);
            return Some(Encoded {
                kind: shape.kind,
                encoding: Encoding::Text,
                bytes: None,
                text: None,
            });
        };
        let end = start.checked_add(length)?;
        self.at = end;
        Some(Encoded {
            kind: shape.kind,
            encoding: Encoding::Text,
            bytes: Some(self.payload.get(start..end)?),
            text: self.text.and_then(|text| text.get(start..end)),
        })
    }

    #[inline]
    fn is_over(&self) -> bool {
        self.at == self.payload.len()
    }
}

fn number<T: FromStr>(bytes: &[u8]) -> Option<T> {
    str::from_utf8(bytes).ok()?.parse().ok()
}

/// Decodes a value that is not NULL and passes it to `then`; passes `None` if the bytes are not of the column's kind.
#[inline(always)]
pub(crate) fn visit<'a, V: Visit<'a>>(kind: ColumnKind, bytes: &'a [u8], then: V) -> V::Output {
    match kind {
        ColumnKind::Null => then.visit(Some(Value::Null)),
        ColumnKind::Int => then.visit(decimal::signed(bytes).map(Value::Int)),
        ColumnKind::UnsignedInt => then.visit(decimal::unsigned(bytes).map(Value::UnsignedInt)),
        ColumnKind::Float => then.visit(number(bytes).map(Value::Float)),
        ColumnKind::Double => then.visit(decimal::double(bytes).map(Value::Double)),
        ColumnKind::Decimal => then.visit(str::from_utf8(bytes).ok().map(Value::Decimal)),
        ColumnKind::Bit => then.visit(Some(Value::Bit(bytes))),
        ColumnKind::Date => then.visit(Date::parse(bytes).map(Value::Date)),
        ColumnKind::Time => then.visit(Time::parse(bytes).map(Value::Time)),
        ColumnKind::DateTime => then.visit(DateTime::parse(bytes).map(Value::DateTime)),
        ColumnKind::Text => then.visit(str::from_utf8(bytes).ok().map(Value::Text)),
        ColumnKind::Json => then.visit(str::from_utf8(bytes).ok().map(Value::Json)),
        ColumnKind::Bytes => then.visit(Some(Value::Bytes(bytes))),
        ColumnKind::Geometry => then.visit(Some(Value::Geometry(bytes))),
        ColumnKind::Vector => then.visit(Vector::from_wire(bytes).map(Value::Vector)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::visit::Get;
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
            visit(ColumnKind::Int, b"-9223372036854775808", Get),
            Some(Value::Int(i64::MIN))
        );
        assert_eq!(visit(ColumnKind::Int, b"9223372036854775808", Get), None);
        assert_eq!(
            visit(ColumnKind::UnsignedInt, b"00042", Get),
            Some(Value::UnsignedInt(42))
        );
        assert_eq!(visit(ColumnKind::Int, b"x", Get), None);
        assert_eq!(visit(ColumnKind::Text, b"\xFF", Get), None);
    }
}

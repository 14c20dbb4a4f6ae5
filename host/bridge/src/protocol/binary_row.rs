//! A row of the binary protocol: a header, a bitmap of NULLs, then the values, each encoded by its type.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html>

use std::str;

use mysql_common::constants::ColumnType;

use super::column::{Column, ColumnKind};
use super::encoded::Encoded;
use super::from_row::Values;
use super::row::{Encoding, Field, Shape};
use super::temporal::{DateTime, Time, date_from_binary};
use super::value::Value;
use super::vector::Vector;
use super::visit::Visit;
use rds_bridge_wire::lenenc_string;

/// The first two bits of the bitmap are unused.
const BITMAP_OFFSET: usize = 2;

/// How a value is encoded in the binary protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Fixed(u8),
    /// An `int<1>` length, then that many bytes.
    Short,
    /// `string<lenenc>`
    Lenenc,
}

impl Layout {
    pub(crate) fn from_type(wire_type: ColumnType) -> Self {
        use ColumnType::*;
        match wire_type {
            MYSQL_TYPE_NULL => Self::Fixed(0),
            MYSQL_TYPE_TINY => Self::Fixed(1),
            MYSQL_TYPE_SHORT | MYSQL_TYPE_YEAR => Self::Fixed(2),
            MYSQL_TYPE_LONG | MYSQL_TYPE_INT24 | MYSQL_TYPE_FLOAT => Self::Fixed(4),
            MYSQL_TYPE_LONGLONG | MYSQL_TYPE_DOUBLE => Self::Fixed(8),
            MYSQL_TYPE_DATE | MYSQL_TYPE_DATETIME | MYSQL_TYPE_TIMESTAMP | MYSQL_TYPE_TIME => {
                Self::Short
            }
            _ => Self::Lenenc,
        }
    }

    /// Splits `bytes` after its first value. `None` if the value is cut off.
    #[inline(always)]
    fn split(self, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        match self {
            // A separate arm for each common length, so that the compiler knows it.
            Self::Fixed(8) => bytes.split_at_checked(8),
            Self::Fixed(4) => bytes.split_at_checked(4),
            Self::Fixed(length) => bytes.split_at_checked(length.into()),
            Self::Short => {
                let (length, bytes) = bytes.split_first()?;
                bytes.split_at_checked((*length).into())
            }
            Self::Lenenc => lenenc_string(bytes),
        }
    }
}

/// Finds the position of each value. Returns the same as [`super::text_row::split`].
#[inline]
pub(crate) fn split(
    payload: &[u8],
    columns: &[Column],
    fields: &mut [Field],
) -> Result<usize, usize> {
    let bitmap_length = columns.len().saturating_add(BITMAP_OFFSET).div_ceil(8);
    let mut at = bitmap_length.saturating_add(1);
    let bitmap = payload.get(1..at).ok_or(0_usize)?;
    for (index, (column, place)) in columns.iter().zip(fields).enumerate() {
        let bit = index.saturating_add(BITMAP_OFFSET);
        let byte = bitmap.get(bit >> 3).copied().unwrap_or_default();
        if (byte >> (bit & 7)) & 1 == 1 {
            *place = Field::NULL;
            continue;
        }
        let rest = payload.get(at..).unwrap_or_default();
        let (value, rest) = column.layout().split(rest).ok_or(index)?;
        at = payload.len().saturating_sub(rest.len());
        let start = at.saturating_sub(value.len());
        *place = Field::within(payload, start, value.len()).ok_or(index)?;
    }
    Ok(at)
}

/// The values of a row without NULLs.
pub(crate) struct BinaryValues<'a> {
    rest: &'a [u8],
}

impl<'a> BinaryValues<'a> {
    /// Returns `None` if a value is NULL or the packet is too short.
    #[inline]
    pub(crate) fn new(payload: &'a [u8], columns: usize) -> Option<Self> {
        let bitmap_length = columns.saturating_add(BITMAP_OFFSET).div_ceil(8);
        let bitmap = payload.get(1..)?.split_at_checked(bitmap_length);
        let (bitmap, rest) = bitmap?;
        let is_whole = bitmap.iter().all(|&byte| byte == 0);
        is_whole.then_some(Self { rest })
    }
}

impl<'a> Values<'a> for BinaryValues<'a> {
    #[inline(always)]
    fn next(&mut self, shape: Shape) -> Option<Encoded<'a>> {
        let (bytes, rest) = shape.layout.split(self.rest)?;
        self.rest = rest;
        Some(Encoded {
            kind: shape.kind,
            encoding: Encoding::Binary,
            bytes: Some(bytes),
            text: None,
        })
    }

    #[inline]
    fn is_over(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Decodes a value that is not NULL and passes it to `then`; passes `None` if the bytes are not of the column's kind.
#[inline(always)]
pub(crate) fn visit<'a, V: Visit<'a>>(kind: ColumnKind, bytes: &'a [u8], then: V) -> V::Output {
    match kind {
        ColumnKind::Null => then.visit(Some(Value::Null)),
        ColumnKind::Int => then.visit(signed(bytes).map(Value::Int)),
        ColumnKind::UnsignedInt => then.visit(unsigned(bytes).map(Value::UnsignedInt)),
        ColumnKind::Float => {
            let bytes = bytes.try_into().ok();
            then.visit(bytes.map(f32::from_le_bytes).map(Value::Float))
        }
        ColumnKind::Double => {
            let bytes = bytes.try_into().ok();
            then.visit(bytes.map(f64::from_le_bytes).map(Value::Double))
        }
        ColumnKind::Decimal => then.visit(str::from_utf8(bytes).ok().map(Value::Decimal)),
        ColumnKind::Bit => then.visit(Some(Value::Bit(bytes))),
        ColumnKind::Date => then.visit(date_from_binary(bytes).map(Value::Date)),
        ColumnKind::Time => then.visit(Time::from_binary(bytes).map(Value::Time)),
        ColumnKind::DateTime => then.visit(DateTime::from_binary(bytes).map(Value::DateTime)),
        ColumnKind::Text => then.visit(str::from_utf8(bytes).ok().map(Value::Text)),
        ColumnKind::Json => then.visit(str::from_utf8(bytes).ok().map(Value::Json)),
        ColumnKind::Bytes => then.visit(Some(Value::Bytes(bytes))),
        ColumnKind::Geometry => then.visit(Some(Value::Geometry(bytes))),
        ColumnKind::Vector => then.visit(Vector::from_wire(bytes).map(Value::Vector)),
    }
}

/// `int<1>`, `int<2>`, `int<4>` or `int<8>`
#[inline]
pub(crate) fn signed(bytes: &[u8]) -> Option<i64> {
    Some(match *bytes {
        [a] => i64::from(i8::from_le_bytes([a])),
        [a, b] => i64::from(i16::from_le_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        _ => i64::from_le_bytes(bytes.try_into().ok()?),
    })
}

/// As [`signed`].
#[inline]
pub(crate) fn unsigned(bytes: &[u8]) -> Option<u64> {
    Some(match *bytes {
        [a] => u64::from(a),
        [a, b] => u64::from(u16::from_le_bytes([a, b])),
        [a, b, c, d] => u64::from(u32::from_le_bytes([a, b, c, d])),
        _ => u64::from_le_bytes(bytes.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::column::tests::definition;
    use super::super::visit::Get;
    use super::*;

    fn columns(types: &[u8]) -> Vec<Column> {
        let definition = |&wire_type| definition("c", wire_type, 0, 45);
        let definitions = types.iter().map(definition);
        definitions
            .map(|bytes| Column::read(&bytes).unwrap())
            .collect()
    }

    #[test]
    fn finds_every_value() {
        // TINY, LONG, VAR_STRING that is NULL, DATE, VAR_STRING
        let columns = columns(&[1, 3, 253, 10, 253]);
        let payload = b"\x00\x10\xFF\x2A\x00\x00\x00\x04\xEA\x07\x01\x1F\x02ab";
        let mut fields = [Field::NULL; 5];
        assert_eq!(split(payload, &columns, &mut fields), Ok(payload.len()));
        let values: Vec<_> = columns
            .iter()
            .zip(&fields)
            .map(|(column, field)| match field.bytes(payload) {
                Some(bytes) => visit(column.kind(), bytes, Get).unwrap(),
                None => Value::Null,
            })
            .collect();
        assert_eq!(values[0], Value::Int(-1));
        assert_eq!(values[1], Value::Int(42));
        assert_eq!(values[2], Value::Null);
        assert!(matches!(values[3], Value::Date(date) if date.to_string() == "2026-01-31"));
        assert_eq!(values[4], Value::Text("ab"));
    }

    #[test]
    fn cut_short_says_where() {
        let columns = columns(&[1, 3]);
        let payload = b"\x00\x00\xFF\x2A\x00\x00\x00";
        let failure = |length: usize| split(&payload[..length], &columns, &mut [Field::NULL; 2]);
        assert_eq!(failure(7), Ok(7));
        assert_eq!(failure(6), Err(1));
        assert_eq!(failure(2), Err(0));
        assert_eq!(failure(0), Err(0));
    }
}

//! Rows of a result, column by column.

use rds_bridge::mysql;
use rds_bridge::mysql::{ColumnKind, Row};

use crate::bindings::rds::mysql::results::{Array, RecordBatch, Strings, Values, Vectors};
use crate::bindings::rds::mysql::types;
use crate::bindings::rds::mysql::types::{Error as GuestError, Rule};
use crate::values::{column_of, given_date, given_datetime, given_span};

/// Adds a row to a batch, which is empty or has rows of the same result. After an error the batch is incomplete.
///
/// # Errors
///
/// `value`: the server's bytes do not match the column's type. `not-permitted`: a column of the batch has more bytes than
/// an offset can count.
pub(crate) fn push(batch: &mut RecordBatch, row: &Row<'_>) -> Result<(), GuestError> {
    if batch.arrays.is_empty() {
        let arrays = row.columns().iter().map(|it| array(it.kind()));
        batch.arrays = arrays.collect();
    }
    let index = usize::try_from(batch.rows).unwrap_or(usize::MAX);
    for ((array, column), value) in batch.arrays.iter_mut().zip(row.columns()).zip(row.values()) {
        let value = value.map_err(|error| GuestError::Value(column_of(&error)))?;
        mark(&mut array.validity, index, !value.is_null());
        match add(&mut array.values, value) {
            Ok(()) => (),
            Err(Refused::Kind) => return Err(GuestError::Value(column.name().to_owned())),
            Err(Refused::Length) => return Err(GuestError::NotPermitted(Rule::ResultSize)),
        }
    }
    batch.rows = batch.rows.saturating_add(1);
    Ok(())
}

/// Why an array cannot take a value.
enum Refused {
    /// Its column has no such value: one of another kind, or a `BIT` of more than 64 bits, which no server has.
    Kind,
    /// An offset would exceed 2^31 - 1, the most of Arrow's.
    Length,
}

/// An array without rows.
fn array(kind: ColumnKind) -> Array {
    let strings = || Strings {
        offsets: vec![0],
        bytes: Vec::new(),
    };
    let values = match kind {
        ColumnKind::Null => Values::Null,
        ColumnKind::Int => Values::Int(Vec::new()),
        ColumnKind::UnsignedInt | ColumnKind::Bit => Values::Unsigned(Vec::new()),
        ColumnKind::Float => Values::Float(Vec::new()),
        ColumnKind::Double => Values::Double(Vec::new()),
        ColumnKind::Decimal | ColumnKind::Text | ColumnKind::Json => Values::Text(strings()),
        ColumnKind::Bytes | ColumnKind::Geometry => Values::Bytes(strings()),
        ColumnKind::Date => Values::Date(Vec::new()),
        ColumnKind::DateTime => Values::Datetime(Vec::new()),
        ColumnKind::Time => Values::Time(Vec::new()),
        ColumnKind::Vector => Values::Vector(Vectors {
            offsets: vec![0],
            entries: Vec::new(),
        }),
    };
    Array {
        validity: Vec::new(),
        values,
    }
}

/// Records whether the next row has a value. The bitmap stays empty until the first NULL.
fn mark(validity: &mut Vec<u8>, row: usize, is_valid: bool) {
    let (byte, bit) = (row / 8, 1_u8 << (row % 8));
    if validity.is_empty() {
        if is_valid {
            return;
        }
        // Each row before this one has a value.
        validity.resize(byte, u8::MAX);
        validity.push(bit.wrapping_sub(1));
    } else if validity.len() == byte {
        validity.push(0);
    }
    if is_valid && let Some(last) = validity.last_mut() {
        *last |= bit;
    }
}

fn add(values: &mut Values, value: mysql::Value<'_>) -> Result<(), Refused> {
    match (values, value) {
        (values, mysql::Value::Null) => return add_null(values),
        (Values::Int(list), mysql::Value::Int(number)) => list.push(number),
        (Values::Unsigned(list), mysql::Value::UnsignedInt(number)) => list.push(number),
        (Values::Unsigned(list), value @ mysql::Value::Bit(_)) => {
            list.push(value.as_bits().ok_or(Refused::Kind)?);
        }
        (Values::Float(list), mysql::Value::Float(number)) => list.push(number),
        (Values::Double(list), mysql::Value::Double(number)) => list.push(number),
        (
            Values::Text(strings),
            mysql::Value::Decimal(text) | mysql::Value::Text(text) | mysql::Value::Json(text),
        ) => push_string(strings, text.as_bytes())?,
        (Values::Bytes(strings), mysql::Value::Bytes(bytes) | mysql::Value::Geometry(bytes)) => {
            push_string(strings, bytes)?
        }
        (Values::Date(list), mysql::Value::Date(date)) => list.push(given_date(date)),
        (Values::Datetime(list), mysql::Value::DateTime(it)) => list.push(given_datetime(it)),
        (Values::Time(list), mysql::Value::Time(time)) => list.push(given_span(time)),
        (Values::Vector(vectors), mysql::Value::Vector(vector)) => {
            vectors.entries.extend(vector.iter());
            push_offset(&mut vectors.offsets, vectors.entries.len())?;
        }
        _ => return Err(Refused::Kind),
    }
    Ok(())
}

/// Adds what stands for NULL.
fn add_null(values: &mut Values) -> Result<(), Refused> {
    const DATE: types::Date = types::Date {
        year: 0,
        month: 0,
        day: 0,
    };
    match values {
        Values::Null => (),
        Values::Int(list) => list.push(0),
        Values::Unsigned(list) => list.push(0),
        Values::Float(list) => list.push(0.0),
        Values::Double(list) => list.push(0.0),
        Values::Text(strings) | Values::Bytes(strings) => push_string(strings, &[])?,
        Values::Date(list) => list.push(DATE),
        Values::Datetime(list) => list.push(types::Datetime {
            date: DATE,
            hour: 0,
            minute: 0,
            second: 0,
            microsecond: 0,
        }),
        Values::Time(list) => list.push(types::Span {
            negative: false,
            hours: 0,
            minutes: 0,
            seconds: 0,
            microseconds: 0,
        }),
        Values::Vector(vectors) => push_offset(&mut vectors.offsets, vectors.entries.len())?,
    }
    Ok(())
}

fn push_string(strings: &mut Strings, string: &[u8]) -> Result<(), Refused> {
    strings.bytes.extend_from_slice(string);
    push_offset(&mut strings.offsets, strings.bytes.len())
}

/// Adds the offset at which a row's value ends.
fn push_offset(offsets: &mut Vec<u32>, length: usize) -> Result<(), Refused> {
    let offset = i32::try_from(length).map_err(|_| Refused::Length)?;
    offsets.push(offset.cast_unsigned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bitmap_begins_with_the_first_null() {
        for nulls in [
            vec![],
            vec![0],
            vec![7],
            vec![8],
            vec![3, 8, 15, 16],
            (0..20).collect(),
        ] {
            let mut validity = Vec::new();
            for row in 0..20 {
                mark(&mut validity, row, !nulls.contains(&row));
            }
            let is_valid =
                |row: usize| validity.is_empty() || validity[row / 8] & (1 << (row % 8)) != 0;
            assert_eq!(validity.is_empty(), nulls.is_empty());
            for row in 0..20 {
                assert_eq!(is_valid(row), !nulls.contains(&row), "{nulls:?}");
            }
            // No bit after the last row.
            assert!(validity.is_empty() || (validity.len() == 3 && validity[2] < 16));
        }
    }

    #[test]
    fn an_offset_never_wraps() {
        let mut offsets = vec![0];
        assert!(push_offset(&mut offsets, i32::MAX as usize).is_ok());
        assert!(push_offset(&mut offsets, i32::MAX as usize + 1).is_err());
        assert_eq!(offsets, [0, i32::MAX.cast_unsigned()]);
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        let mut values = array(ColumnKind::Int).values;
        let refused = add(&mut values, mysql::Value::UnsignedInt(1));
        assert!(matches!(refused, Err(Refused::Kind)));
    }
}

//! The encoding of SQLite's values in both protocols.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html>

use mysql_common::constants::ColumnType;
use mysql_common::io::BufMutExt;
use rusqlite::types::ValueRef;

use super::column::Column;
use rds_bridge::mysql::{Date, DateTime, Time};

/// NULL in a `ProtocolText::ResultsetRow`.
const NULL: u8 = 0xFB;

/// Appends a value in the text protocol. `None` if it does not have the column's type.
pub(super) fn write_text(row: &mut Vec<u8>, value: ValueRef<'_>, column: &Column) -> Option<()> {
    if let ValueRef::Null = value {
        row.push(NULL);
        return Some(());
    }
    use ColumnType::*;
    match column.wire_type {
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_YEAR | MYSQL_TYPE_LONG
        | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONGLONG => {
            integer(value)?;
        }
        MYSQL_TYPE_DOUBLE | MYSQL_TYPE_FLOAT => {
            real(value)?;
        }
        _ => {}
    }
    row.put_lenenc_str(&text(value, column)?);
    Some(())
}

/// Appends a value other than NULL in the binary protocol. `None` if it does not have the column's type.
pub(super) fn write_binary(row: &mut Vec<u8>, value: ValueRef<'_>, column: &Column) -> Option<()> {
    use ColumnType::*;
    match column.wire_type {
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_YEAR | MYSQL_TYPE_LONG
        | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONGLONG => write_integer(row, integer(value)?, column)?,
        MYSQL_TYPE_DOUBLE => row.extend(real(value)?.to_le_bytes()),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the column is declared as FLOAT"
        )]
        MYSQL_TYPE_FLOAT => row.extend((real(value)? as f32).to_le_bytes()),
        MYSQL_TYPE_DATE => {
            let Date { year, month, day } = Date::parse(&text(value, column)?)?;
            row.push(4);
            row.extend(year.to_le_bytes());
            row.extend([month, day]);
        }
        MYSQL_TYPE_DATETIME | MYSQL_TYPE_TIMESTAMP => {
            let at = DateTime::parse(&text(value, column)?)?;
            row.push(11);
            row.extend(at.date.year.to_le_bytes());
            row.extend([at.date.month, at.date.day, at.hour, at.minute, at.second]);
            row.extend(at.microsecond.to_le_bytes());
        }
        MYSQL_TYPE_TIME => {
            let time = Time::parse(&text(value, column)?)?;
            row.push(12);
            row.push(u8::from(time.negative));
            row.extend(time.hours.checked_div(24)?.to_le_bytes());
            row.push(u8::try_from(time.hours.checked_rem(24)?).ok()?);
            row.extend([time.minutes, time.seconds]);
            row.extend(time.microseconds.to_le_bytes());
        }
        _ => row.put_lenenc_str(&text(value, column)?),
    }
    Some(())
}

fn write_integer(row: &mut Vec<u8>, value: i64, column: &Column) -> Option<()> {
    macro_rules! put {
        ($signed:ty, $unsigned:ty) => {
            match column.is_unsigned {
                true => row.extend(<$unsigned>::try_from(value).ok()?.to_le_bytes()),
                false => row.extend(<$signed>::try_from(value).ok()?.to_le_bytes()),
            }
        };
    }
    match column.wire_type {
        ColumnType::MYSQL_TYPE_TINY => put!(i8, u8),
        ColumnType::MYSQL_TYPE_SHORT | ColumnType::MYSQL_TYPE_YEAR => put!(i16, u16),
        ColumnType::MYSQL_TYPE_LONG | ColumnType::MYSQL_TYPE_INT24 => put!(i32, u32),
        _ => put!(i64, u64),
    }
    Some(())
}

fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Text(text) => str::from_utf8(text).ok()?.parse().ok(),
        ValueRef::Real(_) | ValueRef::Blob(_) | ValueRef::Null => None,
    }
}

fn real(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Real(number) => Some(number),
        #[expect(
            clippy::cast_precision_loss,
            reason = "SQLite converts in the same way"
        )]
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Text(text) => str::from_utf8(text).ok()?.parse().ok(),
        ValueRef::Blob(_) | ValueRef::Null => None,
    }
}

fn text(value: ValueRef<'_>, column: &Column) -> Option<Vec<u8>> {
    let is_decimal = column.wire_type == ColumnType::MYSQL_TYPE_NEWDECIMAL;
    let scale = usize::from(column.scale);
    let text = match value {
        ValueRef::Null => return None,
        ValueRef::Integer(number) if is_decimal && scale > 0 => {
            format!("{number}.{:0>scale$}", "").into_bytes()
        }
        ValueRef::Integer(number) => number.to_string().into_bytes(),
        ValueRef::Real(number) if is_decimal => {
            let (whole, text) = (
                super::functions::scaled(number, column.scale)?,
                column.scale,
            );
            super::functions::decimal_text(whole, text).into_bytes()
        }
        ValueRef::Real(number) if column.wire_type == ColumnType::MYSQL_TYPE_FLOAT => {
            float(number).into_bytes()
        }
        ValueRef::Real(number) => double(number).into_bytes(),
        ValueRef::Text(text) | ValueRef::Blob(text) => text.to_vec(),
    };
    temporal(text, column.wire_type)
}

/// Brings a date or time into the form of the column's type. `None` if a client could not parse it.
///
/// Most clients bind a `DATETIME` for a column of type `DATE`. MySQL truncates the time when it stores the value;
/// SQLite stores the value as it is.
fn temporal(mut text: Vec<u8>, wire_type: ColumnType) -> Option<Vec<u8>> {
    use ColumnType::*;
    const DATE_LENGTH: usize = 10;
    match wire_type {
        MYSQL_TYPE_DATE if Date::parse(&text).is_none() => {
            DateTime::parse(&text)?;
            text.truncate(DATE_LENGTH);
        }
        MYSQL_TYPE_DATETIME | MYSQL_TYPE_TIMESTAMP if DateTime::parse(&text).is_none() => {
            Date::parse(&text)?;
            text.extend_from_slice(b" 00:00:00");
        }
        MYSQL_TYPE_TIME => {
            Time::parse(&text)?;
        }
        _ => {}
    }
    Some(text)
}

/// Formats with six significant digits, as MySQL does for a `FLOAT`.
fn float(number: f64) -> String {
    let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    double(rounded)
}

/// Formats the shortest text that parses to the same number, with an exponent if the number is large or small.
fn double(number: f64) -> String {
    let size = number.abs();
    match size != 0.0 && !(1e-5..1e15).contains(&size) {
        true => format!("{number:e}"),
        false => format!("{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: ValueRef<'_>, declared: &str) -> Option<Vec<u8>> {
        let mut row = Vec::new();
        write_text(&mut row, value, &Column::new("c", Some(declared), None))?;
        Some(row)
    }

    #[test]
    fn decimals_have_their_scale() {
        let decimal = |value| written(value, "DECIMAL(10,2)").unwrap();
        assert_eq!(decimal(ValueRef::Real(3.5)), b"\x043.50");
        assert_eq!(decimal(ValueRef::Integer(12)), b"\x0512.00");
        assert_eq!(decimal(ValueRef::Text(b"0.10")), b"\x040.10");
        assert_eq!(decimal(ValueRef::Null), b"\xFB");
    }

    #[test]
    fn a_value_of_another_type_is_not_sent() {
        assert_eq!(written(ValueRef::Text(b"soon"), "DATE"), None);
        assert_eq!(written(ValueRef::Integer(5), "DATETIME"), None);
        assert_eq!(written(ValueRef::Text(b"x"), "INT"), None);
        assert_eq!(written(ValueRef::Text(b"x"), "DOUBLE"), None);
        let mut row = Vec::new();
        let tiny = Column::new("c", Some("TINYINT"), None);
        assert_eq!(write_binary(&mut row, ValueRef::Integer(300), &tiny), None);
        assert_eq!(write_binary(&mut row, ValueRef::Text(b"x"), &tiny), None);
    }

    #[test]
    fn dates_with_a_time_and_times_without_one() {
        let at = ValueRef::Text(b"2024-02-29 23:59:58");
        let on = ValueRef::Text(b"2024-02-29");
        let date = b"\x0a2024-02-29";
        for value in [at, on] {
            assert_eq!(written(value, "DATE").unwrap(), date);
            let mut row = Vec::new();
            let column = Column::new("c", Some("DATE"), None);
            assert_eq!(write_binary(&mut row, value, &column), Some(()));
            assert_eq!(row, b"\x04\xE8\x07\x02\x1D");
        }
        assert_eq!(written(at, "DATETIME").unwrap(), b"\x132024-02-29 23:59:58");
        assert_eq!(written(on, "DATETIME").unwrap(), b"\x132024-02-29 00:00:00");
    }

    #[test]
    fn numbers_read_back() {
        for number in [0.0, 1.5, -2.0, 1e300, 1e-300, 0.1] {
            assert_eq!(double(number).parse(), Ok(number));
        }
    }
}

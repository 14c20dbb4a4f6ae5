//! A parameter of a prepared statement, as `COM_STMT_EXECUTE` carries it.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html>

use std::fmt;

use mysql_common::constants::ColumnType;
use mysql_common::io::BufMutExt;

use super::number::Decimal;
use super::temporal::{Date, DateTime, Time};

/// A parameter. Its value is the caller's data: `Debug` shows only its kind.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Param {
    /// NULL
    Null,
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UnsignedInt(u64),
    /// A floating point number.
    Double(f64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// `DATE`
    Date(Date),
    /// `DATETIME`
    DateTime(DateTime),
    /// `TIME`
    Time(Time),
    /// A value of another crate's type that no value of MySQL's type represents, with the reason. A statement with it
    /// is not sent; it fails with [`ErrorKind::UnrepresentableParameter`](crate::ErrorKind::UnrepresentableParameter).
    Unrepresentable(&'static str),
    /// A text, in UTF-8. In an expression, the server may convert a number in a text to a double; [`Self::Decimal`] and
    /// [`Self::from_number`] keep its digits.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// `int<1>` type and `int<1>` flag of a parameter.
pub(crate) type WireType = [u8; 2];

/// The flag of an unsigned integer.
const UNSIGNED: u8 = 0x80;

impl Param {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::Unrepresentable(_))
    }

    /// The `parameter_type` field: the type, and whether it is unsigned.
    pub(crate) fn wire_type(&self) -> WireType {
        let (wire_type, flag) = match self {
            Self::Null => (ColumnType::MYSQL_TYPE_NULL, 0),
            Self::Int(_) => (ColumnType::MYSQL_TYPE_LONGLONG, 0),
            Self::UnsignedInt(_) => (ColumnType::MYSQL_TYPE_LONGLONG, UNSIGNED),
            Self::Double(_) => (ColumnType::MYSQL_TYPE_DOUBLE, 0),
            Self::Decimal(_) => (ColumnType::MYSQL_TYPE_NEWDECIMAL, 0),
            Self::Date(_) => (ColumnType::MYSQL_TYPE_DATE, 0),
            Self::DateTime(_) => (ColumnType::MYSQL_TYPE_DATETIME, 0),
            Self::Time(_) => (ColumnType::MYSQL_TYPE_TIME, 0),
            Self::Unrepresentable(_) => (ColumnType::MYSQL_TYPE_NULL, 0),
            Self::Text(_) => (ColumnType::MYSQL_TYPE_VAR_STRING, 0),
            Self::Bytes(_) => (ColumnType::MYSQL_TYPE_BLOB, 0),
        };
        [wire_type as u8, flag]
    }

    pub(crate) fn write(&self, payload: &mut Vec<u8>) {
        match self {
            Self::Null | Self::Unrepresentable(_) => {}
            Self::Date(date) => date.write_binary(payload),
            Self::DateTime(date_time) => date_time.write_binary(payload),
            Self::Time(time) => time.write_binary(payload),
            Self::Int(number) => payload.extend(number.to_le_bytes()),
            Self::UnsignedInt(number) => payload.extend(number.to_le_bytes()),
            Self::Double(number) => payload.extend(number.to_le_bytes()),
            Self::Decimal(decimal) => payload.put_lenenc_str(decimal.as_str().as_bytes()),
            Self::Text(text) => payload.put_lenenc_str(text.as_bytes()),
            Self::Bytes(bytes) => payload.put_lenenc_str(bytes),
        }
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int(…)",
            Self::UnsignedInt(_) => "UnsignedInt(…)",
            Self::Double(_) => "Double(…)",
            Self::Decimal(_) => "Decimal(…)",
            Self::Date(_) => "Date(…)",
            Self::DateTime(_) => "DateTime(…)",
            Self::Time(_) => "Time(…)",
            Self::Unrepresentable(_) => "Unrepresentable(…)",
            Self::Text(_) => "Text(…)",
            Self::Bytes(_) => "Bytes(…)",
        })
    }
}

macro_rules! from {
    ($($variant:ident($target:ty): $($type:ty),*;)*) => {$($(
        impl From<$type> for Param {
            fn from(value: $type) -> Self {
                Self::$variant(<$target>::from(value))
            }
        }
    )*)*};
}

from! {
    Int(i64): i8, i16, i32, i64, bool;
    UnsignedInt(u64): u8, u16, u32, u64;
    Double(f64): f32, f64;
    Date(Date): Date;
    DateTime(DateTime): DateTime;
    Time(Time): Time;
    Text(String): &str, String;
    Bytes(Vec<u8>): &[u8], Vec<u8>;
}

/// As the bytes of a `VECTOR`, which MySQL accepts wherever it accepts a `VECTOR`.
impl From<&[f32]> for Param {
    fn from(entries: &[f32]) -> Self {
        let bytes = entries.iter().flat_map(|entry| entry.to_le_bytes());
        Self::Bytes(bytes.collect())
    }
}

/// As from `&[f32]`.
impl From<Vec<f32>> for Param {
    fn from(entries: Vec<f32>) -> Self {
        Self::from(entries.as_slice())
    }
}

impl<T: Into<Self>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let params = [
            Param::from("hunter2"),
            Param::from(4711),
            Param::from(None::<i64>),
        ];
        assert_eq!(format!("{params:?}"), "[Text(…), Int(…), Null]");
    }

    #[test]
    fn the_wire_has_sign_and_length() {
        assert_eq!(Param::from(1_u64).wire_type(), [8, 0x80]);
        assert_eq!(Param::from(-1).wire_type(), [8, 0]);
        let decimal = Param::from_number("1.5").unwrap();
        assert_eq!(decimal.wire_type(), [0xF6, 0]);
        let mut payload = Vec::new();
        Param::from("ab").write(&mut payload);
        decimal.write(&mut payload);
        assert_eq!(payload, b"\x02ab\x031.5");
    }
}

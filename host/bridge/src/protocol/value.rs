//! A value of a row, borrowed from its packet.

use super::temporal::{Date, DateTime, Time};
use super::vector::Vector;

/// A value of a row. Texts and bytes are borrowed from the read buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// NULL
    Null,
    /// `TINYINT` to `BIGINT`
    Int(i64),
    /// `TINYINT UNSIGNED` to `BIGINT UNSIGNED`, and `YEAR`
    UnsignedInt(u64),
    /// `FLOAT`. In the text protocol, the server sends six significant digits.
    Float(f32),
    /// `DOUBLE`
    Double(f64),
    /// `DECIMAL`, as the server's exact digits
    Decimal(&'a str),
    /// `BIT`, as big-endian bytes
    Bit(&'a [u8]),
    /// `DATE`
    Date(Date),
    /// `TIME`
    Time(Time),
    /// `DATETIME` and `TIMESTAMP`
    DateTime(DateTime),
    /// `CHAR`, `VARCHAR`, `TEXT`, `ENUM`, `SET`
    Text(&'a str),
    /// `JSON`
    Json(&'a str),
    /// `BINARY`, `VARBINARY`, `BLOB`
    Bytes(&'a [u8]),
    /// Four bytes of SRID, then well-known binary
    Geometry(&'a [u8]),
    /// `VECTOR` of MySQL 9. MariaDB's `VECTOR` is [`Self::Bytes`].
    Vector(Vector<'a>),
}

impl Value<'_> {
    /// Whether the value is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A `BIT` as a number; `None` for another kind.
    #[must_use]
    pub fn as_bits(&self) -> Option<u64> {
        let Self::Bit(bytes) = self else { return None };
        let mut number = [0; 8];
        let at = number.len().checked_sub(bytes.len())?;
        number.get_mut(at..)?.copy_from_slice(bytes);
        Some(u64::from_be_bytes(number))
    }

    /// The name of the kind in an error.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Int(_) => "an integer",
            Self::UnsignedInt(_) => "an unsigned integer",
            Self::Float(_) => "a FLOAT",
            Self::Double(_) => "a DOUBLE",
            Self::Decimal(_) => "a DECIMAL",
            Self::Bit(_) => "a BIT",
            Self::Date(_) => "a DATE",
            Self::Time(_) => "a TIME",
            Self::DateTime(_) => "a DATETIME",
            Self::Text(_) => "a text",
            Self::Json(_) => "a JSON",
            Self::Bytes(_) => "bytes",
            Self::Geometry(_) => "a geometry",
            Self::Vector(_) => "a VECTOR",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_a_number() {
        assert_eq!(Value::Bit(b"").as_bits(), Some(0));
        assert_eq!(Value::Bit(b"\x01\x02").as_bits(), Some(0x0102));
        assert_eq!(Value::Bit(&[0xFF; 8]).as_bits(), Some(u64::MAX));
        assert_eq!(Value::Bit(&[0; 9]).as_bits(), None);
        assert_eq!(Value::Null.as_bits(), None);
    }
}

//! Conversion of values to Rust's types. A value that the type cannot represent exactly is an error.

use thiserror::Error;

use super::column::{Column, ColumnKind};
use super::encoded::Encoded;
use super::temporal::{Date, DateTime, Time};
use super::value::Value;
use super::vector::Vector;

/// A value cannot be read as the requested type.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The result has no column of that name or index.
    #[error("there is no column {column}")]
    NoSuchColumn {
        /// The requested name or index.
        column: String,
    },
    /// Several columns have the requested name.
    #[error("several columns are named {column}: give them distinct names with AS")]
    AmbiguousColumn {
        /// The requested name.
        column: String,
    },
    /// The tuple or tuple struct has another number of fields than the result has columns.
    #[error("the number of columns in the result is {columns}, but {expected} was expected")]
    ColumnCount {
        /// The number of columns in the result.
        columns: usize,
        /// The number of fields in the tuple.
        expected: usize,
    },
    /// The value is NULL, and the requested type is not an `Option`.
    #[error("column {column} is NULL")]
    Null {
        /// The column's name.
        column: String,
    },
    /// The value is of a kind that the requested type cannot be read from.
    #[error("column {column} holds {found}, not {expected}")]
    WrongKind {
        /// The column's name.
        column: String,
        /// The kind of the value.
        found: &'static str,
        /// The requested type.
        expected: &'static str,
    },
    /// The value is out of the range of the requested type.
    #[error("the value of column {column} is out of range for {expected}")]
    OutOfRange {
        /// The column's name.
        column: String,
        /// The requested type.
        expected: &'static str,
    },
    /// The text cannot be parsed as the requested type.
    #[error("the value of column {column} cannot be read as {expected}")]
    Unparsable {
        /// The column's name.
        column: String,
        /// The requested type.
        expected: &'static str,
    },
    /// The server's bytes do not match the column's type: they are not UTF-8, or not a number.
    #[error("in row {row}, column {column}, the server sent a value that is not {}", described(*kind))]
    Unreadable {
        /// The number of the row in its result, counted from 1.
        row: u64,
        /// The column's name.
        column: String,
        /// The kind that the column's type requires.
        kind: ColumnKind,
    },
}

fn described(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Null => "NULL",
        ColumnKind::Int => "an integer",
        ColumnKind::UnsignedInt => "an unsigned integer",
        ColumnKind::Float => "a FLOAT",
        ColumnKind::Double => "a DOUBLE",
        ColumnKind::Decimal => "a DECIMAL",
        ColumnKind::Bit => "a BIT",
        ColumnKind::Date => "a date",
        ColumnKind::Time => "a time",
        ColumnKind::DateTime => "a date with a time",
        ColumnKind::Text => "UTF-8 text",
        ColumnKind::Json => "JSON in UTF-8",
        ColumnKind::Bytes => "bytes",
        ColumnKind::Geometry => "a geometry",
        ColumnKind::Vector => "a vector",
    }
}

/// Why a value cannot be read as a type. [`super::Row::get`] adds the column's name ([`ValueError`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The value is NULL.
    Null,
    /// The value is of a kind that the type cannot be read from.
    WrongKind {
        /// The kind of the value.
        found: &'static str,
        /// The requested type.
        expected: &'static str,
    },
    /// The text cannot be parsed as the type.
    Unparsable {
        /// The requested type.
        expected: &'static str,
    },
    /// The value is out of the type's range.
    OutOfRange {
        /// The requested type.
        expected: &'static str,
    },
}

impl Mismatch {
    pub(crate) fn in_column(self, column: Option<&Column>) -> ValueError {
        let column = column.map(Column::name).unwrap_or_default().to_owned();
        match self {
            Self::Null => ValueError::Null { column },
            Self::WrongKind { found, expected } => ValueError::WrongKind {
                column,
                found,
                expected,
            },
            Self::OutOfRange { expected } => ValueError::OutOfRange { column, expected },
            Self::Unparsable { expected } => ValueError::Unparsable { column, expected },
        }
    }

    pub(crate) fn wrong_kind(value: Value<'_>, expected: &'static str) -> Self {
        match value {
            Value::Null => Self::Null,
            _ => Self::WrongKind {
                found: value.kind(),
                expected,
            },
        }
    }
}

/// A type that a value can be read as.
pub trait FromValue<'a>: Sized {
    /// Converts the value.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], if the value is of another kind, or the type cannot represent it.
    fn from_value(value: Value<'a>) -> Result<Self, Mismatch>;

    /// Converts the value without an intermediate [`Value`], for types where that is faster. After `None`,
    /// [`Self::from_value`] converts the value, or describes the error.
    fn from_encoded(value: Encoded<'a>) -> Option<Self> {
        Self::from_value(value.value()?).ok()
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        /// From every integer column, and from `BIT`.
        impl FromValue<'_> for $type {
            fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
                let expected = stringify!($type);
                let fits = match value {
                    Value::Int(number) => Self::try_from(number).ok(),
                    Value::UnsignedInt(number) => Self::try_from(number).ok(),
                    Value::Bit(_) => value.as_bits().and_then(|bits| Self::try_from(bits).ok()),
                    _ => return Err(Mismatch::wrong_kind(value, expected)),
                };
                fits.ok_or(Mismatch::OutOfRange { expected })
            }

            #[inline(always)]
            fn from_encoded(value: Encoded<'_>) -> Option<Self> {
                match value.kind {
                    ColumnKind::Int => Self::try_from(value.signed()?).ok(),
                    ColumnKind::UnsignedInt => Self::try_from(value.unsigned()?).ok(),
                    _ => None,
                }
            }
        }
    )*};
}

integers!(
    i8, i16, i32, i64, i128, u8, u16, u32, u64, u128, usize, isize
);

/// From 0 and 1 in a `BOOLEAN`, which is a `TINYINT`, and in a `BIT(1)`.
impl FromValue<'_> for bool {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let expected = "bool";
        match value {
            Value::Int(0) | Value::UnsignedInt(0) => Ok(false),
            Value::Int(1) | Value::UnsignedInt(1) => Ok(true),
            Value::Bit(_) => match value.as_bits() {
                Some(0) => Ok(false),
                Some(1) => Ok(true),
                _ => Err(Mismatch::OutOfRange { expected }),
            },
            Value::Int(_) | Value::UnsignedInt(_) => Err(Mismatch::OutOfRange { expected }),
            _ => Err(Mismatch::wrong_kind(value, expected)),
        }
    }
}

/// From `FLOAT` only: a `DOUBLE` would be rounded.
impl FromValue<'_> for f32 {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Float(number) => Ok(number),
            _ => Err(Mismatch::wrong_kind(value, "f32")),
        }
    }
}

/// From `DOUBLE` and `FLOAT`. Not from `DECIMAL`, which is exact: read it as a text or an exact type.
impl FromValue<'_> for f64 {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Double(number) => Ok(number),
            Value::Float(number) => Ok(Self::from(number)),
            _ => Err(Mismatch::wrong_kind(value, "f64")),
        }
    }

    #[inline(always)]
    fn from_encoded(value: Encoded<'_>) -> Option<Self> {
        value.double()
    }
}

/// From texts, `JSON` and `DECIMAL`.
impl<'a> FromValue<'a> for &'a str {
    fn from_value(value: Value<'a>) -> Result<Self, Mismatch> {
        match value {
            Value::Text(text) | Value::Json(text) | Value::Decimal(text) => Ok(text),
            _ => Err(Mismatch::wrong_kind(value, "text")),
        }
    }

    #[inline(always)]
    fn from_encoded(value: Encoded<'a>) -> Option<Self> {
        value.text()
    }
}

/// As `&str`.
impl FromValue<'_> for String {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        <&str>::from_value(value).map(Self::from)
    }
}

/// From bytes, geometry and `BIT`, from texts (as UTF-8), and from a `VECTOR` (as [`Vector::as_bytes`]).
impl<'a> FromValue<'a> for &'a [u8] {
    fn from_value(value: Value<'a>) -> Result<Self, Mismatch> {
        match value {
            Value::Vector(vector) => Ok(vector.as_bytes()),
            Value::Bytes(bytes) | Value::Geometry(bytes) | Value::Bit(bytes) => Ok(bytes),
            Value::Text(text) | Value::Json(text) => Ok(text.as_bytes()),
            _ => Err(Mismatch::wrong_kind(value, "bytes")),
        }
    }
}

/// As `&[u8]`.
impl FromValue<'_> for Vec<u8> {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        <&[u8]>::from_value(value).map(Self::from)
    }
}

/// From a `VECTOR`.
impl<'a> FromValue<'a> for Vector<'a> {
    fn from_value(value: Value<'a>) -> Result<Self, Mismatch> {
        match value {
            Value::Vector(vector) => Ok(vector),
            _ => Err(Mismatch::wrong_kind(value, "a VECTOR")),
        }
    }
}

/// From the entries of a `VECTOR`.
impl FromValue<'_> for Vec<f32> {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Vector(vector) => Ok(vector.iter().collect()),
            _ => Err(Mismatch::wrong_kind(value, "Vec<f32>")),
        }
    }
}

macro_rules! temporal {
    ($($type:ident $(by $short_way:ident)?),*) => {$(
        /// From the column type of that name.
        impl FromValue<'_> for $type {
            fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
                match value {
                    Value::$type(it) => Ok(it),
                    _ => Err(Mismatch::wrong_kind(value, stringify!($type))),
                }
            }

            $(
                #[inline(always)]
                fn from_encoded(value: Encoded<'_>) -> Option<Self> {
                    value.$short_way()
                }
            )?
        }
    )*};
}

temporal!(Date, DateTime by date_time, Time);

impl<'a> FromValue<'a> for Value<'a> {
    fn from_value(value: Value<'a>) -> Result<Self, Mismatch> {
        Ok(value)
    }
}

/// NULL is `None`.
impl<'a, T: FromValue<'a>> FromValue<'a> for Option<T> {
    fn from_value(value: Value<'a>) -> Result<Self, Mismatch> {
        if value.is_null() {
            return Ok(None);
        }
        T::from_value(value).map(Some)
    }

    #[inline(always)]
    fn from_encoded(value: Encoded<'a>) -> Option<Self> {
        match value.bytes {
            Some(_) => T::from_encoded(value).map(Some),
            None => Some(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_given_and_nothing_else() {
        assert_eq!(u8::from_value(Value::Int(255)), Ok(255));
        assert_eq!(
            u8::from_value(Value::Int(256)),
            Err(Mismatch::OutOfRange { expected: "u8" })
        );
        assert!(u64::from_value(Value::Int(-1)).is_err());
        assert_eq!(u64::from_value(Value::UnsignedInt(u64::MAX)), Ok(u64::MAX));
        assert!(f64::from_value(Value::Decimal("0.1")).is_err());
        assert_eq!(<&str>::from_value(Value::Decimal("0.10")), Ok("0.10"));
        assert_eq!(bool::from_value(Value::Bit(b"\x01")), Ok(true));
        assert!(bool::from_value(Value::Int(2)).is_err());
    }

    #[test]
    fn null_needs_an_option() {
        assert_eq!(i32::from_value(Value::Null), Err(Mismatch::Null));
        assert_eq!(Option::<i32>::from_value(Value::Null), Ok(None));
        assert_eq!(Option::<i32>::from_value(Value::Int(1)), Ok(Some(1)));
        assert_eq!(
            Option::<i32>::from_value(Value::Text("1")),
            Err(Mismatch::WrongKind {
                found: "a text",
                expected: "i32"
            })
        );
    }
}

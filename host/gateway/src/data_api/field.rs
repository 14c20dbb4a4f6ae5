//! The union `Field`: a value of a row.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rds_bridge::mysql::{Column, ColumnKind, Value};
use serde::{Serialize, Serializer};

use super::requests::{DecimalReturnType, LongReturnType, ResultSetOptions};

/// A value, as the union has it: an object with one member.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Field<'r> {
    IsNull(bool),
    BooleanValue(bool),
    LongValue(i64),
    DoubleValue(Double),
    StringValue(Cow<'r, str>),
    BlobValue(Base64<'r>),
}

/// A number that keeps the digits of its type: a `FLOAT` has fewer than a `DOUBLE`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Double {
    Single(f32),
    Double(f64),
}

/// JSON has no NaN and no infinity. restJson1 writes them as texts, which SDKs read as numbers.
impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let wide = match *self {
            Self::Single(number) if number.is_finite() => return serializer.serialize_f32(number),
            Self::Double(number) if number.is_finite() => return serializer.serialize_f64(number),
            Self::Single(number) => f64::from(number),
            Self::Double(number) => number,
        };
        serializer.serialize_str(if wide.is_nan() {
            "NaN"
        } else if wide > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
    }
}

/// Bytes, which restJson1 writes in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base64<'r>(pub(super) &'r [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(self.0))
    }
}

/// A number that a `longValue` cannot represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsupported {
    Long,
    Decimal,
}

impl<'r> Field<'r> {
    /// The field of a value. It maps types as JDBC does, as AWS does.
    pub(super) fn new(
        value: Value<'r>,
        column: &Column,
        options: ResultSetOptions,
    ) -> Result<Self, Unsupported> {
        let string_long = options.long_return_type == Some(LongReturnType::String);
        let text = |text: String| Self::StringValue(Cow::Owned(text));
        let fraction = fraction_digits(column);
        Ok(match value {
            Value::Null => Self::IsNull(true),
            Value::Int(number @ 0..=1) if is_boolean(column) => Self::BooleanValue(number == 1),
            Value::Int(number) if string_long && is_bigint(column) => text(number.to_string()),
            Value::Int(number) => Self::LongValue(number),
            Value::UnsignedInt(number) if string_long && is_bigint(column) => {
                text(number.to_string())
            }
            Value::UnsignedInt(number) => {
                Self::LongValue(i64::try_from(number).map_err(|_| Unsupported::Long)?)
            }
            Value::Float(number) => Self::DoubleValue(Double::Single(number)),
            Value::Double(number) => Self::DoubleValue(Double::Double(number)),
            Value::Decimal(digits) => decimal(digits, column, options)?,
            Value::Bit(_) if is_boolean(column) => Self::BooleanValue(value.as_bits() == Some(1)),
            Value::Bit(bytes) => Self::BlobValue(Base64(bytes)),
            Value::Date(date) => text(written(|out| date.push_to(out))),
            Value::Time(time) => text(written(|out| time.push_to(out, fraction))),
            Value::DateTime(time) => text(written(|out| time.push_to(out, fraction))),
            Value::Text(text) | Value::Json(text) => Self::StringValue(Cow::Borrowed(text)),
            Value::Bytes(bytes) | Value::Geometry(bytes) => Self::BlobValue(Base64(bytes)),
            Value::Vector(vector) => Self::BlobValue(Base64(vector.as_bytes())),
        })
    }
}

/// Whether the column is what JDBC calls a boolean: `BIT(1)`, and `TINYINT(1)`, which is `BOOLEAN`. A `TINYINT(1)` that
/// holds another number than 0 and 1 stays a number.
pub(super) fn is_boolean(column: &Column) -> bool {
    use mysql_common::constants::ColumnType::{MYSQL_TYPE_BIT, MYSQL_TYPE_TINY};
    match column.wire_type() {
        MYSQL_TYPE_BIT => column.length() == 1,
        MYSQL_TYPE_TINY => column.kind() == ColumnKind::Int && column.length() == 1,
        _ => false,
    }
}

fn is_bigint(column: &Column) -> bool {
    column.wire_type() == mysql_common::constants::ColumnType::MYSQL_TYPE_LONGLONG
}

/// The digits after the point of the seconds of a column; 31 stands for a time of unknown precision.
fn fraction_digits(column: &Column) -> usize {
    column.decimals().min(6).into()
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn decimal<'r>(
    digits: &'r str,
    column: &Column,
    options: ResultSetOptions,
) -> Result<Field<'r>, Unsupported> {
    match (options.decimal_return_type, column.decimals()) {
        (None | Some(DecimalReturnType::String), _) => Ok(Field::StringValue(digits.into())),
        (Some(DecimalReturnType::DoubleOrLong), 0) => {
            let number = digits.parse().map_err(|_| Unsupported::Decimal)?;
            Ok(Field::LongValue(number))
        }
        // Rounding is what this option asks for.
        (Some(DecimalReturnType::DoubleOrLong), _) => {
            let number = digits.parse().map_err(|_| Unsupported::Decimal)?;
            Ok(Field::DoubleValue(Double::Double(number)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::column_metadata::tests::{Definition, column};
    use super::*;

    fn json(value: Value<'_>, definition: Definition) -> String {
        with(value, definition, ResultSetOptions::default()).unwrap()
    }

    fn with(
        value: Value<'_>,
        definition: Definition,
        options: ResultSetOptions,
    ) -> Result<String, Unsupported> {
        let field = Field::new(value, &column(definition), options)?;
        Ok(serde_json::to_string(&field).unwrap())
    }

    const BIGINT: Definition = Definition::of_type(8);
    const DECIMAL: Definition = Definition::of_type(246);

    #[test]
    fn a_tinyint_1_is_a_boolean_while_it_is_one() {
        let tiny = Definition::of_type(1);
        let boolean = Definition { length: 1, ..tiny };
        assert_eq!(json(Value::Int(1), boolean), r#"{"booleanValue":true}"#);
        assert_eq!(json(Value::Int(0), boolean), r#"{"booleanValue":false}"#);
        assert_eq!(json(Value::Int(2), boolean), r#"{"longValue":2}"#);
        assert_eq!(json(Value::Int(-1), boolean), r#"{"longValue":-1}"#);
        assert_eq!(json(Value::Int(1), tiny), r#"{"longValue":1}"#);
        let unsigned = Definition {
            flags: 32,
            ..boolean
        };
        assert_eq!(json(Value::UnsignedInt(1), unsigned), r#"{"longValue":1}"#);
    }

    #[test]
    fn a_bit_1_is_a_boolean_and_more_bits_are_bytes() {
        let bit = Definition {
            length: 1,
            ..Definition::of_type(16)
        };
        assert_eq!(json(Value::Bit(&[1]), bit), r#"{"booleanValue":true}"#);
        let bits = Definition { length: 9, ..bit };
        assert_eq!(json(Value::Bit(&[1, 0]), bits), r#"{"blobValue":"AQA="}"#);
    }

    #[test]
    fn no_number_wraps() {
        let options = |long_return_type| ResultSetOptions {
            long_return_type,
            decimal_return_type: None,
        };
        let most = Value::UnsignedInt(u64::MAX);
        let string = options(Some(LongReturnType::String));
        assert_eq!(with(most, BIGINT, options(None)), Err(Unsupported::Long));
        let long = options(Some(LongReturnType::Long));
        assert_eq!(with(most, BIGINT, long), Err(Unsupported::Long));
        let text = r#"{"stringValue":"18446744073709551615"}"#;
        assert_eq!(with(most, BIGINT, string).as_deref(), Ok(text));
        let least = r#"{"longValue":-9223372036854775808}"#;
        assert_eq!(json(Value::Int(i64::MIN), BIGINT), least);
        // A shorter integer is a number in every language.
        let int = Definition::of_type(3);
        assert_eq!(
            with(Value::Int(7), int, string).as_deref(),
            Ok(r#"{"longValue":7}"#)
        );
    }

    #[test]
    fn a_decimal_is_exact_unless_it_is_asked_to_be_rounded() {
        let scale = |decimals| Definition {
            decimals,
            ..DECIMAL
        };
        let rounded = ResultSetOptions {
            decimal_return_type: Some(DecimalReturnType::DoubleOrLong),
            long_return_type: None,
        };
        assert_eq!(
            json(Value::Decimal("1.50"), scale(2)),
            r#"{"stringValue":"1.50"}"#
        );
        let of = |digits, decimals| with(Value::Decimal(digits), scale(decimals), rounded);
        assert_eq!(of("1.50", 2).as_deref(), Ok(r#"{"doubleValue":1.5}"#));
        assert_eq!(of("-7", 0).as_deref(), Ok(r#"{"longValue":-7}"#));
        assert_eq!(of("9223372036854775808", 0), Err(Unsupported::Decimal));
    }

    #[test]
    fn a_number_that_is_not_finite_is_a_text_that_sdks_read() {
        let double = Definition::of_type(5);
        for (number, expected) in [
            (f64::NAN, "\"NaN\""),
            (f64::INFINITY, "\"Infinity\""),
            (f64::NEG_INFINITY, "\"-Infinity\""),
            (-0.0, "-0.0"),
            (1e300, "1e+300"),
        ] {
            let expected = format!("{{\"doubleValue\":{expected}}}");
            assert_eq!(json(Value::Double(number), double), expected);
        }
        let float = Definition::of_type(4);
        assert_eq!(json(Value::Float(1.1), float), r#"{"doubleValue":1.1}"#);
    }

    #[test]
    fn times_have_the_digits_of_their_column() {
        let time = rds_bridge::mysql::DateTime {
            date: rds_bridge::mysql::Date {
                year: 2026,
                month: 1,
                day: 31,
            },
            microsecond: 500_000,
            ..Default::default()
        };
        let digits = |decimals| Definition {
            decimals,
            ..Definition::of_type(12)
        };
        let plain = r#"{"stringValue":"2026-01-31 00:00:00"}"#;
        assert_eq!(json(Value::DateTime(time), digits(0)), plain);
        let milliseconds = r#"{"stringValue":"2026-01-31 00:00:00.500"}"#;
        assert_eq!(json(Value::DateTime(time), digits(3)), milliseconds);
    }
}

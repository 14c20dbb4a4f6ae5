//! `rust_decimal`: a `DECIMAL` of up to 28 digits.

use rust_decimal::Decimal;

use crate::protocol::from_value::{FromValue, Mismatch};
use crate::protocol::number;
use crate::protocol::param::Param;
use crate::protocol::value::Value;

/// From `DECIMAL` and every integer column. A `DECIMAL` with more digits than the type holds is an error.
impl FromValue<'_> for Decimal {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let expected = "rust_decimal::Decimal";
        match value {
            Value::Decimal(text) => {
                Self::from_str_exact(text).map_err(|_| Mismatch::OutOfRange { expected })
            }
            Value::Int(number) => Ok(Self::from(number)),
            Value::UnsignedInt(number) => Ok(Self::from(number)),
            _ => Err(Mismatch::wrong_kind(value, expected)),
        }
    }
}

/// As a `DECIMAL`, with all of its digits.
impl From<Decimal> for Param {
    fn from(decimal: Decimal) -> Self {
        let digits = decimal.to_string().parse::<number::Decimal>();
        digits.map_or(
            Self::Unrepresentable("the number has too many digits"),
            Self::Decimal,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_there_and_back() {
        for text in ["-0.10", "12345678901234567890123456.78", "0"] {
            let decimal = Decimal::from_value(Value::Decimal(text)).unwrap();
            assert_eq!(decimal.to_string(), text);
            let Param::Decimal(param) = Param::from(decimal) else {
                panic!("a decimal");
            };
            assert_eq!(param.as_str(), text);
        }
        let most = u64::MAX;
        let read = Decimal::from_value(Value::UnsignedInt(most));
        assert_eq!(read, Ok(Decimal::from(most)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let digits = "1".repeat(40);
        assert!(Decimal::from_value(Value::Decimal(&digits)).is_err());
        let fraction = format!("0.{}", "1".repeat(30));
        assert!(Decimal::from_value(Value::Decimal(&fraction)).is_err());
        assert!(Decimal::from_value(Value::Double(0.1)).is_err());
    }
}

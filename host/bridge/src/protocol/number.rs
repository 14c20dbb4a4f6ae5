//! Numbers that are parsed from text and sent to the server without losing a digit.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::param::Param;

/// `DECIMAL_MAX_PRECISION`: a `DECIMAL` has at most 65 digits.
/// <https://dev.mysql.com/doc/refman/9.7/en/precision-math-decimal-characteristics.html>
const MOST_DIGITS: usize = 65;
/// `DECIMAL_MAX_SCALE` of MySQL: at most 30 of them after the point. MariaDB allows 38.
const MOST_FRACTION_DIGITS: usize = 30;
/// Every decimal number with this many significant digits survives the conversion to a double and back (C's `DBL_DIG`).
const DOUBLE_DIGITS: usize = 15;

/// An exact decimal number such as `-123456789012345678.25`: up to 65 digits, of which up to 30 after the point.
///
/// The server compares, stores and calculates with it exactly. With a double it would also round the column's values:
/// `balance + 0.1` then has only about 16 digits. In MySQL, the result of an expression with a decimal parameter has up
/// to 30 digits after the point; `CAST(? AS DECIMAL(10, 2))` sets the scale.
///
/// ```
/// use rds_bridge::mysql::{Decimal, Param};
///
/// let amount: Decimal = "123456789012345678.25".parse()?;
/// let param = Param::from(amount);
/// # Ok::<(), rds_bridge::mysql::NumberError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Decimal(String);

/// A text cannot become a number with the same digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NumberError {
    /// The text is not a number.
    #[error("the text is not a number")]
    NotANumber,
    /// The number has more digits than a `DECIMAL` can hold.
    #[error(
        "the number has too many digits: a DECIMAL holds at most 65, and at most 30 of them after the decimal \
             point"
    )]
    TooManyDigits,
    /// The number has an exponent, and no double has the same digits.
    #[error("the number has an exponent, and more digits than a DOUBLE can hold")]
    RoundedByDouble,
    /// The number has an exponent, and is above the largest double, or nearer to zero than the smallest.
    #[error("the number is out of range for a DOUBLE")]
    OutOfRange,
}

impl Decimal {
    /// The digits as they are sent to the server.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Decimal {
    type Err = NumberError;

    /// Parses an optional minus sign, digits, and optionally a point and more digits. Leading zeros are removed, and
    /// zeros after the 30th digit after the point.
    ///
    /// # Errors
    ///
    /// [`NumberError::NotANumber`] and [`NumberError::TooManyDigits`].
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let are_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !fraction.is_none_or(are_digits) {
            return Err(NumberError::NotANumber);
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.unwrap_or_default();
        let room = MOST_DIGITS.checked_sub(whole.len());
        let room = room
            .ok_or(NumberError::TooManyDigits)?
            .min(MOST_FRACTION_DIGITS);
        // Trailing zeros that do not fit are dropped; other digits that do not fit are an error.
        let (kept, dropped) = fraction.split_at_checked(room).unwrap_or((fraction, ""));
        if dropped.bytes().any(|byte| byte != b'0') {
            return Err(NumberError::TooManyDigits);
        }
        let mut exact = String::with_capacity(text.len());
        if text.starts_with('-') {
            exact.push('-');
        }
        exact.push_str(if whole.is_empty() { "0" } else { whole });
        if !kept.is_empty() {
            exact.push('.');
            exact.push_str(kept);
        }
        Ok(Self(exact))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Redacted: the number is the caller's data.
impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Decimal(…)")
    }
}

impl From<Decimal> for Param {
    fn from(decimal: Decimal) -> Self {
        Self::Decimal(decimal)
    }
}

impl Param {
    /// Parses a number in the syntax of JSON and SQL. The parameter has the type of the SQL literal, and the same
    /// digits: an integer, a `DECIMAL` if it has a point or more than 64 bits, a `DOUBLE` if it has an exponent.
    ///
    /// # Errors
    ///
    /// [`NumberError`], if the text is not a number, or no parameter has these digits.
    pub fn from_number(text: &str) -> Result<Self, NumberError> {
        if text.contains(['e', 'E']) {
            return double(text).map(Self::Double);
        }
        // First, because the standard library's parser accepts `+1`, which SQL and JSON do not.
        let decimal: Decimal = text.parse()?;
        if let Ok(number) = text.parse() {
            return Ok(Self::Int(number));
        }
        if let Ok(number) = text.parse() {
            return Ok(Self::UnsignedInt(number));
        }
        Ok(Self::Decimal(decimal))
    }
}

fn double(text: &str) -> Result<f64, NumberError> {
    let digits = significant_digits(text)?;
    let number: f64 = text.parse().map_err(|_| NumberError::NotANumber)?;
    if !number.is_finite() || (number == 0.0 && !digits.is_empty()) {
        return Err(NumberError::OutOfRange);
    }
    // `{:e}` formats the shortest text that parses to the same double. If it has these digits, none were lost.
    let has_all_digits = number == 0.0 || number.is_normal();
    let is_exact = has_all_digits && digits.len() <= DOUBLE_DIGITS
        || significant_digits(&format!("{number:e}")).as_ref() == Ok(&digits);
    match is_exact {
        true => Ok(number),
        false => Err(NumberError::RoundedByDouble),
    }
}

/// The digits of the mantissa, without leading and trailing zeros.
fn significant_digits(text: &str) -> Result<String, NumberError> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).ok_or(NumberError::NotANumber)?;
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if exponent.is_empty() || !exponent.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::NotANumber);
    }
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || fraction.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(NumberError::NotANumber);
    }
    Ok(digits.trim_matches('0').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Param {
        Param::Decimal(Decimal(text.to_owned()))
    }

    #[test]
    fn the_type_of_the_literal() {
        for (text, param) in [
            ("0", Param::Int(0)),
            ("-0", Param::Int(0)),
            ("-9223372036854775808", Param::Int(i64::MIN)),
            ("9223372036854775808", Param::UnsignedInt(1 << 63)),
            ("18446744073709551615", Param::UnsignedInt(u64::MAX)),
            ("18446744073709551616", decimal("18446744073709551616")),
            ("-9223372036854775809", decimal("-9223372036854775809")),
            ("1.50", decimal("1.50")),
            ("7.0", decimal("7.0")),
            ("123456789012345678.25", decimal("123456789012345678.25")),
            ("0.30000000000000004", decimal("0.30000000000000004")),
            ("1e3", Param::Double(1e3)),
            ("-1.7976931348623157E+308", Param::Double(f64::MIN)),
            ("1e-7", Param::Double(1e-7)),
            ("0e5", Param::Double(0.0)),
            ("5e-324", Param::Double(5e-324)),
            ("0.30000000000000004E0", Param::Double(0.1 + 0.2)),
        ] {
            assert_eq!(Param::from_number(text), Ok(param), "{text}");
        }
    }

    #[test]
    fn no_digit_is_lost() {
        for (text, error) in [
            ("1e400", NumberError::OutOfRange),
            ("-1e400", NumberError::OutOfRange),
            ("1e-400", NumberError::OutOfRange),
            ("123456789012345678.25e0", NumberError::RoundedByDouble),
            ("9007199254740993e0", NumberError::RoundedByDouble),
            (
                "0.1234567890123456789012345678901",
                NumberError::TooManyDigits,
            ),
            ("", NumberError::NotANumber),
            ("-", NumberError::NotANumber),
            ("+1", NumberError::NotANumber),
            (".5", NumberError::NotANumber),
            ("5.", NumberError::NotANumber),
            ("1.2.3", NumberError::NotANumber),
            ("1e", NumberError::NotANumber),
            ("e1", NumberError::NotANumber),
            ("infinity", NumberError::NotANumber),
            ("nan", NumberError::NotANumber),
            ("1e1e1", NumberError::NotANumber),
            ("0x10", NumberError::NotANumber),
            ("\u{661}", NumberError::NotANumber),
        ] {
            assert_eq!(Param::from_number(text), Err(error), "{text}");
        }
        let longest = "9".repeat(MOST_DIGITS);
        assert_eq!(Param::from_number(&longest), Ok(decimal(&longest)));
        let longer = "9".repeat(MOST_DIGITS + 1);
        assert_eq!(Param::from_number(&longer), Err(NumberError::TooManyDigits));
    }

    #[test]
    fn zeros_that_do_not_count_are_dropped_where_there_is_no_room() {
        let zeros = |text: &str| text.parse::<Decimal>().unwrap().0;
        assert_eq!(zeros("000.10"), "0.10");
        assert_eq!(
            zeros(&format!("1.5{}", "0".repeat(100))),
            format!("1.5{}", "0".repeat(29))
        );
        let whole = "9".repeat(MOST_DIGITS);
        assert_eq!(zeros(&format!("{whole}.00")), whole);
    }

    #[test]
    fn every_double_that_is_written_with_an_exponent_is_taken() {
        for number in [
            f64::MAX,
            f64::MIN_POSITIVE,
            1.0 / 3.0,
            1e23,
            2.5e-10,
            123_456_789.123_456_7,
        ] {
            let text = format!("{number:e}");
            assert_eq!(
                Param::from_number(&text),
                Ok(Param::Double(number)),
                "{text}"
            );
        }
    }
}

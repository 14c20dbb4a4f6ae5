//! Converts a `DECIMAL` to Arrow's unscaled integer: exactly, and without an allocation. The server sends it as text
//! in both protocols.

use arrow_buffer::i256;

/// Any number of this many digits fits 64 bits.
const DIGITS_AT_ONCE: usize = 18;

/// An integer that is built from its digits. It cannot overflow, because the number of digits is checked first.
pub(super) trait Unscaled: Copy {
    const ZERO: Self;

    /// Appends digits: `self × factor + digits`.
    fn push(self, factor: u64, digits: u64) -> Self;

    fn negated(self) -> Self;
}

impl Unscaled for i128 {
    const ZERO: Self = 0;

    fn push(self, factor: u64, digits: u64) -> Self {
        self.wrapping_mul(Self::from(factor))
            .wrapping_add(Self::from(digits))
    }

    fn negated(self) -> Self {
        self.wrapping_neg()
    }
}

impl Unscaled for i256 {
    const ZERO: Self = Self::ZERO;

    fn push(self, factor: u64, digits: u64) -> Self {
        self.wrapping_mul(Self::from_i128(factor.into()))
            .wrapping_add(Self::from_i128(digits.into()))
    }

    fn negated(self) -> Self {
        self.wrapping_neg()
    }
}

/// Why a text is not a value of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// It is not a decimal number.
    NotANumber,
    /// It has more digits than the column's type.
    TooLong,
}

/// Parses the number in units of the scale: `12.50` with scale 3 is 12500. `T` must have room for `precision` digits.
pub(super) fn unscaled<T: Unscaled>(text: &str, precision: u8, scale: u8) -> Result<T, Misfit> {
    let (is_negative, number) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let point = number.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point.and_then(|at| number.split_at_checked(at)) {
        Some((whole, [_, fraction @ ..])) => (whole, fraction),
        _ => (number, &[][..]),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(Misfit::NotANumber);
    }
    let (precision, scale) = (usize::from(precision), usize::from(scale));
    let zeros = whole.iter().take_while(|byte| **byte == b'0').count();
    let whole = whole.get(zeros..).unwrap_or_default();
    // Zeros after the last digit of the column do not change the value.
    let (fraction, rest) = fraction
        .split_at_checked(scale)
        .unwrap_or((fraction, &[][..]));
    let fits = whole.len().saturating_add(scale) <= precision.max(scale);
    let is_exact = rest.iter().all(|byte| *byte == b'0');
    let all_digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    if !fits || !is_exact {
        let is_number = all_digits(whole) && all_digits(fraction) && all_digits(rest);
        return Err(match is_number {
            true => Misfit::TooLong,
            false => Misfit::NotANumber,
        });
    }
    let value = push_digits(T::ZERO, whole)?;
    let mut value = push_digits(value, fraction)?;
    // MySQL sends all fraction digits of the column. If another server omits trailing zeros, add them.
    for _ in fraction.len()..scale {
        value = value.push(10, 0);
    }
    Ok(match is_negative {
        true => value.negated(),
        false => value,
    })
}

fn push_digits<T: Unscaled>(mut value: T, digits: &[u8]) -> Result<T, Misfit> {
    for few in digits.chunks(DIGITS_AT_ONCE) {
        let (mut number, mut factor) = (0_u64, 1_u64);
        for byte in few {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(Misfit::NotANumber);
            }
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            factor = factor.wrapping_mul(10);
        }
        value = value.push(factor, number);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_units_of_the_scale() {
        for (text, precision, scale, expected) in [
            ("12.50", 10, 2, 1_250),
            ("12.5", 10, 3, 12_500),
            ("-0.01", 10, 2, -1),
            ("0.00", 10, 2, 0),
            ("-0", 5, 0, 0),
            ("99999", 5, 0, 99_999),
            ("0.999", 3, 3, 999),
            (".5", 3, 1, 5),
            ("00042.00", 4, 2, 4_200),
            ("1.500", 3, 1, 15),
            (
                "99999999999999999999999999999999999999",
                38,
                0,
                99_999_999_999_999_999_999_999_999_999_999_999_999,
            ),
            (
                "-1",
                38,
                37,
                -10_000_000_000_000_000_000_000_000_000_000_000_000,
            ),
        ] {
            let number = unscaled::<i128>(text, precision, scale);
            assert_eq!(number, Ok(expected), "{text}");
            let wide = unscaled::<i256>(text, precision, scale);
            assert_eq!(wide, Ok(i256::from_i128(expected)), "{text}");
        }
    }

    #[test]
    fn of_all_the_digits_that_mysql_has() {
        let text = format!("-{}.{}", "9".repeat(35), "8".repeat(30));
        let number = unscaled::<i256>(&text, 65, 30).unwrap();
        assert_eq!(number.to_string(), text.replace('.', ""));
        assert_eq!(unscaled::<i256>(&text, 64, 30), Err(Misfit::TooLong));
    }

    #[test]
    fn what_does_not_fit_is_no_other_number() {
        for (text, misfit) in [
            ("100", Misfit::TooLong),
            ("99.91", Misfit::TooLong),
            ("", Misfit::NotANumber),
            (".", Misfit::NotANumber),
            ("-", Misfit::NotANumber),
            ("x", Misfit::NotANumber),
            ("1x", Misfit::NotANumber),
            ("1.x", Misfit::NotANumber),
            ("1.0x", Misfit::NotANumber),
            ("1.2.3", Misfit::NotANumber),
            ("1e1", Misfit::NotANumber),
            ("--1", Misfit::NotANumber),
            ("+1", Misfit::NotANumber),
        ] {
            assert_eq!(unscaled::<i128>(text, 3, 1), Err(misfit), "{text}");
        }
    }
}

//! Parsing of numbers in decimal digits, the form of the text protocol.

/// Every number of this many digits fits 64 bits.
const SAFE_DIGITS: usize = 18;

/// Parses like [`str::parse`]; `None` if the text is not a number or does not fit.
#[inline]
pub(crate) fn signed(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.len() > SAFE_DIGITS {
        return std::str::from_utf8(text).ok()?.parse().ok();
    }
    let number = i64::try_from(few(digits)?).ok()?;
    Some(match is_negative {
        true => number.wrapping_neg(),
        false => number,
    })
}

/// As [`signed`].
#[inline]
pub(crate) fn unsigned(text: &[u8]) -> Option<u64> {
    if text.len() > SAFE_DIGITS {
        return std::str::from_utf8(text).ok()?.parse().ok();
    }
    few(text)
}

/// Parses one to [`SAFE_DIGITS`] digits; `None` for any other text.
#[inline]
pub(crate) fn few(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let (mut number, rest) = match digits.split_first_chunk() {
        Some((chunk, rest)) => (eight(*chunk)?, rest),
        None => (0, digits),
    };
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    Some(number)
}

/// Parses eight digits at once (SIMD within a register): combines digits to pairs, pairs to fours, fours to eight.
#[inline]
fn eight(digits: [u8; 8]) -> Option<u64> {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let word = u64::from_le_bytes(digits);
    // Adding 6 to a digit, 0x30 to 0x39, leaves the high half of the byte at 3.
    let above = word.wrapping_add(0x0606_0606_0606_0606);
    if word & HIGH != ZEROS || above & HIGH != ZEROS {
        return None;
    }
    let digits = word & !HIGH;
    let twos = (digits.wrapping_mul((10 << 8) + 1) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (twos.wrapping_mul((100 << 16) + 1) >> 16) & 0x0000_FFFF_0000_FFFF;
    Some(fours.wrapping_mul((10_000 << 32) + 1) >> 32)
}

/// Parses like [`str::parse`]; `None` if the text is not a number.
#[inline]
pub(crate) fn double(text: &[u8]) -> Option<f64> {
    match exact_double(text) {
        Some(number) => Some(number),
        None => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

/// Every number of this many digits fits the 53 bits of a double's significand.
const EXACT_DIGITS: usize = 15;
const POWERS_OF_TEN: [f64; EXACT_DIGITS + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// Parses up to [`EXACT_DIGITS`] digits with a decimal point; `None` for any other text.
///
/// The digits as an integer and the power of ten are exact doubles. Their quotient is rounded once, and therefore
/// correctly (Clinger, "How to Read Floating Point Numbers Accurately", 1990).
#[inline]
fn exact_double(text: &[u8]) -> Option<f64> {
    let (is_negative, text) = match text.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, text),
    };
    if text.len() > EXACT_DIGITS {
        return None;
    }
    let point = text.iter().position(|&byte| byte == b'.');
    let (number, power) = match point {
        None => (few(text)?, 0),
        Some(at) => {
            let (whole, fraction) = text.split_at_checked(at)?;
            let fraction = fraction.get(1..)?;
            let power = fraction.len();
            let scale = INTEGER_POWERS_OF_TEN.get(power)?;
            let number = few(whole)?.wrapping_mul(*scale);
            (number.wrapping_add(few(fraction)?), power)
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "it has 15 digits at most")]
    let number = number as f64 / POWERS_OF_TEN.get(power)?;
    Some(match is_negative {
        true => -number,
        false => number,
    })
}

const INTEGER_POWERS_OF_TEN: [u64; EXACT_DIGITS + 1] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_digits(text in "-?[0-9]{0,22}") {
            prop_assert_eq!(signed(text.as_bytes()), text.parse().ok());
            prop_assert_eq!(unsigned(text.as_bytes()), text.parse().ok());
        }

        #[test]
        fn any_bytes_among_digits(text in "[0-9]{0,8}[ -~\u{e9}]?[0-9]{0,8}") {
            // The standard library accepts a plus sign, which no server sends.
            prop_assume!(!text.starts_with('+'));
            prop_assert_eq!(signed(text.as_bytes()), text.parse().ok());
        }

        #[test]
        fn any_double(text in "-?[0-9]{0,18}[.]?[0-9]{0,18}(e-?[0-9]{1,3})?") {
            let bits = |number: f64| number.to_bits();
            let parsed = text.parse().ok();
            prop_assert_eq!(double(text.as_bytes()).map(bits), parsed.map(bits), "{}", text);
        }

        #[test]
        fn every_double_as_it_is_written(number in any::<f64>()) {
            prop_assume!(!number.is_nan());
            let text = number.to_string();
            prop_assert_eq!(double(text.as_bytes()), Some(number));
        }
    }

    #[test]
    fn reads_what_the_standard_library_reads() {
        for text in [
            "0",
            "7",
            "00042",
            "-1",
            "-0",
            "4294967296",
            "999999999999999999",
            "1000000000000000000",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "18446744073709551616",
            "",
            "-",
            "--1",
            "1-",
            "x",
            "1x",
            "x1",
            " 1",
            "1.0",
            "\u{660}",
        ] {
            assert_eq!(signed(text.as_bytes()), text.parse().ok(), "{text}");
            assert_eq!(unsigned(text.as_bytes()), text.parse().ok(), "{text}");
        }
        assert_eq!(signed(b"\xFF"), None);
    }
}

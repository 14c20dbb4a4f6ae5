//! Whole numbers in decimal digits, as the text protocol writes them.

/// So many digits fit 64 bits, whatever they are.
const SAFE_DIGITS: usize = 18;

/// As [`str::parse`] reads it; none for what is no number or does not fit.
#[inline]
pub(super) fn signed(text: &[u8]) -> Option<i64> {
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
pub(super) fn unsigned(text: &[u8]) -> Option<u64> {
    if text.len() > SAFE_DIGITS {
        return std::str::from_utf8(text).ok()?.parse().ok();
    }
    few(text)
}

/// One to [`SAFE_DIGITS`] digits and nothing else.
#[inline]
pub(super) fn few(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let mut number = 0_u64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

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

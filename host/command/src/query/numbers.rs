//! Numbers for people: grouped digits, and bytes and rates with decimal prefixes.

use std::time::Duration;

/// `1,234,567`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let remaining = digits.len().saturating_sub(index);
        if index > 0 && remaining.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `98.7 MB`
pub(super) fn bytes(number: u64) -> String {
    scaled(number, ["bytes", "kB", "MB", "GB", "TB"])
}

/// `2.1 M rows/s`
pub(super) fn rows_per_second(rows: u64, time: Duration) -> String {
    let microseconds = time.as_micros().max(1);
    let rate = u128::from(rows)
        .saturating_mul(1_000_000)
        .checked_div(microseconds)
        .unwrap_or_default();
    let rate = u64::try_from(rate).unwrap_or(u64::MAX);
    let units = ["rows/s", "k rows/s", "M rows/s", "G rows/s", "T rows/s"];
    scaled(rate, units)
}

/// `3.2 s`, or `12 ms`
pub(super) fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{} ms", time.as_millis());
    }
    let tenths = time.subsec_millis().checked_div(100).unwrap_or_default();
    format!("{}.{tenths} s", time.as_secs())
}

fn scaled(number: u64, units: [&str; 5]) -> String {
    let [one, larger @ ..] = units;
    let mut text = format!("{number} {one}");
    let mut unit_of = 1_u64;
    for unit in larger {
        unit_of = unit_of.saturating_mul(1_000);
        let Some(whole @ 1..) = number.checked_div(unit_of) else {
            break;
        };
        let rest = number.checked_rem(unit_of).unwrap_or_default();
        let tenth = rest.checked_div(unit_of.div_ceil(10)).unwrap_or_default();
        text = format!("{whole}.{tenth} {unit}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn larger_numbers_get_larger_units() {
        for (number, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (98_765_432, "98.7 MB"),
            (999_999, "999.9 kB"),
            (u64::MAX, "18446744.0 TB"),
        ] {
            assert_eq!(bytes(number), text);
        }
        let rate = rows_per_second(6_300_000, Duration::from_secs(3));
        assert_eq!(rate, "2.1 M rows/s");
        assert_eq!(rows_per_second(850, Duration::from_secs(1)), "850 rows/s");
        assert_eq!(seconds(Duration::from_millis(3_290)), "3.2 s");
        assert_eq!(seconds(Duration::from_millis(999)), "999 ms");
    }
}

//! Formatting of dates and times as in MySQL. It is written for speed: exports format millions of them.

use std::fmt;
use std::str;

use super::{Date, DateTime, Time};

/// The most digits that a fraction of a second has.
const FRACTION_DIGITS: usize = 6;

impl Date {
    /// Appends `2026-01-31`.
    pub fn push_to(self, out: &mut Vec<u8>) {
        let (year, month, day) = (self.year.into(), self.month.into(), self.day.into());
        if year < 10_000 && month < 100 && day < 100 {
            let ([a, b], [c, d]) = (two_digits(year / 100), two_digits(year % 100));
            let ([e, f], [g, h]) = (two_digits(month), two_digits(day));
            return out.extend_from_slice(&[a, b, c, d, b'-', e, f, b'-', g, h]);
        }
        push_padded(out, year, 4);
        out.push(b'-');
        push_padded(out, month, 2);
        out.push(b'-');
        push_padded(out, day, 2);
    }
}

impl DateTime {
    /// Appends `2026-01-31 12:00:00`, then a point and `fraction_digits` digits of the fraction, at most six. With 0,
    /// there is no point.
    pub fn push_to(self, out: &mut Vec<u8>, fraction_digits: usize) {
        self.date.push_to(out);
        out.push(b' ');
        push_clock(out, self.hour.into(), self.minute, self.second);
        push_fraction(out, self.microsecond, fraction_digits);
    }
}

impl Time {
    /// Appends `-838:59:59`, then a point and `fraction_digits` digits of the fraction, at most six. With 0, there is
    /// no point.
    pub fn push_to(self, out: &mut Vec<u8>, fraction_digits: usize) {
        if self.negative {
            out.push(b'-');
        }
        push_clock(out, self.hours, self.minutes, self.seconds);
        push_fraction(out, self.microseconds, fraction_digits);
    }
}

#[inline]
fn push_clock(out: &mut Vec<u8>, hours: u32, minutes: u8, seconds: u8) {
    let (minutes, seconds) = (minutes.into(), seconds.into());
    if hours < 100 && minutes < 100 && seconds < 100 {
        let ([a, b], [c, d]) = (two_digits(hours), two_digits(minutes));
        let [e, f] = two_digits(seconds);
        return out.extend_from_slice(&[a, b, b':', c, d, b':', e, f]);
    }
    push_padded(out, hours, 2);
    out.push(b':');
    push_padded(out, minutes, 2);
    out.push(b':');
    push_padded(out, seconds, 2);
}

/// The digits of a number below 100.
#[inline]
fn two_digits(number: u32) -> [u8; 2] {
    [number / 10, number % 10].map(|digit| b'0'.wrapping_add(u8::try_from(digit).unwrap_or(0)))
}

/// Appends a number with leading zeros up to `width`. A server may send a number that is wider.
#[cold]
fn push_padded(out: &mut Vec<u8>, number: u32, width: usize) {
    out.extend_from_slice(format!("{number:0width$}").as_bytes());
}

fn push_fraction(out: &mut Vec<u8>, microseconds: u32, digits: usize) {
    if digits == 0 {
        return;
    }
    out.push(b'.');
    let end = out.len().saturating_add(digits.min(FRACTION_DIGITS));
    if microseconds < 1_000_000 {
        let [a, b] = two_digits(microseconds / 10_000);
        let [c, d] = two_digits(microseconds / 100 % 100);
        let [e, f] = two_digits(microseconds % 100);
        out.extend_from_slice(&[a, b, c, d, e, f]);
    } else {
        push_padded(out, microseconds, FRACTION_DIGITS);
    }
    out.truncate(end);
}

/// The number of fraction digits: the format's precision; without one, 0 if the fraction is zero, else six.
fn fraction_digits(f: &fmt::Formatter<'_>, microseconds: u32) -> usize {
    match f.precision() {
        Some(digits) => digits,
        None if microseconds == 0 => 0,
        None => FRACTION_DIGITS,
    }
}

fn write(f: &mut fmt::Formatter<'_>, text: &[u8]) -> fmt::Result {
    f.write_str(str::from_utf8(text).unwrap_or_default())
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.push_to(&mut text);
        write(f, &text)
    }
}

/// With a precision, such as `{:.3}`, that many digits of the fraction; without one, six digits, or none if the
/// fraction is zero.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.push_to(&mut text, fraction_digits(f, self.microsecond));
        write(f, &text)
    }
}

/// The fraction is formatted as in [`DateTime`].
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.push_to(&mut text, fraction_digits(f, self.microseconds));
        write(f, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_precision_is_the_columns() {
        let time = DateTime::parse(b"2026-01-31 23:59:58.12").unwrap();
        assert_eq!(time.microsecond, 120_000);
        assert_eq!(format!("{time:.2}"), "2026-01-31 23:59:58.12");
        assert_eq!(format!("{time:.0}"), "2026-01-31 23:59:58");
        assert_eq!(format!("{time:.9}"), "2026-01-31 23:59:58.120000");
        assert_eq!(time.to_string(), "2026-01-31 23:59:58.120000");
    }

    #[test]
    fn what_no_clock_shows_is_shown_whole() {
        let time = DateTime {
            date: Date {
                year: 65_535,
                month: 255,
                day: 100,
            },
            hour: 99,
            minute: 100,
            second: 255,
            microsecond: u32::MAX,
        };
        assert_eq!(time.to_string(), "65535-255-100 99:100:255.429496");
        let time = Time {
            negative: true,
            hours: u32::MAX,
            ..Time::default()
        };
        assert_eq!(time.to_string(), "-4294967295:00:00");
    }
}

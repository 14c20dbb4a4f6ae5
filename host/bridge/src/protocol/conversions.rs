//! Conversions of values to and from the types of other crates.
//!
//! A value that the target type cannot represent is an error; it is never rounded or truncated. Examples: the zero date
//! as a `time::Date`, a `TIME` above 24 hours as a `time::Time`, nanoseconds in a `DATETIME`.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "serde")]
mod json;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
mod time;
#[cfg(feature = "uuid")]
mod uuid;

#[cfg(feature = "serde")]
pub use json::Json;

use super::from_value::Mismatch;
use super::param::Param;
use super::temporal::{Date, DateTime, Time};
use super::value::Value;

const MICROSECONDS_A_SECOND: u64 = 1_000_000;
/// The longest `TIME`, 838:59:59, in seconds (MySQL Reference Manual, "The TIME Type").
const LONGEST_SPAN: u64 = (838 * 60 + 59) * 60 + 59;

/// The mismatch of a value that is of the wrong kind or, if `fits_kind`, out of range.
fn mismatch(value: Value<'_>, fits_kind: bool, expected: &'static str) -> Mismatch {
    if fits_kind {
        Mismatch::OutOfRange { expected }
    } else {
        Mismatch::wrong_kind(value, expected)
    }
}

/// A date; `None` outside of MySQL's years, 0 to 9999.
fn date(year: i32, month: u8, day: u8) -> Option<Date> {
    let year = u16::try_from(year).ok().filter(|year| *year <= 9_999)?;
    Some(Date { year, month, day })
}

/// A date with a time of day; `None` if the time is not a whole number of microseconds.
fn date_time(date: Date, hour: u8, minute: u8, second: u8, nanosecond: u32) -> Option<DateTime> {
    let microsecond = nanosecond.checked_div(1_000)?;
    let is_exact = nanosecond.is_multiple_of(1_000) && microsecond <= 999_999;
    is_exact.then_some(DateTime {
        date,
        hour,
        minute,
        second,
        microsecond,
    })
}

/// A span of time; `None` if it is above 838:59:59 or not a whole number of microseconds. MariaDB allows a fraction of
/// a second at that limit, and MySQL does not.
fn span(negative: bool, seconds: u64, nanoseconds: u32) -> Option<Time> {
    let hours = seconds.checked_div(3_600)?;
    let is_exact = nanoseconds.is_multiple_of(1_000);
    let is_within = seconds < LONGEST_SPAN || seconds == LONGEST_SPAN && nanoseconds == 0;
    (is_exact && is_within).then_some(Time {
        negative,
        hours: u32::try_from(hours).ok()?,
        minutes: u8::try_from(seconds.checked_div(60)?.checked_rem(60)?).ok()?,
        seconds: u8::try_from(seconds.checked_rem(60)?).ok()?,
        microseconds: nanoseconds.checked_div(1_000)?,
    })
}

/// The absolute length of a span, in microseconds.
fn microseconds(time: &Time) -> Option<u64> {
    let minutes = u64::from(time.hours)
        .checked_mul(60)?
        .checked_add(time.minutes.into())?;
    let seconds = minutes.checked_mul(60)?.checked_add(time.seconds.into())?;
    seconds
        .checked_mul(MICROSECONDS_A_SECOND)?
        .checked_add(time.microseconds.into())
}

/// Hour, minute, second and microsecond of a `TIME` from 00:00:00 to 23:59:59.999999; `None` for another.
fn time_of_day(time: &Time) -> Option<(u8, u8, u8, u32)> {
    let hour = u8::try_from(time.hours).ok().filter(|hour| *hour < 24)?;
    let is_positive = !time.negative;
    is_positive.then_some((hour, time.minutes, time.seconds, time.microseconds))
}

/// The parameter, or [`Param::Unrepresentable`] for `None`.
fn param(value: Option<impl Into<Param>>, reason: &'static str) -> Param {
    value.map_or(Param::Unrepresentable(reason), Into::into)
}

const NO_DATE: &str = "the date is not in the years 0 to 9999";
const NO_DATE_TIME: &str =
    "the time is not in the years 0 to 9999, has a leap second, or has digits below a microsecond";
const NO_TIME: &str = "the time has a leap second, or is more precise than a microsecond";
const NO_SPAN: &str =
    "the duration is longer than 838:59:59, or is more precise than a microsecond";

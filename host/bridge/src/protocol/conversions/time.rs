//! `time`: `Date`, `PrimitiveDateTime`, `Time` and `Duration`.
//!
//! `OffsetDateTime` is not supported: a `DATETIME` has no offset, and the server sends a `TIMESTAMP` in the session's
//! time zone.

use time::{Date, Duration, Month, PrimitiveDateTime, Time};

use super::{NO_DATE, NO_DATE_TIME, NO_SPAN, NO_TIME, mismatch, param};
use crate::protocol::from_value::{FromValue, Mismatch};
use crate::protocol::param::Param;
use crate::protocol::temporal as ours;
use crate::protocol::value::Value;

fn date(date: ours::Date) -> Option<Date> {
    let month = Month::try_from(date.month).ok()?;
    Date::from_calendar_date(date.year.into(), month, date.day).ok()
}

/// From `DATE`. The zero date does not fit.
impl FromValue<'_> for Date {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let fits = match value {
            Value::Date(it) => date(it),
            _ => None,
        };
        fits.ok_or_else(|| mismatch(value, matches!(value, Value::Date(_)), "time::Date"))
    }
}

/// From `DATETIME` and `TIMESTAMP`. The zero date does not fit.
impl FromValue<'_> for PrimitiveDateTime {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let fits = match value {
            Value::DateTime(it) => date(it.date).and_then(|date| {
                date.with_hms_micro(it.hour, it.minute, it.second, it.microsecond)
                    .ok()
            }),
            _ => None,
        };
        let is_kind = matches!(value, Value::DateTime(_));
        fits.ok_or_else(|| mismatch(value, is_kind, "time::PrimitiveDateTime"))
    }
}

/// From a `TIME` of 00:00:00 to 23:59:59.999999.
impl FromValue<'_> for Time {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let fits = match value {
            Value::Time(it) => super::time_of_day(&it).and_then(|(hour, minute, second, micro)| {
                Self::from_hms_micro(hour, minute, second, micro).ok()
            }),
            _ => None,
        };
        fits.ok_or_else(|| mismatch(value, matches!(value, Value::Time(_)), "time::Time"))
    }
}

/// From every `TIME`.
impl FromValue<'_> for Duration {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let Value::Time(it) = value else {
            return Err(Mismatch::wrong_kind(value, "time::Duration"));
        };
        let length = super::microseconds(&it).and_then(|length| i64::try_from(length).ok());
        let length = length.map(Self::microseconds).ok_or(Mismatch::OutOfRange {
            expected: "time::Duration",
        })?;
        Ok(if it.negative {
            Self::ZERO.saturating_sub(length)
        } else {
            length
        })
    }
}

fn to_date(date: Date) -> Option<ours::Date> {
    super::date(date.year(), date.month().into(), date.day())
}

/// As a `DATE`.
impl From<Date> for Param {
    fn from(date: Date) -> Self {
        param(to_date(date), NO_DATE)
    }
}

/// As a `DATETIME`.
impl From<PrimitiveDateTime> for Param {
    fn from(at: PrimitiveDateTime) -> Self {
        let date = to_date(at.date());
        let (hour, minute, second, nano) = at.as_hms_nano();
        let at = date.and_then(|date| super::date_time(date, hour, minute, second, nano));
        param(at, NO_DATE_TIME)
    }
}

/// As a `TIME`.
impl From<Time> for Param {
    fn from(time: Time) -> Self {
        let (hour, minute, second, nano) = time.as_hms_nano();
        let midnight = ours::Date::default();
        let time = super::date_time(midnight, hour, minute, second, nano);
        let time = time.map(ours::DateTime::time_of_day);
        param(time, NO_TIME)
    }
}

/// As a `TIME`.
impl From<Duration> for Param {
    fn from(duration: Duration) -> Self {
        let length = duration.unsigned_abs();
        let span = super::span(
            duration.is_negative(),
            length.as_secs(),
            length.subsec_nanos(),
        );
        param(span, NO_SPAN)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime, time};

    use super::*;

    #[test]
    fn dates_and_times_there_and_back() {
        let day = ours::Date {
            year: 2026,
            month: 2,
            day: 28,
        };
        let at = ours::DateTime {
            date: day,
            hour: 23,
            minute: 59,
            second: 58,
            microsecond: 7,
        };
        let of_day = at.time_of_day();
        assert_eq!(
            Date::from_value(Value::Date(day)),
            Ok(date!(2026 - 02 - 28))
        );
        let expected = datetime!(2026-02-28 23:59:58.000007);
        let read = PrimitiveDateTime::from_value(Value::DateTime(at));
        assert_eq!(read, Ok(expected));
        let read = Time::from_value(Value::Time(of_day));
        assert_eq!(read, Ok(time!(23:59:58.000007)));
        assert_eq!(Param::from(date!(2026 - 02 - 28)), Param::Date(day));
        assert_eq!(Param::from(expected), Param::DateTime(at));
        assert_eq!(Param::from(time!(23:59:58.000007)), Param::Time(of_day));
    }

    #[test]
    fn durations_there_and_back() {
        for (negative, hours, microseconds) in [(false, 0, 1), (true, 838, 0), (false, 837, 1)] {
            let time = ours::Time {
                negative,
                hours,
                minutes: 59,
                seconds: 59,
                microseconds,
            };
            let duration = Duration::from_value(Value::Time(time)).unwrap();
            assert_eq!(duration.is_negative(), negative);
            assert_eq!(Param::from(duration), Param::Time(time));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let zero = ours::Date::default();
        let out_of_range = Mismatch::OutOfRange {
            expected: "time::Date",
        };
        assert_eq!(Date::from_value(Value::Date(zero)), Err(out_of_range));
        let wrong = Date::from_value(Value::Int(1));
        assert!(matches!(wrong, Err(Mismatch::WrongKind { .. })));
        let long = ours::Time {
            hours: 24,
            ..ours::Time::default()
        };
        assert!(Time::from_value(Value::Time(long)).is_err());
        for param in [
            Param::from(date!(-0044 - 03 - 15)),
            Param::from(datetime!(2026-02-28 0:00:00.0000001)),
            Param::from(time!(0:00:00.0000001)),
            Param::from(Duration::hours(839)),
            Param::from(Duration::hours(839) - Duration::microseconds(1)),
            Param::from(Duration::nanoseconds(1)),
        ] {
            assert!(matches!(param, Param::Unrepresentable(_)), "{param:?}");
        }
    }
}

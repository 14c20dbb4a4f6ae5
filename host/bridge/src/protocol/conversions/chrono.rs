//! `chrono`: `NaiveDate`, `NaiveDateTime`, `NaiveTime` and `TimeDelta`.
//!
//! `DateTime<Tz>` is not supported: a `DATETIME` has no offset, and the server sends a `TIMESTAMP` in the session's
//! time zone.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::{NO_DATE, NO_DATE_TIME, NO_SPAN, NO_TIME, mismatch, param};
use crate::protocol::from_value::{FromValue, Mismatch};
use crate::protocol::param::Param;
use crate::protocol::temporal as ours;
use crate::protocol::value::Value;

fn date(date: ours::Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
}

/// From `DATE`. The zero date does not fit.
impl FromValue<'_> for NaiveDate {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let fits = match value {
            Value::Date(it) => date(it),
            _ => None,
        };
        fits.ok_or_else(|| mismatch(value, matches!(value, Value::Date(_)), "chrono::NaiveDate"))
    }
}

/// From `DATETIME` and `TIMESTAMP`. The zero date does not fit.
impl FromValue<'_> for NaiveDateTime {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let fits = match value {
            Value::DateTime(it) => date(it.date).and_then(|date| {
                date.and_hms_micro_opt(
                    it.hour.into(),
                    it.minute.into(),
                    it.second.into(),
                    it.microsecond,
                )
            }),
            _ => None,
        };
        let is_kind = matches!(value, Value::DateTime(_));
        fits.ok_or_else(|| mismatch(value, is_kind, "chrono::NaiveDateTime"))
    }
}

/// From a `TIME` of 00:00:00 to 23:59:59.999999.
impl FromValue<'_> for NaiveTime {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let fits = match value {
            Value::Time(it) => super::time_of_day(&it).and_then(|(hour, minute, second, micro)| {
                Self::from_hms_micro_opt(hour.into(), minute.into(), second.into(), micro)
            }),
            _ => None,
        };
        fits.ok_or_else(|| mismatch(value, matches!(value, Value::Time(_)), "chrono::NaiveTime"))
    }
}

/// From every `TIME`.
impl FromValue<'_> for TimeDelta {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let Value::Time(it) = value else {
            return Err(Mismatch::wrong_kind(value, "chrono::TimeDelta"));
        };
        let length = super::microseconds(&it).and_then(|length| i64::try_from(length).ok());
        let signed = length.and_then(|length| {
            if it.negative {
                length.checked_neg()
            } else {
                Some(length)
            }
        });
        signed.map(Self::microseconds).ok_or(Mismatch::OutOfRange {
            expected: "chrono::TimeDelta",
        })
    }
}

fn to_date(date: NaiveDate) -> Option<ours::Date> {
    let month = u8::try_from(date.month()).ok()?;
    super::date(date.year(), month, u8::try_from(date.day()).ok()?)
}

fn to_date_time(date: ours::Date, time: NaiveTime) -> Option<ours::DateTime> {
    let part = |part: u32| u8::try_from(part).ok();
    super::date_time(
        date,
        part(time.hour())?,
        part(time.minute())?,
        part(time.second())?,
        // 1,000,000,000 or more in a leap second, which `date_time` rejects.
        time.nanosecond(),
    )
}

/// As a `DATE`.
impl From<NaiveDate> for Param {
    fn from(date: NaiveDate) -> Self {
        param(to_date(date), NO_DATE)
    }
}

/// As a `DATETIME`.
impl From<NaiveDateTime> for Param {
    fn from(at: NaiveDateTime) -> Self {
        let date = to_date(at.date());
        param(
            date.and_then(|date| to_date_time(date, at.time())),
            NO_DATE_TIME,
        )
    }
}

/// As a `TIME`.
impl From<NaiveTime> for Param {
    fn from(time: NaiveTime) -> Self {
        let time = to_date_time(ours::Date::default(), time);
        param(time.map(ours::DateTime::time_of_day), NO_TIME)
    }
}

/// As a `TIME`.
impl From<TimeDelta> for Param {
    fn from(delta: TimeDelta) -> Self {
        let negative = delta < TimeDelta::zero();
        let length = delta.abs().to_std().ok();
        let span = length.and_then(|it| super::span(negative, it.as_secs(), it.subsec_nanos()));
        param(span, NO_SPAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let day = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
        let at = day.and_hms_micro_opt(23, 59, 58, 7).unwrap();
        let Param::Date(date) = Param::from(day) else {
            panic!("a date");
        };
        assert_eq!(NaiveDate::from_value(Value::Date(date)), Ok(day));
        let Param::DateTime(date_time) = Param::from(at) else {
            panic!("a date and a time");
        };
        let read = NaiveDateTime::from_value(Value::DateTime(date_time));
        assert_eq!(read, Ok(at));
        let Param::Time(time) = Param::from(at.time()) else {
            panic!("a time");
        };
        assert_eq!(NaiveTime::from_value(Value::Time(time)), Ok(at.time()));
        for delta in [TimeDelta::microseconds(-1), TimeDelta::hours(838)] {
            let Param::Time(time) = Param::from(delta) else {
                panic!("a span");
            };
            assert_eq!(TimeDelta::from_value(Value::Time(time)), Ok(delta));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(NaiveDate::from_value(Value::Date(ours::Date::default())).is_err());
        let leap_second = NaiveTime::from_hms_micro_opt(23, 59, 59, 1_500_000).unwrap();
        for param in [
            Param::from(NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()),
            Param::from(leap_second),
            Param::from(TimeDelta::nanoseconds(1)),
            Param::from(TimeDelta::hours(839)),
        ] {
            assert!(matches!(param, Param::Unrepresentable(_)), "{param:?}");
        }
    }
}

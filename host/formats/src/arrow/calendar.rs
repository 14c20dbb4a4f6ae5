//! Converts dates and times to Arrow's days and microseconds since 1970-01-01, in the proleptic Gregorian calendar,
//! which MySQL uses too.

use super::error::Unfit;
use rds_bridge::mysql::{Date, DateTime, Time};

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Days since 1970-01-01.
pub(super) fn days(date: Date) -> Result<i32, Unfit> {
    day_number(date).ok_or_else(|| Unfit::Day {
        value: date.to_string(),
    })
}

/// Microseconds since 1970-01-01 00:00:00.
pub(super) fn microseconds(time: DateTime) -> Result<i64, Unfit> {
    let Some(days) = day_number(time.date) else {
        let value = time.to_string();
        return Err(Unfit::Day { value });
    };
    let of_day = clock(
        u32::from(time.hour),
        time.minute,
        time.second,
        time.microsecond,
    );
    match of_day {
        Some(of_day) if time.hour < 24 => Ok(i64::from(days)
            .saturating_mul(SECONDS_PER_DAY)
            .saturating_mul(MICROSECONDS_PER_SECOND)
            .saturating_add(of_day)),
        _ => Err(Unfit::Clock {
            value: time.to_string(),
        }),
    }
}

/// Length of a span in microseconds; negative if the span is.
pub(super) fn span(time: Time) -> Result<i64, Unfit> {
    let Some(length) = clock(time.hours, time.minutes, time.seconds, time.microseconds) else {
        let value = time.to_string();
        return Err(Unfit::Clock { value });
    };
    Ok(match time.negative {
        true => length.saturating_neg(),
        false => length,
    })
}

fn clock(hours: u32, minutes: u8, seconds: u8, microseconds: u32) -> Option<i64> {
    if minutes > 59 || seconds > 59 || microseconds > 999_999 {
        return None;
    }
    // Saturates above 2,562,047,788 hours, where i64 overflows. MySQL's TIME ends at 838 hours.
    let minutes = i64::from(hours)
        .saturating_mul(60)
        .saturating_add(i64::from(minutes));
    let seconds = minutes
        .saturating_mul(60)
        .saturating_add(i64::from(seconds));
    let microseconds = i64::from(microseconds);
    Some(
        seconds
            .saturating_mul(MICROSECONDS_PER_SECOND)
            .saturating_add(microseconds),
    )
}

/// Days since 1970-01-01; `None` if the day does not exist. The algorithm is Howard Hinnant's `days_from_civil`: a year
/// begins in March, so that a leap day is its last day.
fn day_number(Date { year, month, day }: Date) -> Option<i32> {
    if day == 0 || day > days_in_month(year, month)? {
        return None;
    }
    let is_before_march = month < 3;
    let year = i32::from(year).wrapping_sub(i32::from(is_before_march));
    let month = i32::from(month).wrapping_add(if is_before_march { 9 } else { -3 });
    let era = year.div_euclid(400);
    let year = year.rem_euclid(400);
    let day_of_year = 153_i32
        .wrapping_mul(month)
        .wrapping_add(2)
        .wrapping_div(5)
        .wrapping_add(i32::from(day))
        .wrapping_sub(1);
    let day_of_era = year
        .wrapping_mul(365)
        .wrapping_add(year.wrapping_div(4))
        .wrapping_sub(year.wrapping_div(100))
        .wrapping_add(day_of_year);
    // 0000-03-01 is 719,468 days before 1970-01-01.
    Some(
        era.wrapping_mul(146_097)
            .wrapping_add(day_of_era)
            .wrapping_sub(719_468),
    )
}

fn days_in_month(year: u16, month: u8) -> Option<u8> {
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => return None,
    })
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text.as_bytes()).unwrap()
    }

    /// Compares every day from 0000-01-01 to 9999-12-30 with the crate `time`.
    #[test]
    fn every_day() {
        let epoch = time::Date::from_calendar_date(1970, time::Month::January, 1).unwrap();
        let mut day = time::Date::from_calendar_date(0, time::Month::January, 1).unwrap();
        while day.year() < 9999 || day.ordinal() < 365 {
            let ours = Date {
                year: u16::try_from(day.year()).unwrap(),
                month: day.month().into(),
                day: day.day(),
            };
            let theirs = (day - epoch).whole_days();
            assert_eq!(i64::from(days(ours).unwrap()), theirs, "{ours}");
            day = day.next_day().unwrap();
        }
    }

    #[test]
    fn what_is_no_day() {
        for text in [
            "0000-00-00",
            "2026-00-00",
            "2026-01-00",
            "2026-13-01",
            "2026-02-29",
            "2026-02-31",
            "1900-02-29",
            "2026-04-31",
        ] {
            let value = text.to_owned();
            assert_eq!(days(date(text)), Err(Unfit::Day { value }));
        }
        assert!(days(date("2000-02-29")).is_ok());
    }

    #[test]
    fn times() {
        let moment = |text: &str| microseconds(DateTime::parse(text.as_bytes()).unwrap());
        assert_eq!(moment("1970-01-02 00:00:00.000001"), Ok(86_400_000_001));
        assert_eq!(moment("1969-12-31 23:59:59.999999"), Ok(-1));
        for text in ["2026-01-31 24:00:00", "2026-01-31 00:60:00"] {
            assert!(matches!(moment(text), Err(Unfit::Clock { .. })), "{text}");
        }
        let duration = |text: &str| span(Time::parse(text.as_bytes()).unwrap());
        assert_eq!(duration("-838:59:59.000001"), Ok(-3_020_399_000_001));
        assert_eq!(duration("-00:00:00.5"), Ok(-500_000));
        assert!(duration("00:00:60").is_err());
    }
}

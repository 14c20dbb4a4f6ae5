//! SQL functions of dates and times, which are stored as text of one form.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Result};
use time::{Date, Duration, Month, PrimitiveDateTime, Time};

use super::{PURE, binary, not_emulated, refused, unary};
use crate::server_error::ServerError;
use crate::temporal::{self, format_date, parse_clock, parse_date};

/// The Julian day number of day 0 of MySQL's `TO_DAYS`.
const DAY_ZERO: i32 = 1_721_060;

pub(super) fn add(connection: &Connection) -> Result<()> {
    binary(connection, "rds_date_part", |part: String, text: String| {
        let at = moment(&text)?;
        let date = at.date();
        Ok(match part.as_str() {
            "YEAR" => i64::from(date.year()),
            "MONTH" => i64::from(u8::from(date.month())),
            "DAY" | "DAYOFMONTH" => i64::from(date.day()),
            "HOUR" => i64::from(at.hour()),
            "MINUTE" => i64::from(at.minute()),
            "SECOND" => i64::from(at.second()),
            "DAYOFWEEK" => i64::from(date.weekday().number_from_sunday()),
            "WEEKDAY" => i64::from(date.weekday().number_days_from_monday()),
            "DAYOFYEAR" => i64::from(date.ordinal()),
            "QUARTER" => i64::from(u8::from(date.month()).div_ceil(3)),
            _ => i64::from(date.to_julian_day().saturating_sub(DAY_ZERO)),
        })
    })?;
    unary(connection, "rds_last_day", |text: String| {
        let date = moment(&text)?.date();
        let last = date.replace_day(date.month().length(date.year()));
        Ok(last.ok().map(format_date))
    })?;
    connection.create_scalar_function("rds_date_add", 4, PURE, |context| {
        let (text, amount): (Option<String>, Option<i64>) = (context.get(0)?, context.get(1)?);
        let (unit, sign): (String, i64) = (context.get(2)?, context.get(3)?);
        match text.zip(amount.and_then(|amount| amount.checked_mul(sign))) {
            Some((text, amount)) => added(&text, amount, &unit).map(Some),
            None => Ok(None),
        }
    })?;
    unary(
        connection,
        "rds_date",
        |text: String| match temporal::date(&text).filter(|date| *date == text) {
            Some(date) => Ok(date),
            None => not_emulated("CAST to DATE of text that is not YYYY-MM-DD"),
        },
    )?;
    unary(
        connection,
        "rds_date_time",
        |text: String| match temporal::date_time(&text, 0) {
            Some(at) => Ok(at),
            None => not_emulated("CAST to DATETIME of text that is not YYYY-MM-DD HH:MM:SS"),
        },
    )?;
    connection.create_scalar_function("rds_sysdate", 0, FunctionFlags::SQLITE_UTF8, |_| {
        Ok(temporal::now(0))
    })
}

fn moment(text: &str) -> Result<PrimitiveDateTime> {
    let whole = text.split('.').next().unwrap_or(text);
    let (date, clock) = whole.split_once(' ').unwrap_or((whole, "00:00:00"));
    let time = parse_clock(clock).and_then(|(hour, minute, second)| {
        let small = |number: u16| u8::try_from(number).ok();
        Time::from_hms(small(hour)?, small(minute)?, small(second)?).ok()
    });
    match parse_date(date).zip(time) {
        Some((date, time)) => Ok(PrimitiveDateTime::new(date, time)),
        None => not_emulated("a date that is not YYYY-MM-DD"),
    }
}

fn added(text: &str, amount: i64, unit: &str) -> Result<String> {
    let at = moment(text)?;
    let months = match unit {
        "MONTH" => Some(amount),
        "QUARTER" => amount.checked_mul(3),
        "YEAR" => amount.checked_mul(12),
        _ => None,
    };
    let seconds = match unit {
        "SECOND" => Some(1),
        "MINUTE" => Some(60),
        "HOUR" => Some(3_600),
        "DAY" => Some(86_400),
        "WEEK" => Some(604_800),
        _ => None,
    };
    let seconds = seconds.and_then(|seconds: i64| seconds.checked_mul(amount));
    let found = match (months, seconds) {
        (Some(months), _) => with_months(at.date(), months).map(|date| at.replace_date(date)),
        (None, Some(seconds)) => at.checked_add(Duration::seconds(seconds)),
        (None, None) => None,
    };
    let Some(found) = found.filter(|found| (1000..=9999).contains(&found.year())) else {
        return Err(refused(&ServerError::not_emulated(
            "a date before the year 1000 or after 9999",
        )));
    };
    let date = format_date(found.date());
    let is_clock_unit = ["SECOND", "MINUTE", "HOUR"].contains(&unit);
    if text.len() == 10 && !is_clock_unit {
        return Ok(date);
    }
    let (hour, minute, second) = found.time().as_hms();
    let fraction = text.split_once('.').map(|(_, fraction)| fraction);
    let fraction = fraction.map(|fraction| format!(".{fraction}"));
    let fraction = fraction.unwrap_or_default();
    Ok(format!(
        "{date} {hour:02}:{minute:02}:{second:02}{fraction}"
    ))
}

/// Adds months. If the resulting month does not have the day, the result is the month's last day.
fn with_months(date: Date, months: i64) -> Option<Date> {
    let month = i64::from(u8::from(date.month())).checked_sub(1)?;
    let all = i64::from(date.year())
        .checked_mul(12)?
        .checked_add(month)?
        .checked_add(months)?;
    let year = i32::try_from(all.div_euclid(12)).ok()?;
    let month = u8::try_from(all.rem_euclid(12)).ok()?.checked_add(1)?;
    let month = Month::try_from(month).ok()?;
    let day = date.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).ok()
}

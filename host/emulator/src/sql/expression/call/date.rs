//! Functions of dates and times.

use rusqlite::types::Value;

use super::wrong_argument;
use crate::sql::expression::{Expression, refused};
use crate::sql::kind::Kind;
use crate::sql::parser::Result;
use crate::sql::quote;
use crate::temporal;

pub(super) fn now(name: &str) -> Result<Expression> {
    Ok(match name {
        "CURRENT_DATE" | "CURDATE" | "UTC_DATE" => {
            Expression::new(quote::text(&temporal::today()), Kind::Date)
        }
        "CURTIME" | "CURRENT_TIME" => return refused(name),
        "SYSDATE" => Expression::new("\"rds_sysdate\"()", Kind::DateTime(0)),
        // The value is the same throughout a statement.
        _ => Expression::new(quote::text(&temporal::now(0)), Kind::DateTime(0)),
    })
}

/// Functions that return the current time or date, and whose parentheses may be omitted.
const KEYWORD_CLOCKS: [&str; 6] = [
    "CURRENT_TIMESTAMP",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "UTC_TIMESTAMP",
    "CURRENT_DATE",
    "UTC_DATE",
];

/// Functions that return the current time or date, and need parentheses.
const CLOCKS: [&str; 3] = ["NOW", "SYSDATE", "CURDATE"];

/// Functions that return a part of a date as a number.
const PARTS: [&str; 12] = [
    "YEAR",
    "MONTH",
    "DAY",
    "DAYOFMONTH",
    "HOUR",
    "MINUTE",
    "SECOND",
    "DAYOFWEEK",
    "WEEKDAY",
    "DAYOFYEAR",
    "QUARTER",
    "TO_DAYS",
];

pub(super) fn is_keyword_clock(name: &str) -> bool {
    KEYWORD_CLOCKS.contains(&name)
}

pub(super) fn call(name: &str, arguments: &[&Expression]) -> Result<Option<Expression>> {
    let moment = |value: &Expression| match moment(value) {
        Some(moment) => Ok(moment),
        None => wrong_argument(name, arguments),
    };
    let (sql, kind) = match (name, arguments) {
        (clock, []) if is_keyword_clock(clock) || CLOCKS.contains(&clock) => {
            return now(clock).map(Some);
        }
        ("UNIX_TIMESTAMP", []) => ("unixepoch()".to_owned(), Kind::Integer),
        ("YEAR", [value]) => (date_part(name, &moment(value)?), Kind::Unsigned),
        (part, [value]) if PARTS.contains(&part) => {
            (date_part(part, &moment(value)?), Kind::Integer)
        }
        ("DATE", [value]) => (format!("substr({}, 1, 10)", moment(value)?), Kind::Date),
        ("LAST_DAY", [value]) => (format!("\"rds_last_day\"({})", moment(value)?), Kind::Date),
        ("DATEDIFF", [one, other]) => {
            let days = |value| moment(value).map(|moment| date_part("TO_DAYS", &moment));
            (
                format!("({} - {})", days(one)?, days(other)?),
                Kind::Integer,
            )
        }
        ("CONVERT_TZ", [value, from, to]) => return convert_time_zone(value, from, to).map(Some),
        _ => return Ok(None),
    };
    Ok(Some(Expression::new(sql, kind)))
}

fn date_part(part: &str, moment: &str) -> String {
    format!("\"rds_date_part\"('{part}', {moment})")
}

fn convert_time_zone(value: &Expression, from: &Expression, to: &Expression) -> Result<Expression> {
    let is_utc = |zone: &Expression| matches!(&zone.constant, Some(Value::Text(zone)) if zone == "UTC" || zone == "+00:00");
    match moment(value) {
        Some(moment) if value.kind != Kind::Date && is_utc(from) && is_utc(to) => {
            Ok(Expression::new(moment, Kind::DateTime(0)))
        }
        _ => refused("CONVERT_TZ() other than from UTC to UTC"),
    }
}

/// The SQL of a date with or without a time. A literal must have the form in which dates are stored.
fn moment(value: &Expression) -> Option<String> {
    match (&value.kind, &value.constant) {
        (Kind::Date | Kind::DateTime(_) | Kind::Null, _) => Some(value.sql.clone()),
        (Kind::Text(_), Some(Value::Text(text))) => {
            let is_known = temporal::date(text).is_some_and(|date| date == *text)
                || temporal::date_time(text, 0).is_some_and(|at| at == *text);
            is_known.then(|| value.sql.clone())
        }
        _ => None,
    }
}

/// Translates `+ INTERVAL 1 DAY` and, if `is_subtraction`, `- INTERVAL 1 DAY`.
pub(in crate::sql::expression) fn add_interval(
    value: &Expression,
    amount: &Expression,
    unit: &str,
    is_subtraction: bool,
) -> Result<Expression> {
    let is_date_unit = ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"].contains(&unit);
    let is_clock_unit = ["HOUR", "MINUTE", "SECOND"].contains(&unit);
    if !amount.kind.is_integer() || !is_date_unit && !is_clock_unit {
        return refused(format!(
            "INTERVAL with {} as the amount and {unit} as the unit",
            amount.kind.describe()
        ));
    }
    let kind = match &value.kind {
        Kind::Date if is_date_unit => Kind::Date,
        Kind::Date => Kind::DateTime(0),
        Kind::DateTime(digits) => Kind::DateTime(*digits),
        // MySQL returns text for a text argument.
        Kind::Text(_) if moment(value).is_some() => Kind::TEXT,
        other if is_subtraction => {
            return refused(format!("subtracting an INTERVAL from {}", other.describe()));
        }
        other => return refused(format!("adding an INTERVAL to {}", other.describe())),
    };
    let sign = if is_subtraction { "-1" } else { "1" };
    let sql = format!(
        "\"rds_date_add\"({}, {}, '{unit}', {sign})",
        value.sql, amount.sql
    );
    Ok(Expression::composed(sql, kind, &[value, amount]))
}

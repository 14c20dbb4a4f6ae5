//! Functions of dates and times.

use super::wrong_argument;
use crate::sql::expression::{Expression, refused};
use crate::sql::kind::Kind;
use crate::sql::parser::Result;
use crate::sql::quote;
use rusqlite::types::Value;

use crate::temporal;

pub(super) fn now(name: &str) -> Result<Expression> {
    Ok(match name {
        "CURRENT_DATE" | "CURDATE" | "UTC_DATE" => {
            Expression::new(quote::text(&temporal::today()), Kind::Date)
        }
        "CURTIME" | "CURRENT_TIME" => return refused(name),
        "SYSDATE" => Expression::new("\"rds_sysdate\"()", Kind::DateTime(0)),
        // It is the same in all of a statement.
        _ => Expression::new(quote::text(&temporal::now(0)), Kind::DateTime(0)),
    })
}

pub(super) fn call(name: &str, arguments: &[&Expression]) -> Result<Option<Expression>> {
    let made = |sql: String, kind| Ok(Some(Expression::new(sql, kind)));
    const CLOCKS: [&str; 9] = [
        "NOW",
        "CURRENT_TIMESTAMP",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "UTC_TIMESTAMP",
        "SYSDATE",
        "CURDATE",
        "CURRENT_DATE",
        "UTC_DATE",
    ];
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
    match (name, arguments) {
        (clock, []) if CLOCKS.contains(&clock) => now(clock).map(Some),
        ("UNIX_TIMESTAMP", []) => made("unixepoch()".to_owned(), Kind::Integer),
        (part, [value]) if PARTS.contains(&part) => match moment(value) {
            Some(value) => made(
                format!("\"rds_date_part\"('{part}', {value})"),
                match part {
                    "YEAR" => Kind::Unsigned,
                    _ => Kind::Integer,
                },
            ),
            None => wrong_argument(name, arguments),
        },
        ("DATE", [value]) => match moment(value) {
            Some(value) => made(format!("substr({value}, 1, 10)"), Kind::Date),
            None => wrong_argument(name, arguments),
        },
        ("LAST_DAY", [value]) => match moment(value) {
            Some(value) => made(format!("\"rds_last_day\"({value})"), Kind::Date),
            None => wrong_argument(name, arguments),
        },
        ("DATEDIFF", [one, other]) => match (moment(one), moment(other)) {
            (Some(one), Some(other)) => made(
                format!(
                    "(\"rds_date_part\"('TO_DAYS', {one}) - \"rds_date_part\"('TO_DAYS', {other}))"
                ),
                Kind::Integer,
            ),
            _ => wrong_argument(name, arguments),
        },
        ("CONVERT_TZ", [value, from, to]) => {
            let zone = |it: &Expression| match &it.constant {
                Some(Value::Text(zone)) => matches!(zone.as_str(), "UTC" | "+00:00").then_some(()),
                _ => None,
            };
            match (moment(value), &value.kind, zone(from), zone(to)) {
                (Some(value), kind, Some(()), Some(())) if *kind != Kind::Date => {
                    made(value, Kind::DateTime(0))
                }
                _ => refused("CONVERT_TZ() but from UTC to UTC"),
            }
        }
        _ => Ok(None),
    }
}

/// A date, with a time or without one; a literal in the one form that it has when it is stored.
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

/// `+ INTERVAL 1 DAY`
pub(in crate::sql::expression) fn add_interval(
    value: &Expression,
    amount: &Expression,
    unit: &str,
    is_less: bool,
) -> Result<Expression> {
    let is_date_unit = ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"].contains(&unit);
    let is_clock_unit = ["HOUR", "MINUTE", "SECOND"].contains(&unit);
    if !amount.kind.is_integer() || !is_date_unit && !is_clock_unit {
        return refused(format!("INTERVAL of {} {unit}", amount.kind.describe()));
    }
    let kind = match &value.kind {
        Kind::Date if is_date_unit => Kind::Date,
        Kind::Date => Kind::DateTime(0),
        Kind::DateTime(digits) => Kind::DateTime(*digits),
        // MySQL gives text for it.
        Kind::Text(_) if moment(value).is_some() => super::TEXT,
        other => return refused(format!("INTERVAL with {}", other.describe())),
    };
    let sign = if is_less { "-1" } else { "1" };
    let sql = format!(
        "\"rds_date_add\"({}, {}, '{unit}', {sign})",
        value.sql, amount.sql
    );
    Ok(Expression::of(sql, kind, &[value, amount]))
}

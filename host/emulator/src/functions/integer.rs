//! Integer arithmetic that refuses a result outside of signed 64 bits.

use rusqlite::{Connection, Result};

use super::{binary, refused, unary};
use crate::server_error::ServerError;

pub(super) fn add(connection: &Connection) -> Result<()> {
    type Call = fn(i64, i64) -> Option<i64>;
    let calls: [(&str, Call, &str); 3] = [
        ("rds_add", i64::checked_add, "+"),
        ("rds_subtract", i64::checked_sub, "-"),
        ("rds_multiply", i64::checked_mul, "*"),
    ];
    for (name, call, sign) in calls {
        binary(connection, name, move |one: i64, other: i64| {
            call(one, other).ok_or_else(|| out_of_range(format!("{one} {sign} {other}")))
        })?;
    }
    binary(connection, "rds_modulo", |one: i64, other: i64| {
        Ok(match other {
            0 => None,
            // `checked_rem` fails for the least integer and -1, whose remainder is 0.
            other => Some(one.checked_rem(other).unwrap_or(0)),
        })
    })?;
    binary(
        connection,
        "rds_integer_divide",
        |one: i64, other: i64| match other {
            0 => Ok(None),
            other => match one.checked_div(other) {
                Some(quotient) => Ok(Some(quotient)),
                None => Err(out_of_range(format!("{one} DIV {other}"))),
            },
        },
    )?;
    unary(connection, "rds_absolute", |number: i64| {
        let absolute = number.checked_abs();
        absolute.ok_or_else(|| out_of_range(format!("abs({number})")))
    })?;
    unary(connection, "rds_unsigned", |number: i64| match number < 0 {
        true => Err(refused(&ServerError::out_of_range(
            "BIGINT UNSIGNED",
            &number.to_string(),
        ))),
        false => Ok(number),
    })?;
    unary(connection, "rds_finite", |number: f64| {
        match number.is_finite() {
            true => Ok(number),
            false => Err(refused(&ServerError::out_of_range(
                "DOUBLE",
                &number.to_string(),
            ))),
        }
    })?;
    unary(connection, "rds_signed", |text: String| {
        let is_plain = text
            .parse::<i64>()
            .is_ok_and(|number| number.to_string() == text);
        match text.parse::<i64>() {
            Ok(number) if is_plain => Ok(number),
            _ => super::not_emulated("CAST to SIGNED of text that is not a whole number"),
        }
    })
}

fn out_of_range(expression: String) -> rusqlite::Error {
    refused(&ServerError::out_of_range("BIGINT", &expression))
}

//! Arithmetic with decimals. SQLite stores them as doubles; the functions here compute with integers in units of the
//! last digit.

use rusqlite::functions::Context;
use rusqlite::{Connection, Result};

use super::{PURE, not_emulated};

/// Below 10^15, distinct decimals are distinct doubles.
const LIMIT: i128 = 1_000_000_000_000_000;

/// Converts a number to an integer in units of the last digit of `scale`. `None` if it has more than 15 digits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked before"
)]
pub(crate) fn scaled(number: f64, scale: u8) -> Option<i128> {
    let scaled = (number * 10_f64.powi(scale.into())).round();
    (scaled.abs() < 1e15).then_some(scaled as i128)
}

/// Converts an integer in units of the last digit back to a number. Refuses more than 15 digits.
#[expect(clippy::cast_precision_loss, reason = "the range is checked before")]
pub(super) fn unscaled(number: i128, scale: u8) -> Result<f64> {
    match number.abs() < LIMIT {
        true => Ok(number as f64 / 10_f64.powi(scale.into())),
        false => not_emulated("a DECIMAL of more than 15 digits"),
    }
}

/// Formats an integer in units of the last digit, with `scale` digits after the point.
pub(crate) fn text(number: i128, scale: u8) -> String {
    let width = usize::from(scale).saturating_add(1);
    let digits = format!("{:0>width$}", number.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale.into()));
    let sign = if number < 0 { "-" } else { "" };
    match scale {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{fraction}"),
    }
}

pub(super) fn power(exponent: u8) -> i128 {
    10_i128.saturating_pow(exponent.into())
}

/// Divides, and rounds half away from zero. `None` for a divisor of 0 or an overflow.
pub(super) fn divided(number: i128, by: i128) -> Option<i128> {
    let half = by.abs().checked_div(2)?;
    let sum = number.abs().checked_add(half)?;
    let quotient = sum.checked_div(by.abs())?;
    match (number < 0) == (by < 0) {
        true => Some(quotient),
        false => quotient.checked_neg(),
    }
}

/// Reads an argument as an integer in units of the last digit of `scale`. `None` for NULL.
fn argument(context: &Context<'_>, index: usize, scale: u8) -> Result<Option<i128>> {
    let number: Option<f64> = match context.get_raw(index) {
        rusqlite::types::ValueRef::Null => None,
        #[expect(clippy::cast_precision_loss, reason = "larger values are refused")]
        rusqlite::types::ValueRef::Integer(number) => Some(number as f64),
        rusqlite::types::ValueRef::Real(number) => Some(number),
        _ => return not_emulated("text where a DECIMAL is expected"),
    };
    match number {
        None => Ok(None),
        Some(number) => match scaled(number, scale) {
            Some(scaled) => Ok(Some(scaled)),
            None => not_emulated("a DECIMAL of more than 15 digits"),
        },
    }
}

type Call = fn(i128, i128) -> Option<i128>;

pub(super) fn add(connection: &Connection) -> Result<()> {
    let additive: [(&str, Call); 3] = [
        ("rds_decimal_add", i128::checked_add),
        ("rds_decimal_subtract", i128::checked_sub),
        ("rds_decimal_modulo", i128::checked_rem),
    ];
    for (name, call) in additive {
        with_two(connection, name, move |one, of_one, other, of_other| {
            let scale = of_one.max(of_other);
            let to = |number: i128, from: u8| number.checked_mul(power(scale.saturating_sub(from)));
            let found = call(to(one, of_one)?, to(other, of_other)?)?;
            Some((found, scale))
        })?;
    }
    with_two(
        connection,
        "rds_decimal_multiply",
        |one, of_one, other, of_other| {
            Some((one.checked_mul(other)?, of_one.saturating_add(of_other)))
        },
    )?;
    with_two(connection, "rds_divide", |one, of_one, other, of_other| {
        let scale = of_one.saturating_add(4);
        let raised = one.checked_mul(power(of_other.saturating_add(4)))?;
        Some((divided(raised, other)?, scale))
    })?;
    with_scales(connection, "rds_round", |number, from, to| {
        divided(number, power(from.saturating_sub(to)))
    })?;
    with_scales(connection, "rds_truncate", |number, from, to| {
        number.checked_div(power(from.saturating_sub(to)))
    })?;
    with_scales(connection, "rds_floor", |number, from, _| {
        number.checked_div_euclid(power(from))
    })?;
    with_scales(connection, "rds_ceiling", |number, from, _| {
        let floor = number.checked_neg()?.checked_div_euclid(power(from))?;
        floor.checked_neg()
    })?;
    connection.create_scalar_function("rds_decimal_text", 2, PURE, |context| {
        let scale = context.get(1)?;
        Ok(argument(context, 0, scale)?.map(|number| text(number, scale)))
    })?;
    connection.create_scalar_function("rds_decimal", 4, PURE, |context| {
        let (from, precision, to): (u8, u8, u8) =
            (context.get(1)?, context.get(2)?, context.get(3)?);
        let Some(number) = argument(context, 0, from)? else {
            return Ok(None);
        };
        let changed = match to >= from {
            true => number.checked_mul(power(to.saturating_sub(from))),
            false => divided(number, power(from.saturating_sub(to))),
        };
        match changed {
            Some(changed) if changed.abs() < power(precision) => unscaled(changed, to).map(Some),
            // MySQL returns the largest number of the type, with a warning.
            _ => not_emulated("CAST of a number that is too large for the DECIMAL"),
        }
    })
}

/// Registers a function of two decimals, each followed by its scale. `call` returns the result with its scale. A
/// division by 0 returns NULL.
fn with_two(
    connection: &Connection,
    name: &str,
    call: impl Fn(i128, u8, i128, u8) -> Option<(i128, u8)> + Send + Sync + 'static,
) -> Result<()> {
    let divides = name == "rds_divide" || name == "rds_decimal_modulo";
    connection.create_scalar_function(name, 4, PURE, move |context| {
        let (of_one, of_other) = (context.get(1)?, context.get(3)?);
        let one = argument(context, 0, of_one)?;
        let other = argument(context, 2, of_other)?;
        let Some((one, other)) = one.zip(other) else {
            return Ok(None);
        };
        if divides && other == 0 {
            return Ok(None);
        }
        match call(one, of_one, other, of_other) {
            Some((found, scale)) => unscaled(found, scale).map(Some),
            None => not_emulated("a DECIMAL of more than 15 digits"),
        }
    })
}

/// Registers a function of a decimal, its scale, and the scale of the result.
fn with_scales(
    connection: &Connection,
    name: &str,
    call: impl Fn(i128, u8, u8) -> Option<i128> + Send + Sync + 'static,
) -> Result<()> {
    connection.create_scalar_function(name, 3, PURE, move |context| {
        let (from, to) = (context.get(1)?, context.get(2)?);
        let number = argument(context, 0, from)?;
        let found = number.and_then(|number| call(number, from, to));
        found.map(|found| unscaled(found, to)).transpose()
    })
}

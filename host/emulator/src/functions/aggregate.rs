//! `SUM` and `AVG`: exact for integers and decimals, and by plain additions in the order of the rows for doubles.

use rusqlite::functions::{Aggregate, Context};
use rusqlite::{Connection, Result};

use super::decimal::{divided, power, scaled, unscaled};
use super::{PURE, not_emulated};

pub(super) fn add(connection: &Connection) -> Result<()> {
    for (name, is_average) in [("rds_sum", false), ("rds_average", true)] {
        connection.create_aggregate_function(name, 2, PURE, Exact { is_average })?;
    }
    for (name, is_average) in [("rds_sum_double", false), ("rds_average_double", true)] {
        connection.create_aggregate_function(name, 1, PURE, Double { is_average })?;
    }
    Ok(())
}

struct Exact {
    is_average: bool,
}

/// The number of values, their sum in units of its last digit, and its scale.
type Sum = (i128, i128, u8);

impl Aggregate<Sum, Option<f64>> for Exact {
    fn init(&self, _: &mut Context<'_>) -> Result<Sum> {
        Ok((0, 0, 0))
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Sum) -> Result<()> {
        let scale = context.get(1)?;
        let number = match context.get_raw(0) {
            rusqlite::types::ValueRef::Null => return Ok(()),
            rusqlite::types::ValueRef::Integer(number) => {
                i128::from(number).checked_mul(power(scale))
            }
            rusqlite::types::ValueRef::Real(number) => scaled(number, scale),
            _ => None,
        };
        let total = number.and_then(|number| sum.1.checked_add(number));
        let Some(total) = total else {
            return not_emulated("a sum of more than 15 digits");
        };
        *sum = (sum.0.saturating_add(1), total, scale);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Sum>) -> Result<Option<f64>> {
        let Some((count @ 1.., total, scale)) = sum else {
            return Ok(None);
        };
        if !self.is_average {
            return unscaled(total, scale).map(Some);
        }
        let raised = total.checked_mul(power(4));
        match raised.and_then(|raised| divided(raised, count)) {
            Some(average) => unscaled(average, scale.saturating_add(4)).map(Some),
            None => not_emulated("an average of more than 15 digits"),
        }
    }
}

struct Double {
    is_average: bool,
}

impl Aggregate<(f64, f64), Option<f64>> for Double {
    fn init(&self, _: &mut Context<'_>) -> Result<(f64, f64)> {
        Ok((0.0, 0.0))
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut (f64, f64)) -> Result<()> {
        if let Some(number) = context.get::<Option<f64>>(0)? {
            *sum = (sum.0 + 1.0, sum.1 + number);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<(f64, f64)>) -> Result<Option<f64>> {
        Ok(match sum {
            Some((count, total)) if count > 0.0 => Some(match self.is_average {
                true => total / count,
                false => total,
            }),
            _ => None,
        })
    }
}

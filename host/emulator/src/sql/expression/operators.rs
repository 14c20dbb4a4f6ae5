//! Arithmetic and logic. SQLite's own operators are taken where they cannot overflow or round.

use super::{Expression, refused};
use crate::sql::kind::Kind;
use crate::sql::parser::Result;

/// The condition that a value is, for SQLite's `AND`, `CASE` and so on.
pub(in crate::sql) fn truth(operand: &Expression) -> Result<String> {
    match &operand.kind {
        Kind::Null | Kind::Integer | Kind::Unsigned | Kind::Parameter => Ok(operand.sql.clone()),
        Kind::Decimal(_) | Kind::Double => Ok(format!("(({}) <> 0)", operand.sql)),
        other => refused(format!("{} as a condition", other.describe())),
    }
}

pub(super) fn logical(operator: &str, left: &Expression, right: &Expression) -> Result<Expression> {
    let sql = format!("({} {operator} {})", truth(left)?, truth(right)?);
    Ok(Expression::of(sql, Kind::Integer, &[left, right]))
}

pub(super) fn xor(left: &Expression, right: &Expression) -> Result<Expression> {
    let (of_left, of_right) = (truth(left)?, truth(right)?);
    let sql = format!("((NOT {of_left}) <> (NOT {of_right}))");
    Ok(Expression::of(sql, Kind::Integer, &[left, right]))
}

pub(super) fn not(operand: &Expression) -> Result<Expression> {
    let sql = format!("(NOT {})", truth(operand)?);
    Ok(Expression::of(sql, Kind::Integer, &[operand]))
}

pub(super) fn negate(operand: &Expression) -> Result<Expression> {
    let kind = match &operand.kind {
        Kind::Integer | Kind::Decimal(_) | Kind::Double | Kind::Null => operand.kind.clone(),
        other => return refused(format!("- before {}", other.describe())),
    };
    let sql = match kind {
        Kind::Integer if operand.constant.is_none() => {
            format!("\"rds_subtract\"(0, {})", operand.sql)
        }
        _ => format!("(- {})", operand.sql),
    };
    let mut negated = Expression::of(sql, kind, &[operand]);
    negated.constant = match &operand.constant {
        Some(rusqlite::types::Value::Integer(number)) => {
            number.checked_neg().map(rusqlite::types::Value::Integer)
        }
        Some(rusqlite::types::Value::Real(number)) => Some(rusqlite::types::Value::Real(-number)),
        _ => None,
    };
    Ok(negated)
}

/// `+`, `-`, `*`, `/`, `%` and `DIV`
pub(super) fn arithmetic(
    operator: &str,
    left: &Expression,
    right: &Expression,
) -> Result<Expression> {
    for side in [left, right] {
        if !side.kind.is_number() && side.kind != Kind::Null {
            let what = side.kind.describe();
            return refused(format!("{operator} with {what}"));
        }
    }
    let parts = [left, right];
    let (a, b) = (&left.sql, &right.sql);
    if left.kind == Kind::Null || right.kind == Kind::Null {
        return refused(format!("{operator} with NULL"));
    }
    if left.kind == Kind::Double || right.kind == Kind::Double {
        let sql = match operator {
            "+" | "-" | "*" => {
                format!("\"rds_finite\"(CAST({a} AS REAL) {operator} CAST({b} AS REAL))")
            }
            "/" => format!("\"rds_finite\"(CAST({a} AS REAL) / CAST({b} AS REAL))"),
            _ => return refused(format!("{operator} with a DOUBLE")),
        };
        return Ok(Expression::of(sql, Kind::Double, &parts));
    }
    let (of_left, of_right) = (left.kind.scale(), right.kind.scale());
    if operator == "/" {
        let scale = of_left.saturating_add(4);
        let sql = format!("\"rds_divide\"({a}, {of_left}, {b}, {of_right})");
        return Ok(Expression::of(sql, Kind::Decimal(scale), &parts));
    }
    if left.kind.is_integer() && right.kind.is_integer() {
        let is_unsigned = [left, right].iter().any(|it| it.kind == Kind::Unsigned);
        let function = match operator {
            "+" => "rds_add",
            "-" => "rds_subtract",
            "*" => "rds_multiply",
            "%" if is_unsigned && left.kind != right.kind => {
                return refused("% of a number with a sign and one without");
            }
            "%" => "rds_modulo",
            _ if is_unsigned => return refused("DIV with an UNSIGNED column"),
            _ => "rds_integer_divide",
        };
        let sql = format!("\"{function}\"({a}, {b})");
        return Ok(match is_unsigned {
            true => Expression::of(format!("\"rds_unsigned\"({sql})"), Kind::Unsigned, &parts),
            false => Expression::of(sql, Kind::Integer, &parts),
        });
    }
    let (function, scale) = match operator {
        "+" => ("rds_decimal_add", of_left.max(of_right)),
        "-" => ("rds_decimal_subtract", of_left.max(of_right)),
        "*" => ("rds_decimal_multiply", of_left.saturating_add(of_right)),
        "%" => ("rds_decimal_modulo", of_left.max(of_right)),
        _ => return refused("DIV with a DECIMAL"),
    };
    let sql = format!("\"{function}\"({a}, {of_left}, {b}, {of_right})");
    Ok(Expression::of(sql, Kind::Decimal(scale), &parts))
}

//! Arithmetic and logic. SQLite's own operators are used only where they neither overflow nor round.

use rusqlite::types::Value;

use super::{Expression, refused};
use crate::sql::kind::Kind;
use crate::sql::parser::Result;

/// Writes a value as a condition, for `WHERE`, `AND`, `CASE` and so on.
pub(in crate::sql) fn condition(operand: &Expression) -> Result<String> {
    match &operand.kind {
        Kind::Null | Kind::Integer | Kind::Unsigned | Kind::Parameter => Ok(operand.sql.clone()),
        Kind::Decimal(_) | Kind::Double => Ok(format!("(({}) <> 0)", operand.sql)),
        other => refused(format!("{} as a condition", other.describe())),
    }
}

pub(super) fn logical(operator: &str, left: &Expression, right: &Expression) -> Result<Expression> {
    let sql = format!("({} {operator} {})", condition(left)?, condition(right)?);
    Ok(Expression::composed(sql, Kind::Integer, &[left, right]))
}

pub(super) fn xor(left: &Expression, right: &Expression) -> Result<Expression> {
    let (of_left, of_right) = (condition(left)?, condition(right)?);
    let sql = format!("((NOT {of_left}) <> (NOT {of_right}))");
    Ok(Expression::composed(sql, Kind::Integer, &[left, right]))
}

pub(super) fn not(operand: &Expression) -> Result<Expression> {
    let sql = format!("(NOT {})", condition(operand)?);
    Ok(Expression::composed(sql, Kind::Integer, &[operand]))
}

pub(super) fn negate(operand: &Expression) -> Result<Expression> {
    let kind = match &operand.kind {
        Kind::Integer | Kind::Decimal(_) | Kind::Double | Kind::Null => operand.kind.clone(),
        other => return refused(format!("a minus sign before {}", other.describe())),
    };
    let sql = match kind {
        Kind::Integer if operand.constant.is_none() => {
            format!("\"rds_subtract\"(0, {})", operand.sql)
        }
        _ => format!("(- {})", operand.sql),
    };
    let mut negated = Expression::composed(sql, kind, &[operand]);
    negated.constant = match &operand.constant {
        Some(Value::Integer(number)) => number.checked_neg().map(Value::Integer),
        Some(Value::Real(number)) => Some(Value::Real(-number)),
        _ => None,
    };
    Ok(negated)
}

/// Translates `+`, `-`, `*`, `/`, `%` and `DIV`.
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
    if left.kind == Kind::Null || right.kind == Kind::Null {
        return refused(format!("{operator} with NULL"));
    }
    if left.kind == Kind::Double || right.kind == Kind::Double {
        double_arithmetic(operator, left, right)
    } else if operator == "/" {
        let scale = left.kind.scale().saturating_add(4);
        Ok(decimal_call("rds_divide", scale, left, right))
    } else if left.kind.is_integer() && right.kind.is_integer() {
        integer_arithmetic(operator, left, right)
    } else {
        decimal_arithmetic(operator, left, right)
    }
}

fn double_arithmetic(operator: &str, left: &Expression, right: &Expression) -> Result<Expression> {
    if !["+", "-", "*", "/"].contains(&operator) {
        return refused(format!("{operator} with a DOUBLE"));
    }
    let (a, b) = (&left.sql, &right.sql);
    let sql = format!("\"rds_finite\"(CAST({a} AS REAL) {operator} CAST({b} AS REAL))");
    Ok(Expression::composed(sql, Kind::Double, &[left, right]))
}

fn integer_arithmetic(operator: &str, left: &Expression, right: &Expression) -> Result<Expression> {
    let parts = [left, right];
    let is_unsigned = parts.iter().any(|it| it.kind == Kind::Unsigned);
    let function = match operator {
        "+" => "rds_add",
        "-" => "rds_subtract",
        "*" => "rds_multiply",
        "%" if is_unsigned && left.kind != right.kind => {
            return refused("% between a signed and an unsigned number");
        }
        "%" => "rds_modulo",
        _ if is_unsigned => return refused("DIV with an UNSIGNED column"),
        _ => "rds_integer_divide",
    };
    let sql = format!("\"{function}\"({}, {})", left.sql, right.sql);
    Ok(match is_unsigned {
        true => {
            let checked = format!("\"rds_unsigned\"({sql})");
            Expression::composed(checked, Kind::Unsigned, &parts)
        }
        false => Expression::composed(sql, Kind::Integer, &parts),
    })
}

fn decimal_arithmetic(operator: &str, left: &Expression, right: &Expression) -> Result<Expression> {
    let (of_left, of_right) = (left.kind.scale(), right.kind.scale());
    let (function, scale) = match operator {
        "+" => ("rds_decimal_add", of_left.max(of_right)),
        "-" => ("rds_decimal_subtract", of_left.max(of_right)),
        "*" => ("rds_decimal_multiply", of_left.saturating_add(of_right)),
        "%" => ("rds_decimal_modulo", of_left.max(of_right)),
        _ => return refused("DIV with a DECIMAL"),
    };
    Ok(decimal_call(function, scale, left, right))
}

/// Writes the call of a function of two decimals, each followed by its scale.
fn decimal_call(function: &str, scale: u8, left: &Expression, right: &Expression) -> Expression {
    let (of_left, of_right) = (left.kind.scale(), right.kind.scale());
    let (a, b) = (&left.sql, &right.sql);
    let sql = format!("\"{function}\"({a}, {of_left}, {b}, {of_right})");
    Expression::composed(sql, Kind::Decimal(scale), &[left, right])
}

//! Functions of numbers.

use super::wrong_argument;
use crate::sql::expression::{Expression, operators};
use crate::sql::kind::Kind;
use crate::sql::parser::Result;

pub(super) fn call(name: &str, arguments: &[&Expression]) -> Result<Option<Expression>> {
    let is_exact = |it: &Expression| it.kind.is_integer() || matches!(it.kind, Kind::Decimal(_));
    let made = |sql: String, kind| Ok(Some(Expression::new(sql, kind)));
    match (name, arguments) {
        ("MOD", [one, other]) => operators::arithmetic("%", one, other).map(Some),
        ("ABS", [value]) if value.kind == Kind::Integer => {
            made(format!("\"rds_absolute\"({})", value.sql), Kind::Integer)
        }
        ("ABS", [value]) if matches!(value.kind, Kind::Decimal(_) | Kind::Double) => {
            made(format!("abs({})", value.sql), value.kind.clone())
        }
        ("SIGN", [value]) if value.kind.is_number() => {
            made(format!("sign({})", value.sql), Kind::Integer)
        }
        ("ROUND" | "TRUNCATE", [value, rest @ ..]) if is_exact(value) => {
            let digits = match rest {
                [] if name == "ROUND" => 0,
                [digits] => match &digits.constant {
                    Some(rusqlite::types::Value::Integer(digits)) => *digits,
                    _ => return wrong_argument(name, arguments),
                },
                _ => return Ok(None),
            };
            let scale = value.kind.scale();
            let Some(digits) = u8::try_from(digits).ok().filter(|digits| *digits <= 15) else {
                return wrong_argument(name, arguments);
            };
            let kept = digits.min(scale);
            let function = match name {
                "ROUND" => "rds_round",
                _ => "rds_truncate",
            };
            let sql = format!("\"{function}\"({}, {scale}, {kept})", value.sql);
            match value.kind.is_integer() {
                true => made(value.sql.clone(), value.kind.clone()),
                false => made(sql, Kind::Decimal(kept)),
            }
        }
        ("CEIL" | "CEILING" | "FLOOR", [value]) if value.kind.is_integer() => {
            made(value.sql.clone(), value.kind.clone())
        }
        ("CEIL" | "CEILING" | "FLOOR", [value]) if is_exact(value) => {
            let function = if name == "FLOOR" {
                "rds_floor"
            } else {
                "rds_ceiling"
            };
            let scale = value.kind.scale();
            let sql = format!("CAST(\"{function}\"({}, {scale}, 0) AS INTEGER)", value.sql);
            made(sql, Kind::Integer)
        }
        ("MOD" | "ABS" | "SIGN" | "ROUND" | "TRUNCATE" | "CEIL" | "CEILING" | "FLOOR", [_, ..]) => {
            wrong_argument(name, arguments)
        }
        _ => Ok(None),
    }
}

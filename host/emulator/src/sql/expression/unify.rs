//! The common type of several values.

use super::{Expression, refused};
use crate::sql::kind::Kind;
use crate::sql::parser::Result;

/// Converts the values of a `CASE`, a `COALESCE` or a similar expression to their common type.
pub(in crate::sql) fn unify(
    what: &str,
    values: Vec<Expression>,
) -> Result<(Kind, Vec<Expression>)> {
    let mut kind = Kind::Null;
    for value in &values {
        kind = match (kind, &value.kind) {
            (Kind::Null, other) => other.clone(),
            (kind, Kind::Null) => kind,
            (kind, other) if kind == *other => kind,
            (Kind::Integer | Kind::Unsigned, Kind::Integer | Kind::Unsigned) => Kind::Integer,
            (Kind::Decimal(one), Kind::Decimal(other)) => Kind::Decimal(one.max(*other)),
            (Kind::Decimal(scale), number) if number.is_integer() => Kind::Decimal(scale),
            (number, Kind::Decimal(scale)) if number.is_integer() => Kind::Decimal(*scale),
            (Kind::Double, number) if number.is_number() => Kind::Double,
            (number, Kind::Double) if number.is_number() => Kind::Double,
            (text @ Kind::Text(_), number) if number.is_integer() => text,
            (number, text @ Kind::Text(_)) if number.is_integer() => text.clone(),
            (Kind::Parameter, _) | (_, Kind::Parameter) => Kind::Parameter,
            (kind, other) => {
                let (kind, other) = (kind.describe(), other.describe());
                return refused(format!("{what} with both {kind} and {other}"));
            }
        };
    }
    let is_like_all = |value: &Expression| value.kind == kind || value.kind.is_open();
    // For `IF` and `CASE`, MySQL prints each number with its own digits, whatever the common type is.
    if matches!(kind, Kind::Decimal(_))
        && (what == "IF" || what == "CASE")
        && !values.iter().all(is_like_all)
    {
        return refused(format!(
            "{what} with both a DECIMAL and a number of another type"
        ));
    }
    let values = values.into_iter().map(|value| {
        let sql = match (&kind, &value.kind) {
            (Kind::Text(_), number) if number.is_integer() => {
                format!("CAST({} AS TEXT)", value.sql)
            }
            (Kind::Double, number) if number.is_number() && *number != Kind::Double => {
                format!("CAST({} AS REAL)", value.sql)
            }
            _ => value.sql.clone(),
        };
        Expression { sql, ..value }
    });
    Ok((kind.clone(), values.collect()))
}

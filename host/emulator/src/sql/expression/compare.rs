//! Comparisons of values of one type, or of a column with a literal that stands for one of its values.

use rusqlite::types::Value;

use super::{Expression, refused};
use crate::collation::Collation;
use crate::sql::kind::{DECIMAL_DIGITS, Kind};
use crate::sql::parser::Result;
use crate::sql::quote;
use crate::temporal;

/// Up to 2^53, distinct integers are distinct doubles.
const EXACT: i64 = 1 << 53;

/// Translates a comparison by `=`, `<=>`, `<` and so on.
pub(in crate::sql) fn compare(
    operator: &str,
    left: &Expression,
    right: &Expression,
) -> Result<Expression> {
    let of_sqlite = match operator {
        "<=>" => "IS",
        "!=" => "<>",
        other => other,
    };
    let made = |a: &str, b: &str| {
        let sql = format!("({a} {of_sqlite} {b})");
        Ok(Expression::composed(sql, Kind::Integer, &[left, right]))
    };
    let (a, b) = (left.sql.as_str(), right.sql.as_str());
    let unlike = || {
        let (left, right) = (left.kind.describe(), right.kind.describe());
        refused(format!("{operator} between {left} and {right}"))
    };
    if let Kind::Opaque(_) = left.kind {
        return unlike();
    }
    match (&left.kind, &right.kind) {
        (_, Kind::Opaque(_)) => unlike(),
        (one, other) if one.is_open() || other.is_open() => made(a, b),
        (Kind::Text(one), Kind::Text(other)) => match collation(left, *one, right, *other) {
            Some(collation) => made(&format!("({a}) COLLATE {}", collation.name()), b),
            None => unlike(),
        },
        (one, other) if one.is_number() && other.is_number() => {
            match (one == &Kind::Double, other == &Kind::Double) {
                (false, true) if !is_exact(right) => unlike(),
                (true, false) if !is_exact(left) => unlike(),
                _ => made(a, b),
            }
        }
        (number, Kind::Text(_)) if number.is_number() => match number_of(right, number) {
            Some(number) => made(a, &number),
            None => unlike(),
        },
        (Kind::Text(_), number) if number.is_number() => match number_of(left, number) {
            Some(number) => made(&number, b),
            None => unlike(),
        },
        (Kind::Bytes, Kind::Bytes) => made(a, b),
        (Kind::Bytes, Kind::Text(_)) => made(a, &format!("CAST({b} AS BLOB)")),
        (Kind::Text(_), Kind::Bytes) => made(&format!("CAST({a} AS BLOB)"), b),
        (Kind::Date, Kind::Date) => made(a, b),
        (Kind::DateTime(one), Kind::DateTime(other)) if one == other => made(a, b),
        (kind @ (Kind::Date | Kind::DateTime(_)), _) => match temporal_of(right, kind) {
            Some(literal) => made(a, &literal),
            None => unlike(),
        },
        (_, kind @ (Kind::Date | Kind::DateTime(_))) => match temporal_of(left, kind) {
            Some(literal) => made(&literal, b),
            None => unlike(),
        },
        _ => unlike(),
    }
}

/// The collation of a comparison. That of a column precedes that of a literal. `None` if two columns or two literals
/// have different ones.
fn collation(
    left: &Expression,
    of_left: Collation,
    right: &Expression,
    of_right: Collation,
) -> Option<Collation> {
    match (left.columns.is_empty(), right.columns.is_empty()) {
        _ if of_left == of_right => Some(of_left),
        (false, true) => Some(of_left),
        (true, false) => Some(of_right),
        _ => None,
    }
}

/// Whether a literal is a double that equals only one integer.
#[expect(clippy::cast_precision_loss, reason = "2^53 is exact")]
fn is_exact(literal: &Expression) -> bool {
    matches!(literal.constant, Some(Value::Real(number)) if number.abs() < EXACT as f64)
}

/// The text of a literal, if it is a number in MySQL's own form.
fn number_of(literal: &Expression, kind: &Kind) -> Option<String> {
    let Some(Value::Text(text)) = &literal.constant else {
        return None;
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let count = u32::try_from(digits.len()).ok()?;
    let is_plain = are_digits(whole) && are_digits(fraction) && count <= DECIMAL_DIGITS;
    (is_plain && (kind.is_number())).then(|| text.clone())
}

/// A literal's text in the form in which the column's values are stored.
fn temporal_of(literal: &Expression, kind: &Kind) -> Option<String> {
    let Some(Value::Text(text)) = &literal.constant else {
        return None;
    };
    let canonical = match kind {
        Kind::Date => temporal::date(text)?,
        Kind::DateTime(digits) => temporal::date_time(text, *digits)?,
        _ => return None,
    };
    Some(quote::text(&canonical))
}

pub(super) fn like(
    value: &Expression,
    pattern: &Expression,
    escape: Option<&Expression>,
) -> Result<Expression> {
    let collation = match (&value.kind, &pattern.kind) {
        (Kind::Text(one), Kind::Text(other)) => collation(value, *one, pattern, *other),
        (Kind::Text(collation), other) | (other, Kind::Text(collation)) if other.is_open() => {
            Some(*collation)
        }
        (Kind::Null, Kind::Null) => Some(Collation::AccentInsensitive),
        _ => None,
    };
    let Some(collation) = collation else {
        let (value, pattern) = (value.kind.describe(), pattern.kind.describe());
        return refused(format!("LIKE between {value} and {pattern}"));
    };
    let escape = match escape.map(|it| &it.constant) {
        None => "\\".to_owned(),
        Some(Some(Value::Text(escape))) if escape.chars().count() == 1 => escape.clone(),
        Some(_) => return refused("ESCAPE with anything but one character"),
    };
    let sql = format!(
        "\"rds_like\"({}, {}, {}, '{}')",
        value.sql,
        pattern.sql,
        quote::text(&escape),
        collation.name()
    );
    Ok(Expression::composed(sql, Kind::Integer, &[value, pattern]))
}

/// Translates the `LIKE` of a `SHOW`.
pub(in crate::sql) fn compare_like(value: &str, pattern: &Expression) -> Result<String> {
    let value = Expression::new(value, Kind::TEXT);
    like(&value, pattern, None).map(|found| found.sql)
}

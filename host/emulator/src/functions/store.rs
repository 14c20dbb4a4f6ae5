//! The conversion of a value to a column's type. It refuses every value that MySQL would refuse, or store with a
//! warning.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};

use super::{PURE, refused};
use crate::json;
use crate::server_error::ServerError;
use crate::sql::{arguments, fraction_digits};
use crate::temporal;

/// `rds_store(value, declaration, column, is_nullable)`
pub(super) fn add(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("rds_store", 4, PURE, |context| {
        let declared = context.get_raw(1).as_str()?;
        let column = context.get_raw(2).as_str()?;
        let is_nullable: bool = context.get(3)?;
        let value = context.get_raw(0);
        if value == ValueRef::Null {
            return match is_nullable {
                true => Ok(Value::Null),
                false => Err(refused(&ServerError::null(column))),
            };
        }
        match stored(value, declared) {
            Some(stored) => Ok(stored),
            None => Err(wrong(value, column)),
        }
    })
}

fn wrong(value: ValueRef<'_>, column: &str) -> Error {
    let shown = match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            format!("'{}'", text.chars().take(40).collect::<String>())
        }
        ValueRef::Blob(_) => "bytes".to_owned(),
    };
    refused(&ServerError::wrong_value_for(column, &shown))
}

fn stored(value: ValueRef<'_>, declared: &str) -> Option<Value> {
    let word: String = declared
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    let (first, scale) = arguments(declared);
    let digits = fraction_digits(first);
    let is_unsigned = declared.ends_with("unsigned");
    let limit = |bytes: u64| usize::try_from(bytes).ok();
    let length = || first.and_then(|length| usize::try_from(length).ok());
    match word.as_str() {
        "tinyint" => integer(value, 8, is_unsigned),
        "smallint" => integer(value, 16, is_unsigned),
        "mediumint" => integer(value, 24, is_unsigned),
        "int" => integer(value, 32, is_unsigned),
        "bigint" => integer(value, 64, is_unsigned),
        "year" => {
            integer(value, 16, true).filter(|year| matches!(year, Value::Integer(1901..=2155)))
        }
        "decimal" => decimal(value, first?, scale, is_unsigned),
        "double" => real(value)
            .filter(|number| !is_unsigned || *number >= 0.0)
            .map(Value::Real),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a FLOAT has this precision"
        )]
        "float" => real(value).map(|number| Value::Real((number as f32).into())),
        "char" => text(value, length()?, None).map(|it| it.trim_end_matches(' ').to_owned().into()),
        "varchar" => text(value, length()?, None).map(Value::Text),
        "tinytext" => text(value, usize::MAX, limit(255)).map(Value::Text),
        "text" => text(value, usize::MAX, limit(65_535)).map(Value::Text),
        "mediumtext" => text(value, usize::MAX, limit(16_777_215)).map(Value::Text),
        "longtext" => text(value, usize::MAX, None).map(Value::Text),
        "varbinary" => bytes(value, length()?),
        "binary" => bytes(value, length()?).map(|it| filled(it, length().unwrap_or(0))),
        "tinyblob" => bytes(value, 255),
        "blob" => bytes(value, 65_535),
        "mediumblob" => bytes(value, 16_777_215),
        "longblob" => bytes(value, usize::MAX),
        "date" => temporal::date(as_text(value)?).map(Value::Text),
        "datetime" => temporal::date_time(as_text(value)?, digits).map(Value::Text),
        "timestamp" => {
            let text = temporal::date_time(as_text(value)?, digits)?;
            let is_in_range = ("1970-01-01 00:00:01".."2038-01-19 03:14:08").contains(&&*text);
            is_in_range.then_some(Value::Text(text))
        }
        "time" => temporal::time(as_text(value)?, digits).map(Value::Text),
        "json" => json::canonical(as_text(value)?).map(Value::Text),
        "enum" => one_of(as_text(value)?, declared).map(Value::Text),
        // `BIT` and `SET` are not supported.
        _ => None,
    }
}

fn as_text(value: ValueRef<'_>) -> Option<&str> {
    value.as_str().ok()
}

fn integer(value: ValueRef<'_>, bits: u32, is_unsigned: bool) -> Option<Value> {
    let number = match value {
        ValueRef::Integer(number) => number,
        ValueRef::Text(text) => {
            let text = str::from_utf8(text).ok()?;
            let number: i64 = text.parse().ok()?;
            (number.to_string() == text).then_some(number)?
        }
        ValueRef::Real(number) => whole(number)?,
        ValueRef::Blob(_) | ValueRef::Null => return None,
    };
    let number = i128::from(number);
    let half = 2_i128.checked_pow(bits.checked_sub(1)?)?;
    let is_in_range = match is_unsigned {
        true => (0..half.checked_mul(2)?).contains(&number),
        false => (half.checked_neg()?..half).contains(&number),
    };
    is_in_range.then(|| i64::try_from(number).ok().map(Value::Integer))?
}

/// Converts a double to an integer. `None` if the double is not a whole number, or from 2^53 on, where one double
/// equals several integers.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked before"
)]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

fn real(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Real(number) => Some(number),
        #[expect(clippy::cast_precision_loss, reason = "a DOUBLE stores this value")]
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Text(text) => {
            let text = str::from_utf8(text).ok()?;
            let plain = |it: char| it.is_ascii_digit() || matches!(it, '.' | '-' | 'e' | 'E' | '+');
            let number: f64 = text.parse().ok()?;
            (number.is_finite() && text.chars().all(plain)).then_some(number)
        }
        ValueRef::Blob(_) | ValueRef::Null => None,
    }
}

/// Brings a number into the form of its declaration. A column with a precision above 15 stores text, which keeps all
/// digits.
fn decimal(value: ValueRef<'_>, precision: u32, scale: u8, is_unsigned: bool) -> Option<Value> {
    let given = match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number}"),
        ValueRef::Text(text) => str::from_utf8(text).ok()?.to_owned(),
        ValueRef::Blob(_) | ValueRef::Null => return None,
    };
    let (sign, digits) = match given.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", given.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let kept = fraction.trim_end_matches('0');
    let most = usize::try_from(precision).ok()?.checked_sub(scale.into())?;
    if whole.len() > most || kept.len() > usize::from(scale) {
        return None;
    }
    let is_zero = whole.is_empty() && kept.is_empty();
    let sign = if is_zero { "" } else { sign };
    if is_unsigned && !sign.is_empty() {
        return None;
    }
    let width = usize::from(scale);
    let text = match width {
        0 => format!("{sign}{whole:0>1}"),
        width => format!("{sign}{whole:0>1}.{kept:0<width$}"),
    };
    match precision <= 15 {
        true => text.parse().ok().map(Value::Real),
        false => Some(Value::Text(text)),
    }
}

fn text(value: ValueRef<'_>, characters: usize, bytes: Option<usize>) -> Option<String> {
    let text = match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => str::from_utf8(text).ok()?.to_owned(),
        ValueRef::Real(_) | ValueRef::Blob(_) | ValueRef::Null => return None,
    };
    let fits = text.len() <= bytes.unwrap_or(usize::MAX)
        && (text.len() <= characters || text.chars().count() <= characters);
    fits.then_some(text)
}

fn bytes(value: ValueRef<'_>, most: usize) -> Option<Value> {
    let bytes = match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Null => return None,
    };
    (bytes.len() <= most).then(|| Value::Blob(bytes.to_vec()))
}

/// Pads the value of a `BINARY` column with zero bytes.
fn filled(value: Value, length: usize) -> Value {
    match value {
        Value::Blob(mut bytes) => {
            bytes.resize(length, 0);
            Value::Blob(bytes)
        }
        other => other,
    }
}

/// Returns the value if it equals one of `enum('new','paid')` exactly.
fn one_of(value: &str, declared: &str) -> Option<String> {
    let quoted = format!("'{}'", value.replace('\'', "''"));
    let inner = declared.split_once('(')?.1.trim_end_matches(')');
    let values = inner.split(',').map(str::trim);
    values
        .into_iter()
        .any(|it| it == quoted)
        .then(|| value.to_owned())
}

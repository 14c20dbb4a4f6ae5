//! Values of rows, and parameters, between the library's types and the contract's.

use rds_bridge::mysql;
use rds_bridge::mysql::{Column, ColumnKind, Param, Row, Rows, ValueError};

use crate::bindings::rds::mysql::types;
use crate::bindings::rds::mysql::types::{Error as GuestError, Rule, Value};

/// The most bytes of a statement's text, of which a connection keeps those that it has prepared last.
pub(crate) const MAX_TEXT_BYTES: usize = 1 << 20;
/// The most bytes of the names of a result's columns and tables: more than 4,096 columns with names of usual length have.
const MAX_COLUMN_BYTES: usize = 1 << 20;
/// The most hours of a `TIME`.
const MAX_HOURS: u32 = 838;

/// The columns of a result, which the host keeps as long as the guest has the handle of the rows.
///
/// # Errors
///
/// As [`check_names`].
pub(crate) fn columns(columns: &[Column]) -> Result<Vec<types::Column>, GuestError> {
    check_names(columns)?;
    let column = |it: &Column| types::Column {
        name: it.name().to_owned(),
        table: it.table().to_owned(),
        kind: kind(it.kind()),
        nullable: it.is_nullable(),
        decimals: it.decimals(),
    };
    Ok(columns.iter().map(column).collect())
}

/// Checks that the host can keep the columns.
///
/// # Errors
///
/// `not-permitted`: their names have more than [`MAX_COLUMN_BYTES`].
pub(crate) fn check_names(columns: &[Column]) -> Result<(), GuestError> {
    let lengths = columns
        .iter()
        .map(|it| it.name().len().saturating_add(it.table().len()));
    match lengths.fold(0, usize::saturating_add) > MAX_COLUMN_BYTES {
        true => Err(GuestError::NotPermitted(Rule::ResultSize)),
        false => Ok(()),
    }
}

fn kind(kind: ColumnKind) -> types::Kind {
    match kind {
        ColumnKind::Null => types::Kind::Null,
        ColumnKind::Int => types::Kind::Int,
        ColumnKind::UnsignedInt => types::Kind::Unsigned,
        ColumnKind::Float => types::Kind::Float,
        ColumnKind::Double => types::Kind::Double,
        ColumnKind::Decimal => types::Kind::Decimal,
        ColumnKind::Bit => types::Kind::Bits,
        ColumnKind::Date => types::Kind::Date,
        ColumnKind::Time => types::Kind::Time,
        ColumnKind::DateTime => types::Kind::Datetime,
        ColumnKind::Text => types::Kind::Text,
        ColumnKind::Json => types::Kind::Json,
        ColumnKind::Bytes => types::Kind::Bytes,
        ColumnKind::Geometry => types::Kind::Geometry,
        ColumnKind::Vector => types::Kind::Vector,
    }
}

/// Checks that the server rounds no value of a result.
///
/// # Errors
///
/// `value`: a column of `FLOAT` in the text protocol, in which the server rounds it. A server uses that protocol for
/// what cannot be prepared.
pub(crate) fn check_exact(rows: &Rows<'_>) -> Result<(), GuestError> {
    let mut columns = rows.columns().iter();
    match columns.find(|it| it.kind() == ColumnKind::Float && rows.is_text()) {
        Some(column) => Err(GuestError::Value(column.name().to_owned())),
        None => Ok(()),
    }
}

/// About the bytes that the values of a row take here: a NULL of two bits takes as much as a number.
pub(crate) fn held(row: &Row<'_>) -> usize {
    let values = row.columns().len().saturating_mul(size_of::<Value>());
    let length = row.encoded_length().saturating_add(values);
    length.saturating_add(size_of::<Vec<Value>>())
}

/// The values of a row.
///
/// # Errors
///
/// `value`: the server's bytes do not match the column's type.
pub(crate) fn row(row: &Row<'_>) -> Result<Vec<Value>, GuestError> {
    let mut values = Vec::with_capacity(row.columns().len());
    for value in row.values() {
        let value = value.map_err(|error| GuestError::Value(column_of(&error)))?;
        values.push(given(value).ok_or_else(|| {
            let column = row.columns().get(values.len());
            GuestError::Value(column.map(Column::name).unwrap_or_default().to_owned())
        })?);
    }
    Ok(values)
}

pub(crate) fn column_of(error: &ValueError) -> String {
    match error {
        ValueError::Unreadable { column, .. } => column.clone(),
        _ => String::new(),
    }
}

/// `None` for a `BIT` of more than 64 bits, which no server has.
fn given(value: mysql::Value<'_>) -> Option<Value> {
    Some(match value {
        mysql::Value::Null => Value::Null,
        mysql::Value::Int(number) => Value::Int(number),
        mysql::Value::UnsignedInt(number) => Value::Unsigned(number),
        mysql::Value::Float(number) => Value::Float(number),
        mysql::Value::Double(number) => Value::Double(number),
        mysql::Value::Decimal(digits) => Value::Decimal(digits.to_owned()),
        mysql::Value::Bit(_) => Value::Bits(value.as_bits()?),
        mysql::Value::Date(date) => Value::Date(given_date(date)),
        mysql::Value::Time(time) => Value::Time(given_span(time)),
        mysql::Value::DateTime(it) => Value::Datetime(given_datetime(it)),
        mysql::Value::Text(text) => Value::Text(text.to_owned()),
        mysql::Value::Json(text) => Value::Json(text.to_owned()),
        mysql::Value::Bytes(bytes) => Value::Bytes(bytes.to_owned()),
        mysql::Value::Geometry(bytes) => Value::Geometry(bytes.to_owned()),
        mysql::Value::Vector(vector) => Value::Vector(vector.iter().collect()),
    })
}

pub(crate) fn given_date(date: mysql::Date) -> types::Date {
    types::Date {
        year: date.year,
        month: date.month,
        day: date.day,
    }
}

pub(crate) fn given_datetime(it: mysql::DateTime) -> types::Datetime {
    types::Datetime {
        date: given_date(it.date),
        hour: it.hour,
        minute: it.minute,
        second: it.second,
        microsecond: it.microsecond,
    }
}

pub(crate) fn given_span(time: mysql::Time) -> types::Span {
    types::Span {
        negative: time.negative,
        hours: time.hours,
        minutes: time.minutes,
        seconds: time.seconds,
        microseconds: time.microseconds,
    }
}

/// The server's summary.
pub(crate) fn summary(summary: mysql::Summary) -> types::Summary {
    types::Summary {
        affected_rows: summary.affected_rows,
        last_insert_id: summary.last_insert_id,
        warnings: summary.warnings,
        info: summary.info,
    }
}

/// The parameters of a statement.
///
/// # Errors
///
/// `parameter`: a value that MySQL's type does not have. `not-permitted`: with the statement's text, they have more than
/// `max_bytes`.
pub(crate) fn params(
    sql: &str,
    values: Vec<Value>,
    max_bytes: usize,
) -> Result<Vec<Param>, GuestError> {
    let lengths = values.iter().map(length);
    let bytes = lengths.fold(sql.len(), usize::saturating_add);
    if bytes > max_bytes || sql.len() > MAX_TEXT_BYTES {
        return Err(GuestError::NotPermitted(Rule::Parameters));
    }
    let with_index = (0_u32..).zip(values);
    let param = |(index, value)| param(value).ok_or(GuestError::Parameter(index));
    with_index.map(param).collect()
}

fn length(value: &Value) -> usize {
    match value {
        Value::Decimal(text) | Value::Text(text) | Value::Json(text) => text.len(),
        Value::Bytes(bytes) | Value::Geometry(bytes) => bytes.len(),
        Value::Vector(entries) => entries.len().saturating_mul(4),
        _ => 8,
    }
}

/// `None` if MySQL's type has no such value.
fn param(value: Value) -> Option<Param> {
    Some(match value {
        Value::Null => Param::Null,
        Value::Int(number) => Param::Int(number),
        Value::Unsigned(number) | Value::Bits(number) => Param::UnsignedInt(number),
        Value::Float(number) => Param::Double(number.is_finite().then_some(number.into())?),
        Value::Double(number) => Param::Double(number.is_finite().then_some(number)?),
        Value::Decimal(digits) => Param::Decimal(digits.parse().ok()?),
        Value::Text(text) | Value::Json(text) => Param::Text(text),
        Value::Bytes(bytes) | Value::Geometry(bytes) => Param::Bytes(bytes),
        Value::Date(date) => Param::Date(taken_date(date)?),
        Value::Datetime(it) => Param::DateTime(datetime(it)?),
        Value::Time(span) => Param::Time(time(span)?),
        Value::Vector(entries) => {
            let is_finite = entries.iter().all(|it| it.is_finite());
            is_finite.then(|| Param::from(entries))?
        }
    })
}

fn taken_date(date: types::Date) -> Option<mysql::Date> {
    let is_valid = date.year <= 9999 && date.month <= 12 && date.day <= 31;
    is_valid.then_some(mysql::Date {
        year: date.year,
        month: date.month,
        day: date.day,
    })
}

fn datetime(it: types::Datetime) -> Option<mysql::DateTime> {
    let is_valid = it.hour <= 23 && it.minute <= 59 && it.second <= 59 && it.microsecond <= 999_999;
    is_valid.then_some(mysql::DateTime {
        date: taken_date(it.date)?,
        hour: it.hour,
        minute: it.minute,
        second: it.second,
        microsecond: it.microsecond,
    })
}

fn time(span: types::Span) -> Option<mysql::Time> {
    let is_valid = span.hours <= MAX_HOURS
        && span.minutes <= 59
        && span.seconds <= 59
        && span.microseconds <= 999_999;
    is_valid.then_some(mysql::Time {
        negative: span.negative,
        hours: span.hours,
        minutes: span.minutes,
        seconds: span.seconds,
        microseconds: span.microseconds,
    })
}

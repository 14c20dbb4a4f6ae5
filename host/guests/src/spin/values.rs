//! Values between the library's types and Spin's.

use mysql_common::constants::ColumnType;
use rds_bridge::mysql::{self, ColumnKind, Param, Row, ValueError};

use super::bindings::fermyon::spin::rdbms_types::{Column, DbDataType, DbValue, ParameterValue};
use crate::bindings::rds::mysql::types::Error as GuestError;
use crate::values::column_of;

/// The columns of a result.
pub(super) fn columns(columns: &[mysql::Column]) -> Vec<Column> {
    let column = |it: &mysql::Column| Column {
        name: it.name().to_owned(),
        data_type: data_type(it),
    };
    columns.iter().map(column).collect()
}

/// The type of a column's values. `other` is what Spin has no case for, and what is returned as text or bytes here.
fn data_type(column: &mysql::Column) -> DbDataType {
    use ColumnType::{
        MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_SHORT, MYSQL_TYPE_TINY,
    };
    match (column.kind(), column.wire_type()) {
        (ColumnKind::Int, MYSQL_TYPE_TINY) => DbDataType::Int8,
        (ColumnKind::Int, MYSQL_TYPE_SHORT) => DbDataType::Int16,
        (ColumnKind::Int, MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG) => DbDataType::Int32,
        (ColumnKind::Int, MYSQL_TYPE_LONGLONG) => DbDataType::Int64,
        (ColumnKind::UnsignedInt, MYSQL_TYPE_TINY) => DbDataType::Uint8,
        (ColumnKind::UnsignedInt, MYSQL_TYPE_SHORT) => DbDataType::Uint16,
        (ColumnKind::UnsignedInt, MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG) => DbDataType::Uint32,
        (ColumnKind::UnsignedInt, MYSQL_TYPE_LONGLONG) => DbDataType::Uint64,
        (ColumnKind::Float, _) => DbDataType::Floating32,
        (ColumnKind::Double, _) => DbDataType::Floating64,
        (ColumnKind::Text, _) => DbDataType::Str,
        (ColumnKind::Bytes, _) => DbDataType::Binary,
        _ => DbDataType::Other,
    }
}

/// The values of a row.
///
/// # Errors
///
/// `value`: the server's bytes do not match the column's type.
pub(super) fn row(row: &Row<'_>, columns: &[Column]) -> Result<Vec<DbValue>, GuestError> {
    let definitions = row.columns().iter().zip(columns);
    let pairs = row.values().zip(definitions);
    let value = |(value, (definition, column)): (
        Result<mysql::Value<'_>, ValueError>,
        (&mysql::Column, &Column),
    )| {
        let value = value.map_err(|error| GuestError::Value(column_of(&error)))?;
        let given = given(value, column.data_type, definition.decimals());
        given.ok_or_else(|| GuestError::Value(column.name.clone()))
    };
    pairs.map(value).collect()
}

/// `None` if the value is not one of its column's type.
fn given(value: mysql::Value<'_>, data_type: DbDataType, decimals: u8) -> Option<DbValue> {
    let digits = usize::from(decimals);
    Some(match value {
        mysql::Value::Null => DbValue::DbNull,
        mysql::Value::Int(number) => match data_type {
            DbDataType::Int8 => DbValue::Int8(number.try_into().ok()?),
            DbDataType::Int16 => DbValue::Int16(number.try_into().ok()?),
            DbDataType::Int32 => DbValue::Int32(number.try_into().ok()?),
            _ => DbValue::Int64(number),
        },
        mysql::Value::UnsignedInt(number) => match data_type {
            DbDataType::Uint8 => DbValue::Uint8(number.try_into().ok()?),
            DbDataType::Uint16 => DbValue::Uint16(number.try_into().ok()?),
            DbDataType::Uint32 => DbValue::Uint32(number.try_into().ok()?),
            DbDataType::Uint64 => DbValue::Uint64(number),
            // YEAR
            _ => DbValue::Str(number.to_string()),
        },
        mysql::Value::Float(number) => DbValue::Floating32(number),
        mysql::Value::Double(number) => DbValue::Floating64(number),
        mysql::Value::Bit(_) => DbValue::Uint64(value.as_bits()?),
        mysql::Value::Date(date) => DbValue::Str(date.to_string()),
        mysql::Value::Time(time) => DbValue::Str(format!("{time:.digits$}")),
        mysql::Value::DateTime(it) => DbValue::Str(format!("{it:.digits$}")),
        mysql::Value::Decimal(text) | mysql::Value::Text(text) | mysql::Value::Json(text) => {
            DbValue::Str(text.to_owned())
        }
        mysql::Value::Bytes(bytes) | mysql::Value::Geometry(bytes) => {
            DbValue::Binary(bytes.to_owned())
        }
        mysql::Value::Vector(vector) => DbValue::Binary(vector.as_bytes().to_owned()),
    })
}

/// The parameters of a statement.
///
/// # Errors
///
/// `parameter`: a number that is not finite.
pub(crate) fn params(values: Vec<ParameterValue>) -> Result<Vec<Param>, GuestError> {
    let with_index = (0_u32..).zip(values);
    let param = |(index, value)| param(value).ok_or(GuestError::Parameter(index));
    with_index.map(param).collect()
}

/// The bytes of a parameter, about.
pub(super) fn length(value: &ParameterValue) -> usize {
    match value {
        ParameterValue::Str(text) => text.len(),
        ParameterValue::Binary(bytes) => bytes.len(),
        _ => 8,
    }
}

fn param(value: ParameterValue) -> Option<Param> {
    Some(match value {
        ParameterValue::Boolean(is) => Param::Int(is.into()),
        ParameterValue::Int8(number) => Param::Int(number.into()),
        ParameterValue::Int16(number) => Param::Int(number.into()),
        ParameterValue::Int32(number) => Param::Int(number.into()),
        ParameterValue::Int64(number) => Param::Int(number),
        ParameterValue::Uint8(number) => Param::UnsignedInt(number.into()),
        ParameterValue::Uint16(number) => Param::UnsignedInt(number.into()),
        ParameterValue::Uint32(number) => Param::UnsignedInt(number.into()),
        ParameterValue::Uint64(number) => Param::UnsignedInt(number),
        ParameterValue::Floating32(number) => {
            Param::Double(number.is_finite().then_some(number.into())?)
        }
        ParameterValue::Floating64(number) => Param::Double(number.is_finite().then_some(number)?),
        ParameterValue::Str(text) => Param::Text(text),
        ParameterValue::Binary(bytes) => Param::Bytes(bytes),
        ParameterValue::DbNull => Param::Null,
    })
}

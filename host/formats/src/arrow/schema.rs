//! Converts a result's columns to an Arrow schema.

use std::sync::Arc;

use arrow_schema::{DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_SCALE, DataType, Field, Schema};
use arrow_schema::{SchemaRef, TimeUnit};
use mysql_common::constants::ColumnType;

use super::error::Error;
use crate::json::distinct;
use rds_bridge::mysql::{Column, ColumnKind};

/// Builds the schema. The names are made unique as in JSON, because readers look columns up by name. Every column is
/// nullable: `GROUP BY id WITH ROLLUP` returns NULL for an `id` that the server announces as `NOT NULL`.
pub(super) fn arrow_schema(columns: &[Column]) -> Result<SchemaRef, Error> {
    let fields: Result<Vec<Field>, Error> = distinct(columns)
        .into_iter()
        .zip(columns)
        .map(|(name, column)| Ok(Field::new(name, data_type(column)?, true)))
        .collect();
    Ok(Arc::new(Schema::new(fields?)))
}

fn data_type(column: &Column) -> Result<DataType, Error> {
    let is_unsigned = column.kind() == ColumnKind::UnsignedInt;
    Ok(match column.kind() {
        ColumnKind::Null => DataType::Null,
        ColumnKind::Int | ColumnKind::UnsignedInt => integer(column.wire_type(), is_unsigned),
        ColumnKind::Float => DataType::Float32,
        ColumnKind::Double => DataType::Float64,
        ColumnKind::Decimal => decimal(column)?,
        ColumnKind::Bit => DataType::UInt64,
        ColumnKind::Date => DataType::Date32,
        ColumnKind::Time => DataType::Duration(TimeUnit::Microsecond),
        ColumnKind::DateTime => DataType::Timestamp(TimeUnit::Microsecond, None),
        ColumnKind::Text | ColumnKind::Json => DataType::Utf8,
        ColumnKind::Bytes | ColumnKind::Geometry => DataType::Binary,
        // Not a fixed-size list: a VECTOR(n) has up to n entries.
        ColumnKind::Vector => DataType::new_list(DataType::Float32, true),
    })
}

fn integer(wire_type: ColumnType, is_unsigned: bool) -> DataType {
    match (wire_type, is_unsigned) {
        (ColumnType::MYSQL_TYPE_TINY, false) => DataType::Int8,
        (ColumnType::MYSQL_TYPE_TINY, true) => DataType::UInt8,
        (ColumnType::MYSQL_TYPE_SHORT, false) => DataType::Int16,
        (ColumnType::MYSQL_TYPE_SHORT | ColumnType::MYSQL_TYPE_YEAR, true) => DataType::UInt16,
        (ColumnType::MYSQL_TYPE_INT24 | ColumnType::MYSQL_TYPE_LONG, false) => DataType::Int32,
        (ColumnType::MYSQL_TYPE_INT24 | ColumnType::MYSQL_TYPE_LONG, true) => DataType::UInt32,
        (_, false) => DataType::Int64,
        (_, true) => DataType::UInt64,
    }
}

fn decimal(column: &Column) -> Result<DataType, Error> {
    let digits = column.decimals();
    let scale = i8::try_from(digits)
        .ok()
        .filter(|scale| *scale <= DECIMAL256_MAX_SCALE)
        .ok_or_else(|| Error::Scale {
            column: column.name().to_owned(),
            digits,
        })?;
    let precision = column.precision().unwrap_or_default();
    Ok(match precision <= DECIMAL128_MAX_PRECISION {
        true => DataType::Decimal128(precision, scale),
        false => DataType::Decimal256(precision, scale),
    })
}

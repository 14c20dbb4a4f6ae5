//! Builds the array of a column.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    BinaryBuilder, Decimal128Builder, Decimal256Builder, ListBuilder, NullBuilder,
    PrimitiveBuilder, StringBuilder,
};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_schema::{ArrowError, DataType, TimeUnit};

use super::calendar;
use super::decimal::{Misfit, Unscaled, unscaled};
use super::error::{Error, Unfit};
use rds_bridge::mysql::{FromValue, Row, ValueError, Vector};

/// The longest value, in bytes. Arrow's offsets address 2 GiB per batch, which leaves room for the batch's other
/// values.
const MAX_LENGTH: usize = 1 << 30;

/// The builder of an array, by the type of its values.
pub(super) enum ArrayBuilder {
    Null(NullBuilder),
    Int8(PrimitiveBuilder<Int8Type>),
    Int16(PrimitiveBuilder<Int16Type>),
    Int32(PrimitiveBuilder<Int32Type>),
    Int64(PrimitiveBuilder<Int64Type>),
    UInt8(PrimitiveBuilder<UInt8Type>),
    UInt16(PrimitiveBuilder<UInt16Type>),
    UInt32(PrimitiveBuilder<UInt32Type>),
    UInt64(PrimitiveBuilder<UInt64Type>),
    Float32(PrimitiveBuilder<Float32Type>),
    Float64(PrimitiveBuilder<Float64Type>),
    Decimal128(Decimal128Builder, Digits),
    Decimal256(Decimal256Builder, Digits),
    Date(PrimitiveBuilder<Date32Type>),
    Moment(PrimitiveBuilder<TimestampMicrosecondType>),
    Span(PrimitiveBuilder<DurationMicrosecondType>),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    Vector(ListBuilder<PrimitiveBuilder<Float32Type>>),
}

/// The digits of a `DECIMAL` column.
#[derive(Clone, Copy)]
pub(super) struct Digits {
    precision: u8,
    scale: u8,
}

/// Why a value was not appended: the type cannot hold it, or the server's bytes are invalid.
pub(super) enum Refusal {
    Unfit(Unfit),
    Value(ValueError),
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl From<ValueError> for Refusal {
    fn from(error: ValueError) -> Self {
        match error {
            ValueError::OutOfRange { expected, .. } => Unfit::Number { expected }.into(),
            other => Self::Value(other),
        }
    }
}

impl ArrayBuilder {
    pub(super) fn new(data_type: &DataType, rows: usize) -> Result<Self, Error> {
        let digits = |precision: u8, scale: i8| Digits {
            precision,
            scale: u8::try_from(scale).unwrap_or_default(),
        };
        Ok(match *data_type {
            DataType::Null => Self::Null(NullBuilder::new()),
            DataType::Int8 => Self::Int8(primitive(rows)),
            DataType::Int16 => Self::Int16(primitive(rows)),
            DataType::Int32 => Self::Int32(primitive(rows)),
            DataType::Int64 => Self::Int64(primitive(rows)),
            DataType::UInt8 => Self::UInt8(primitive(rows)),
            DataType::UInt16 => Self::UInt16(primitive(rows)),
            DataType::UInt32 => Self::UInt32(primitive(rows)),
            DataType::UInt64 => Self::UInt64(primitive(rows)),
            DataType::Float32 => Self::Float32(primitive(rows)),
            DataType::Float64 => Self::Float64(primitive(rows)),
            DataType::Decimal128(precision, scale) => Self::Decimal128(
                primitive(rows).with_precision_and_scale(precision, scale)?,
                digits(precision, scale),
            ),
            DataType::Decimal256(precision, scale) => Self::Decimal256(
                primitive(rows).with_precision_and_scale(precision, scale)?,
                digits(precision, scale),
            ),
            DataType::Date32 => Self::Date(primitive(rows)),
            DataType::Timestamp(TimeUnit::Microsecond, None) => Self::Moment(primitive(rows)),
            DataType::Duration(TimeUnit::Microsecond) => Self::Span(primitive(rows)),
            DataType::Utf8 => Self::Text(StringBuilder::with_capacity(rows, 0)),
            DataType::Binary => Self::Bytes(BinaryBuilder::with_capacity(rows, 0)),
            DataType::List(ref entry) if entry.data_type() == &DataType::Float32 => {
                let lists = ListBuilder::with_capacity(PrimitiveBuilder::new(), rows);
                Self::Vector(lists.with_field(Arc::clone(entry)))
            }
            ref other => {
                let message = format!("no column type is converted to the Arrow type {other}");
                return Err(ArrowError::NotYetImplemented(message).into());
            }
        })
    }

    /// Bytes per value in the array's buffer of fixed width.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Null(_) => 0,
            Self::Int8(_) | Self::UInt8(_) => 1,
            Self::Int16(_) | Self::UInt16(_) => 2,
            Self::Int32(_) | Self::UInt32(_) | Self::Float32(_) | Self::Date(_) => 4,
            Self::Int64(_)
            | Self::UInt64(_)
            | Self::Float64(_)
            | Self::Moment(_)
            | Self::Span(_) => 8,
            Self::Decimal128(..) => 16,
            Self::Decimal256(..) => 32,
            // The offset.
            Self::Text(_) | Self::Bytes(_) | Self::Vector(_) => 4,
        }
    }

    /// Appends a value of the row. Returns its length in bytes if it is of variable length; otherwise 0.
    #[inline]
    pub(super) fn append(&mut self, row: &Row<'_>, index: usize) -> Result<usize, Refusal> {
        match self {
            Self::Null(it) => it.append_null(),
            Self::Int8(it) => number(it, row, index)?,
            Self::Int16(it) => number(it, row, index)?,
            Self::Int32(it) => number(it, row, index)?,
            Self::Int64(it) => number(it, row, index)?,
            Self::UInt8(it) => number(it, row, index)?,
            Self::UInt16(it) => number(it, row, index)?,
            Self::UInt32(it) => number(it, row, index)?,
            Self::UInt64(it) => number(it, row, index)?,
            Self::Float32(it) => number(it, row, index)?,
            Self::Float64(it) => number(it, row, index)?,
            Self::Decimal128(it, digits) => {
                let text = value(row, index)?;
                it.append_option(parse_decimal(text, *digits, row, index)?);
            }
            Self::Decimal256(it, digits) => {
                let text = value(row, index)?;
                it.append_option(parse_decimal(text, *digits, row, index)?);
            }
            Self::Date(it) => {
                let date = value(row, index)?;
                it.append_option(date.map(calendar::days).transpose()?);
            }
            Self::Moment(it) => {
                let moment = value(row, index)?;
                it.append_option(moment.map(calendar::microseconds).transpose()?);
            }
            Self::Span(it) => {
                let span = value(row, index)?;
                it.append_option(span.map(calendar::span).transpose()?);
            }
            Self::Text(it) => {
                let text: Option<&str> = value(row, index)?;
                let length = length(text.map(str::as_bytes))?;
                it.append_option(text);
                return Ok(length);
            }
            Self::Bytes(it) => {
                let bytes: Option<&[u8]> = value(row, index)?;
                let length = length(bytes)?;
                it.append_option(bytes);
                return Ok(length);
            }
            Self::Vector(it) => {
                let vector: Option<Vector<'_>> = value(row, index)?;
                let length = length(vector.map(Vector::as_bytes))?;
                it.append_option(vector.map(|vector| vector.iter().map(Some)));
                return Ok(length);
            }
        }
        Ok(0)
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Null(it) => Arc::new(it.finish()),
            Self::Int8(it) => Arc::new(it.finish()),
            Self::Int16(it) => Arc::new(it.finish()),
            Self::Int32(it) => Arc::new(it.finish()),
            Self::Int64(it) => Arc::new(it.finish()),
            Self::UInt8(it) => Arc::new(it.finish()),
            Self::UInt16(it) => Arc::new(it.finish()),
            Self::UInt32(it) => Arc::new(it.finish()),
            Self::UInt64(it) => Arc::new(it.finish()),
            Self::Float32(it) => Arc::new(it.finish()),
            Self::Float64(it) => Arc::new(it.finish()),
            Self::Decimal128(it, _) => Arc::new(it.finish()),
            Self::Decimal256(it, _) => Arc::new(it.finish()),
            Self::Date(it) => Arc::new(it.finish()),
            Self::Moment(it) => Arc::new(it.finish()),
            Self::Span(it) => Arc::new(it.finish()),
            Self::Text(it) => Arc::new(it.finish()),
            Self::Bytes(it) => Arc::new(it.finish()),
            Self::Vector(it) => Arc::new(it.finish()),
        }
    }
}

fn primitive<T: ArrowPrimitiveType>(rows: usize) -> PrimitiveBuilder<T> {
    PrimitiveBuilder::with_capacity(rows)
}

#[inline]
fn value<'a, T: FromValue<'a>>(row: &Row<'a>, index: usize) -> Result<Option<T>, Refusal> {
    Ok(row.get(index)?)
}

#[inline]
fn number<'a, T: ArrowPrimitiveType<Native: FromValue<'a>>>(
    builder: &mut PrimitiveBuilder<T>,
    row: &Row<'a>,
    index: usize,
) -> Result<(), Refusal> {
    builder.append_option(value(row, index)?);
    Ok(())
}

#[inline]
fn parse_decimal<T: Unscaled>(
    text: Option<&str>,
    Digits { precision, scale }: Digits,
    row: &Row<'_>,
    index: usize,
) -> Result<Option<T>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    unscaled(text, precision, scale)
        .map(Some)
        .map_err(|misfit| match (misfit, row.columns().get(index)) {
            (Misfit::NotANumber, Some(_)) => Refusal::Value(row.unreadable(index)),
            _ => Refusal::Unfit(Unfit::Decimal {
                value: shortened(text),
                precision,
                scale,
            }),
        })
}

/// Truncates a number for an error message: an invalid one may be long.
fn shortened(number: &str) -> String {
    match number.get(..80) {
        Some(beginning) => format!("{beginning}…"),
        None => number.to_owned(),
    }
}

fn length(bytes: Option<&[u8]>) -> Result<usize, Unfit> {
    match bytes.map_or(0, <[u8]>::len) {
        length if length > MAX_LENGTH => Err(Unfit::Length),
        length => Ok(length),
    }
}

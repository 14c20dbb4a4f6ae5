//! A row, borrowed from the read buffer.

use std::fmt;

#[cfg(test)]
use super::binary_row::BinaryValues;
use super::binary_row::{self, Layout};
use super::column::{Column, ColumnKind};
use super::encoded::Encoded;
use super::from_value::{FromValue, ValueError};
use super::owned_row::OwnedRow;
use super::result_set::ResultSet;
use super::text_row;
use super::value::Value;
use super::visit::{Get, Visit};
#[cfg(test)]
use super::{from_row::Values, text_row::TextValues};

/// The position of a value in its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    start: usize,
    length: usize,
}

impl Field {
    /// Marks NULL: no packet is this long.
    pub(crate) const NULL: Self = Self {
        start: usize::MAX,
        length: 0,
    };

    /// Returns `None` if the value ends after the payload.
    #[inline]
    pub(crate) fn within(payload: &[u8], start: usize, length: usize) -> Option<Self> {
        let end = start.checked_add(length)?;
        (end <= payload.len()).then_some(Self { start, length })
    }

    #[inline]
    pub(crate) fn end(self) -> usize {
        self.start.saturating_add(self.length)
    }

    /// The bytes of the value; `None` for NULL.
    #[inline]
    pub(crate) fn bytes(self, payload: &[u8]) -> Option<&[u8]> {
        payload.get(self.start..self.end())
    }
}

/// A value's kind and its layout in the binary protocol, which the packet of a row does not contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub(crate) kind: ColumnKind,
    pub(crate) layout: Layout,
}

impl Shape {
    pub(crate) fn is_text(self) -> bool {
        matches!(
            self.kind,
            ColumnKind::Text | ColumnKind::Json | ColumnKind::Decimal
        )
    }
}

/// The encoding of a row's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Text,
    Binary,
}

/// A row. It borrows from the connection's read buffer, until the next row is read; [`Self::to_owned`] copies it.
///
/// It consists of two references and is cheap to copy: all rows of a result share its columns.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub(crate) result: &'a ResultSet,
    pub(crate) payload: &'a [u8],
}

/// Selects a column by its index, counted from 0, or by its name.
pub trait ColumnIndex {
    /// The index among these columns; `None` if there is no such column.
    fn index(&self, columns: &[Column]) -> Option<usize>;

    /// Describes the selection in an error.
    fn describe(&self) -> String;
}

impl ColumnIndex for usize {
    #[inline]
    fn index(&self, columns: &[Column]) -> Option<usize> {
        (*self < columns.len()).then_some(*self)
    }

    fn describe(&self) -> String {
        format!("number {self}")
    }
}

/// The first column of this name. Letter case matters.
impl ColumnIndex for &str {
    fn index(&self, columns: &[Column]) -> Option<usize> {
        columns.iter().position(|column| column.name() == *self)
    }

    fn describe(&self) -> String {
        format!("`{self}`")
    }
}

impl<'a> Row<'a> {
    /// The length of the row's payload on the wire, in bytes.
    #[must_use]
    pub fn encoded_length(&self) -> usize {
        self.payload.len()
    }

    /// The columns of the result.
    #[must_use]
    #[inline]
    pub fn columns(&self) -> &'a [Column] {
        &self.result.columns
    }

    /// Reads a value as the type `T`.
    ///
    /// # Errors
    ///
    /// [`ValueError`], if there is no such column, the value is NULL and `T` is not an `Option`, the value is of
    /// another kind, or `T` cannot represent it.
    #[inline]
    pub fn get<T: FromValue<'a>>(&self, column: impl ColumnIndex) -> Result<T, ValueError> {
        let Some(index) = column.index(self.columns()) else {
            return Err(no_such_column(&column));
        };
        match self.encoded(index).and_then(T::from_encoded) {
            Some(value) => Ok(value),
            None => self.convert(index),
        }
    }

    #[inline]
    fn encoded(&self, index: usize) -> Option<Encoded<'a>> {
        Some(Encoded {
            kind: self.columns().get(index)?.kind(),
            encoding: self.result.encoding,
            bytes: self.result.fields.get(index)?.bytes(self.payload),
            text: None,
        })
    }

    /// The slow path, which describes the error.
    #[cold]
    fn convert<T: FromValue<'a>>(&self, index: usize) -> Result<T, ValueError> {
        let value = self.value(index)?;
        T::from_value(value).map_err(|mismatch| mismatch.in_column(self.columns().get(index)))
    }

    /// Reads a value by the index of its column, counted from 0.
    ///
    /// # Errors
    ///
    /// [`ValueError::NoSuchColumn`]; or [`ValueError::Unreadable`], if the server's bytes do not match the column's
    /// type.
    pub fn value(&self, index: usize) -> Result<Value<'a>, ValueError> {
        match self.visit(index, Get) {
            Some(value) => Ok(value),
            None => Err(self.unreadable(index)),
        }
    }

    /// The bytes of a value as the server has sent them: in the text protocol its text, in the binary protocol its
    /// encoding. `None` for NULL, and if there is no such column. Columns are counted from 0.
    #[must_use]
    pub fn encoded_value(&self, index: usize) -> Option<&'a [u8]> {
        self.result.fields.get(index)?.bytes(self.payload)
    }

    /// Whether reading the values in sequence finds the same bytes as looking them up by index.
    #[cfg(test)]
    pub(crate) fn one_pass_agrees(&self) -> bool {
        fn same<'a>(row: &Row<'a>, mut values: impl Values<'a>) -> bool {
            let shapes = row.result.shapes.iter().zip(&row.result.fields);
            shapes.into_iter().all(|(shape, field)| {
                let Some(next) = values.next(*shape) else {
                    return false;
                };
                let text = next.text.map(str::as_bytes);
                next.bytes == field.bytes(row.payload) && (text.is_none() || text == next.bytes)
            }) && values.is_over()
        }
        let has_null = self
            .result
            .fields
            .iter()
            .any(|field| field.bytes(self.payload).is_none());
        let bitmap = self.payload.iter().skip(1);
        let mut bitmap = bitmap.take(self.result.shapes.len().saturating_add(9) / 8);
        let has_bit = bitmap.any(|&bits| bits != 0);
        match self.result.encoding {
            Encoding::Text => same(self, TextValues::new(self.payload, true)),
            Encoding::Binary => {
                match BinaryValues::new(self.payload, self.result.shapes.len()) {
                    Some(values) => !has_null && same(self, values),
                    // There is a NULL, or an unused bit is set.
                    None => has_bit,
                }
            }
        }
    }

    /// The number of the row in its result, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.result.rows
    }

    /// Passes a value to a visitor. This is faster than [`Self::value`] for output formats that write millions of
    /// values: the compiler inlines the visitor into the decoder of each kind.
    #[inline(always)]
    pub fn visit<V: Visit<'a>>(&self, index: usize, then: V) -> V::Output {
        let (columns, fields) = (self.columns(), &self.result.fields);
        let (Some(column), Some(field)) = (columns.get(index), fields.get(index)) else {
            return then.visit(None);
        };
        let Some(bytes) = field.bytes(self.payload) else {
            return then.visit(Some(Value::Null));
        };
        match self.result.encoding {
            Encoding::Text => text_row::visit(column.kind(), bytes, then),
            Encoding::Binary => binary_row::visit(column.kind(), bytes, then),
        }
    }

    /// The error for a visitor that received `None`: there is no such column, or the server's bytes do not match its
    /// type.
    #[cold]
    #[must_use]
    pub fn unreadable(&self, index: usize) -> ValueError {
        match self.columns().get(index) {
            Some(column) => ValueError::Unreadable {
                row: self.number(),
                column: column.name().to_owned(),
                kind: column.kind(),
            },
            None => no_such_column(&index),
        }
    }

    /// Copies the row, so that it outlives the next one.
    #[must_use]
    pub fn to_owned(&self) -> OwnedRow {
        OwnedRow::new(self)
    }

    /// Checks the number of columns, for tuples and for the derive of a tuple struct.
    #[doc(hidden)]
    pub fn check_column_count(&self, expected: usize) -> Result<(), ValueError> {
        match self.columns().len() {
            columns if columns == expected => Ok(()),
            columns => Err(ValueError::ColumnCount { columns, expected }),
        }
    }

    /// Reads the value of the only column of this name, for the derive of [`FromRow`](super::FromRow).
    ///
    /// # Errors
    ///
    /// As [`Self::get`], and [`ValueError::AmbiguousColumn`].
    #[doc(hidden)]
    pub fn only<T: FromValue<'a>>(&self, name: &str) -> Result<T, ValueError> {
        let mut named = self.columns().iter().enumerate();
        let mut named = named.by_ref().filter(|(_, column)| column.name() == name);
        match (named.next(), named.next()) {
            (Some((index, _)), None) => self.get(index),
            (Some(_), Some(_)) => Err(ValueError::AmbiguousColumn {
                column: name.to_owned(),
            }),
            (None, _) => Err(no_such_column(&name)),
        }
    }

    /// Reads all values, in the order of the columns.
    pub fn values(&self) -> impl Iterator<Item = Result<Value<'a>, ValueError>> + '_ {
        (0..self.columns().len()).map(|index| self.value(index))
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}

#[cold]
fn no_such_column(column: &impl ColumnIndex) -> ValueError {
    ValueError::NoSuchColumn {
        column: column.describe(),
    }
}

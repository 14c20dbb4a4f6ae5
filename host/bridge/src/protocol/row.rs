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

/// Where a value lies in its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    start: usize,
    length: usize,
}

impl Field {
    /// No packet is so long.
    pub(crate) const NULL: Self = Self {
        start: usize::MAX,
        length: 0,
    };

    /// None if it does not lie within the payload.
    #[inline]
    pub(crate) fn within(payload: &[u8], start: usize, length: usize) -> Option<Self> {
        let end = start.checked_add(length)?;
        (end <= payload.len()).then_some(Self { start, length })
    }

    #[inline]
    pub(crate) fn end(self) -> usize {
        self.start.saturating_add(self.length)
    }

    /// None for NULL.
    #[inline]
    pub(crate) fn bytes(self, payload: &[u8]) -> Option<&[u8]> {
        payload.get(self.start..self.end())
    }
}

/// What the packet of a row does not say of a value: what kind it is, and how it lies there.
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

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Text,
    Binary,
}

/// A row. It borrows from the connection's read buffer: it is gone when the next one is asked for.
///
/// It is small, since it is handed on for every row: what belongs to all rows stays where it is.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub(crate) result: &'a ResultSet,
    pub(crate) payload: &'a [u8],
}

/// Which column: by index, counted from 0, or by name.
pub trait ColumnIndex {
    /// The index in a row of these columns.
    fn index(&self, columns: &[Column]) -> Option<usize>;

    /// For an error.
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

/// The first of that name, letter case and all.
impl ColumnIndex for &str {
    fn index(&self, columns: &[Column]) -> Option<usize> {
        columns.iter().position(|column| column.name() == *self)
    }

    fn describe(&self) -> String {
        format!("`{self}`")
    }
}

impl<'a> Row<'a> {
    /// Length of the row's payload on the wire, in bytes.
    #[must_use]
    pub fn encoded_length(&self) -> usize {
        self.payload.len()
    }

    /// Its columns.
    #[must_use]
    #[inline]
    pub fn columns(&self) -> &'a [Column] {
        &self.result.columns
    }

    /// A value, as the type that is asked for.
    ///
    /// # Errors
    ///
    /// [`ValueError`] if there is no such column, the value is NULL where that was not reckoned with
    /// (ask for an `Option`), it is of another kind, or does not fit.
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

    /// The long way, which knows why not.
    #[cold]
    fn convert<T: FromValue<'a>>(&self, index: usize) -> Result<T, ValueError> {
        let value = self.value(index)?;
        T::from_value(value).map_err(|mismatch| mismatch.in_column(self.columns().get(index)))
    }

    /// A value, by its column's index.
    ///
    /// # Errors
    ///
    /// [`ValueError::NoSuchColumn`], or [`ValueError::Unreadable`] where the server's bytes are not what
    /// the column holds.
    pub fn value(&self, index: usize) -> Result<Value<'a>, ValueError> {
        match self.visit(index, Get) {
            Some(value) => Ok(value),
            None => Err(self.unreadable(index)),
        }
    }

    /// Whether reading the values one after the other finds them where looking them up does.
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
                    // Of a NULL, or of a bit that stands for no column.
                    None => has_bit,
                }
            }
        }
    }

    /// Which one of its result it is, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.result.rows
    }

    /// Passes a value to a visitor where it is decoded. It is faster than [`Self::value`] for formats that write
    /// millions of values; [`Visit`] explains why.
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

    /// The error for a visitor that was passed no value: there is no such column, or the bytes are not of its type.
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

    /// For tuples, and for the derive of a tuple struct.
    #[doc(hidden)]
    pub fn check_column_count(&self, expected: usize) -> Result<(), ValueError> {
        match self.columns().len() {
            columns if columns == expected => Ok(()),
            columns => Err(ValueError::ColumnCount { columns, expected }),
        }
    }

    /// The value of the one column of this name, as [`Self::get`] reads it. For the derive of
    /// [`FromRow`](super::FromRow).
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

    /// All values, in the order of the columns.
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

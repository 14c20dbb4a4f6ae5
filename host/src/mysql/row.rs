//! A row, borrowed from the read buffer.

use super::binary_row;
use super::column::Column;
use super::encoded::Encoded;
use super::from_value::{FromValue, ValueError};
use super::text_row;
use super::value::Value;

/// Where a value lies in its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    start: usize,
    length: usize,
}

impl Field {
    /// No packet is so long.
    pub(super) const NULL: Self = Self {
        start: usize::MAX,
        length: 0,
    };

    /// None if it does not lie within the payload.
    #[inline]
    pub(super) fn within(payload: &[u8], start: usize, length: usize) -> Option<Self> {
        let end = start.checked_add(length)?;
        (end <= payload.len()).then_some(Self { start, length })
    }

    #[inline]
    pub(super) fn end(self) -> usize {
        self.start.saturating_add(self.length)
    }

    /// None for NULL.
    #[inline]
    pub(super) fn bytes(self, payload: &[u8]) -> Option<&[u8]> {
        payload.get(self.start..self.end())
    }
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Text,
    Binary,
}

/// A row. It borrows from the connection's read buffer: it is gone when the next one is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub(super) columns: &'a [Column],
    pub(super) fields: &'a [Field],
    pub(super) payload: &'a [u8],
    pub(super) encoding: Encoding,
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
    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &'a [Column] {
        self.columns
    }

    /// A value, as the type that is asked for.
    ///
    /// # Errors
    ///
    /// [`ValueError`] if there is no such column, the value is NULL where that was not reckoned with
    /// (ask for an `Option`), it is of another kind, or does not fit.
    #[inline]
    pub fn get<T: FromValue<'a>>(&self, column: impl ColumnIndex) -> Result<T, ValueError> {
        let index = column
            .index(self.columns)
            .ok_or_else(|| ValueError::NoSuchColumn {
                column: column.describe(),
            })?;
        match self.encoded(index).and_then(T::from_encoded) {
            Some(value) => Ok(value),
            None => self.convert(index),
        }
    }

    #[inline]
    fn encoded(&self, index: usize) -> Option<Encoded<'a>> {
        Some(Encoded {
            kind: self.columns.get(index)?.kind(),
            encoding: self.encoding,
            bytes: self.fields.get(index)?.bytes(self.payload),
        })
    }

    /// The long way, which knows why not.
    #[inline(never)]
    fn convert<T: FromValue<'a>>(&self, index: usize) -> Result<T, ValueError> {
        let value = self.value(index)?;
        T::from_value(value).map_err(|mismatch| mismatch.of(self.columns.get(index)))
    }

    /// A value, by its column's index.
    ///
    /// # Errors
    ///
    /// [`ValueError::NoSuchColumn`], or [`ValueError::Unreadable`] where the server's bytes are not what
    /// the column holds.
    #[inline]
    pub fn value(&self, index: usize) -> Result<Value<'a>, ValueError> {
        let (Some(column), Some(field)) = (self.columns.get(index), self.fields.get(index)) else {
            return Err(ValueError::NoSuchColumn {
                column: index.describe(),
            });
        };
        let Some(bytes) = field.bytes(self.payload) else {
            return Ok(Value::Null);
        };
        let value = match self.encoding {
            Encoding::Text => text_row::value(column.kind(), bytes),
            Encoding::Binary => binary_row::value(column.kind(), bytes),
        };
        value.ok_or_else(|| ValueError::Unreadable {
            column: column.name().to_owned(),
            kind: column.kind(),
        })
    }

    /// All values, in the order of the columns.
    pub fn values(&self) -> impl Iterator<Item = Result<Value<'a>, ValueError>> + '_ {
        (0..self.columns.len()).map(|index| self.value(index))
    }
}

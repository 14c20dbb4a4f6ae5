//! A copy of a row, which outlives the read buffer.

use std::fmt;

use super::column::Column;
use super::from_row::FromRow;
use super::from_value::{FromValue, ValueError};
use super::result_set::ResultSet;
use super::row::{ColumnIndex, Row};
use super::value::Value;

/// A copy of a [`Row`]. The copies of one result's rows share its columns.
#[derive(Clone)]
pub struct OwnedRow {
    result: ResultSet,
    payload: Box<[u8]>,
}

impl OwnedRow {
    pub(super) fn new(row: &Row<'_>) -> Self {
        Self {
            result: row.result.clone(),
            payload: row.payload.into(),
        }
    }

    /// Borrows the row as a [`Row`].
    #[must_use]
    pub fn as_row(&self) -> Row<'_> {
        Row {
            result: &self.result,
            payload: &self.payload,
        }
    }

    /// The columns of the result.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.result.columns
    }

    /// Reads a value like [`Row::get`].
    ///
    /// # Errors
    ///
    /// As [`Row::get`].
    pub fn get<'r, T: FromValue<'r>>(&'r self, column: impl ColumnIndex) -> Result<T, ValueError> {
        self.as_row().get(column)
    }

    /// Reads a value by the index of its column, counted from 0.
    ///
    /// # Errors
    ///
    /// As [`Row::value`].
    pub fn value(&self, index: usize) -> Result<Value<'_>, ValueError> {
        self.as_row().value(index)
    }
}

impl FromRow<'_> for OwnedRow {
    fn from_row(row: Row<'_>) -> Result<Self, ValueError> {
        Ok(row.to_owned())
    }
}

impl fmt::Debug for OwnedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_row().fmt(f)
    }
}

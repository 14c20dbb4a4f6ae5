//! The state that the rows of a result share.

use std::mem;
use std::sync::Arc;

use super::column::Column;
use super::row::{Encoding, Field, Shape};

/// The columns of a result, and the positions of the values in its current row.
#[derive(Clone, Debug)]
pub(crate) struct ResultSet {
    pub(crate) encoding: Encoding,
    pub(crate) columns: Arc<[Column]>,
    pub(crate) shapes: Arc<[Shape]>,
    /// Whether any of the columns is text.
    pub(crate) has_text: bool,
    /// The positions of the current row's values in its packet.
    pub(crate) fields: Vec<Field>,
    /// The number of rows so far, which is the number of the current row, counted from 1.
    pub(crate) rows: u64,
    /// The names that were last found equal to those of the columns, in order.
    matched: Option<&'static [&'static str]>,
}

impl ResultSet {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            columns: Arc::default(),
            shapes: Arc::default(),
            has_text: false,
            fields: Vec::new(),
            rows: 0,
            matched: None,
        }
    }

    /// Begins a result with these columns.
    pub(crate) fn begin(&mut self, columns: &mut Vec<Column>) {
        self.columns = mem::take(columns).into();
        self.shapes = self.columns.iter().map(Column::shape).collect();
        self.has_text = self.shapes.iter().any(|shape| shape.is_text());
        // Only the length matters: every row overwrites all of them.
        self.fields.clear();
        self.fields.resize(self.columns.len(), Field::NULL);
        self.matched = None;
    }

    /// Whether these are the names of all columns, in order. The names of a type are compared once for a result, not
    /// for each row.
    #[inline]
    pub(crate) fn has_names(&mut self, names: &'static [&'static str]) -> bool {
        let is_known = self.matched.is_some_and(|matched| {
            matched.as_ptr() == names.as_ptr() && matched.len() == names.len()
        });
        is_known || self.compare_names(names)
    }

    #[cold]
    fn compare_names(&mut self, names: &'static [&'static str]) -> bool {
        let columns = self.columns.iter().map(Column::name);
        let is_same = columns.eq(names.iter().copied());
        if is_same {
            self.matched = Some(names);
        }
        is_same
    }
}

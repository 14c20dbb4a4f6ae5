//! Rows as text, straight from the borrowed row: no tree of values in between.

mod csv;
mod json;
mod table;
mod text;
mod tsv;
mod vertical;

use clap::ValueEnum;

use crate::mysql::{Column, Row, Value, ValueError, Visit};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table for people, with lines around it; the default on a terminal
    Table,
    /// A line for each value, for wide rows
    Vertical,
    /// One array of objects
    Json,
    /// An object a line (JSON Lines); the default in a pipe or a file
    Ndjson,
    /// RFC 4180, with a header line; NULL is nothing, an empty text is ""
    Csv,
    /// Tab-separated, with a header line; NULL is \N, and \t \n \r \\ stand for themselves
    Tsv,
}

/// Writes one result after another into a buffer.
pub(super) trait Writer {
    /// A result begins.
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>);

    /// A row of it.
    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError>;

    /// It has come to its end.
    fn end(&mut self, out: &mut Vec<u8>);

    /// It was cut off: what has been written must not look whole.
    fn cut_off(&mut self, out: &mut Vec<u8>);
}

/// Writes the values of a row, each behind what `before` writes. `write` is to be a function that is inlined:
/// see [`Visit`].
#[inline(always)]
fn each_value<'a>(
    row: &Row<'a>,
    out: &mut Vec<u8>,
    before: impl Fn(&mut Vec<u8>, usize),
    write: impl Fn(&mut Vec<u8>, Value<'a>, Option<&Column>) + Copy,
) -> Result<(), ValueError> {
    for (index, column) in row.columns().iter().enumerate() {
        before(out, index);
        let is_written = row.visit(
            index,
            Write {
                out: &mut *out,
                column,
                write,
            },
        );
        if !is_written {
            return Err(row.unreadable(index));
        }
    }
    Ok(())
}

struct Write<'o, 'c, F> {
    out: &'o mut Vec<u8>,
    column: &'c Column,
    write: F,
}

impl<'a, F: Fn(&mut Vec<u8>, Value<'a>, Option<&Column>)> Visit<'a> for Write<'_, '_, F> {
    type Output = bool;

    #[inline(always)]
    fn visit(self, value: Option<Value<'a>>) -> bool {
        match value {
            Some(value) => {
                (self.write)(self.out, value, Some(self.column));
                true
            }
            None => false,
        }
    }
}

impl Format {
    pub(super) fn writer(self) -> Box<dyn Writer> {
        match self {
            Self::Table => Box::new(table::Table::default()),
            Self::Vertical => Box::new(vertical::Vertical::default()),
            Self::Json => Box::new(json::Json::array()),
            Self::Ndjson => Box::new(json::Json::lines()),
            Self::Csv => Box::new(csv::Csv::default()),
            Self::Tsv => Box::new(tsv::Tsv::default()),
        }
    }
}

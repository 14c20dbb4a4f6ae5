//! A table with borders, for people.
//!
//! The first [`SAMPLE`] rows determine the widths of the columns. A later value that is wider makes its own line
//! longer, and nothing is cut, unless the table has a width to fit. Characters that would act on a terminal are
//! escaped, also if the output is not a terminal.

use unicode_width::UnicodeWidthStr;

use super::options::{TableWidth, TooMany};
use super::table_width::{Width, cut, fit};
use super::vertical::Vertical;
use super::{Escape, Writer, text};
use rds_bridge::mysql::{Column, ColumnKind, Row, ValueError};
use rds_bridge_text::Printable;

/// Rows that are buffered to determine the widths before the first one is written.
const SAMPLE: usize = 1_000;

#[derive(Default)]
pub(super) struct Table {
    results: usize,
    columns: Vec<TableColumn>,
    /// Rows that are buffered until the widths are known.
    waiting: Vec<Vec<String>>,
    has_begun: bool,
    limit: Option<TableWidth>,
    /// Whether the values of the current result are cut.
    is_cut: bool,
    /// Writes the rows, if the current result has too many columns for a table.
    vertical: Option<Vertical>,
}

struct TableColumn {
    name: String,
    width: usize,
    is_number: bool,
}

impl Table {
    /// A table that fits into a width, if one is given.
    pub(super) fn new(limit: Option<TableWidth>) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    fn write_head(&mut self, out: &mut Vec<u8>) {
        self.has_begun = true;
        if self.results > 1 {
            out.push(b'\n');
        }
        self.fit();
        let names: Vec<String> = self.columns.iter().map(|it| it.name.clone()).collect();
        if self.vertical.is_none() {
            self.write_rule(out);
            self.write_line(names, false, out);
            self.write_rule(out);
        }
        for row in std::mem::take(&mut self.waiting) {
            self.write_row(row, out);
        }
    }

    /// Narrows the columns, so that the table fits into its width.
    fn fit(&mut self) {
        let Some(limit) = self.limit else {
            return;
        };
        let mut widths: Vec<Width> = self
            .columns
            .iter()
            .map(|column| Width {
                width: column.width,
                may_be_cut: !column.is_number,
            })
            .collect();
        if !fit(&mut widths, limit.columns) && limit.too_many == TooMany::Vertical {
            let names = self.columns.iter().map(|it| it.name.clone());
            self.vertical = Some(Vertical::with_names(names.collect()));
            return;
        }
        self.is_cut = true;
        for (column, fitted) in self.columns.iter_mut().zip(widths) {
            column.width = fitted.width;
        }
    }

    fn write_row(&mut self, cells: Vec<String>, out: &mut Vec<u8>) {
        match &mut self.vertical {
            Some(vertical) => vertical.write_row(&cells, out),
            None => self.write_line(cells, true, out),
        }
    }

    fn write_rule(&self, out: &mut Vec<u8>) {
        for column in &self.columns {
            out.push(b'+');
            out.extend(std::iter::repeat_n(b'-', column.width.saturating_add(2)));
        }
        out.extend_from_slice(b"+\n");
    }

    fn write_line(&self, cells: Vec<String>, numbers_right: bool, out: &mut Vec<u8>) {
        for (cell, column) in cells.into_iter().zip(&self.columns) {
            let cell = if self.is_cut && !(numbers_right && column.is_number) {
                cut(cell, column.width)
            } else {
                cell
            };
            let space = column.width.saturating_sub(cell.width());
            let right = numbers_right && column.is_number;
            let (before, after) = if right { (space, 0) } else { (0, space) };
            out.extend_from_slice(b"| ");
            out.extend(std::iter::repeat_n(b' ', before));
            out.extend_from_slice(cell.as_bytes());
            out.extend(std::iter::repeat_n(b' ', after.saturating_add(1)));
        }
        out.extend_from_slice(b"|\n");
    }
}

impl Writer for Table {
    fn begin(&mut self, columns: &[Column], _out: &mut Vec<u8>) {
        self.results = self.results.saturating_add(1);
        self.has_begun = false;
        self.is_cut = false;
        self.vertical = None;
        self.columns = columns
            .iter()
            .map(|column| {
                let name = Printable(column.name()).to_string();
                TableColumn {
                    width: name.width(),
                    name,
                    is_number: is_number(column.kind()),
                }
            })
            .collect();
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        let mut cells = Vec::with_capacity(self.columns.len());
        for (index, value) in row.values().enumerate() {
            cells.push(text::visible(value?, row.columns().get(index)));
        }
        if self.has_begun {
            self.write_row(cells, out);
            return Ok(());
        }
        for (cell, column) in cells.iter().zip(&mut self.columns) {
            column.width = column.width.max(cell.width());
        }
        self.waiting.push(cells);
        if self.waiting.len() == SAMPLE {
            self.write_head(out);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.has_begun {
            self.write_head(out);
        }
        if self.vertical.is_none() {
            self.write_rule(out);
        }
    }

    fn escape(&self) -> Escape {
        Escape::Done
    }

    fn cut_off(&mut self, out: &mut Vec<u8>) {
        if !self.has_begun && !self.columns.is_empty() {
            self.write_head(out);
        }
        out.extend_from_slice(b"(incomplete)\n");
    }
}

fn is_number(kind: ColumnKind) -> bool {
    matches!(
        kind,
        ColumnKind::Int
            | ColumnKind::UnsignedInt
            | ColumnKind::Float
            | ColumnKind::Double
            | ColumnKind::Decimal
            | ColumnKind::Bit
    )
}

//! A table with borders, for people.
//!
//! The first [`SAMPLE`] rows determine the widths of the columns. A later value that is wider makes its own line
//! longer; nothing is truncated. Characters that would act on a terminal are escaped, also if the output is not a
//! terminal.

use unicode_width::UnicodeWidthStr;

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
}

struct TableColumn {
    name: String,
    width: usize,
    is_number: bool,
}

impl Table {
    fn write_head(&mut self, out: &mut Vec<u8>) {
        self.has_begun = true;
        if self.results > 1 {
            out.push(b'\n');
        }
        self.write_rule(out);
        let names: Vec<String> = self.columns.iter().map(|it| it.name.clone()).collect();
        self.write_line(&names, false, out);
        self.write_rule(out);
        for row in std::mem::take(&mut self.waiting) {
            self.write_line(&row, true, out);
        }
    }

    fn write_rule(&self, out: &mut Vec<u8>) {
        for column in &self.columns {
            out.push(b'+');
            out.extend(std::iter::repeat_n(b'-', column.width.saturating_add(2)));
        }
        out.extend_from_slice(b"+\n");
    }

    fn write_line(&self, cells: &[String], numbers_right: bool, out: &mut Vec<u8>) {
        for (cell, column) in cells.iter().zip(&self.columns) {
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
            self.write_line(&cells, true, out);
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
        self.write_rule(out);
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

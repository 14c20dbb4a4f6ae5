//! One line per value, like `\G` in the `mysql` command.

use super::{Escape, Writer, text};
use rds_bridge::mysql::{Column, Row, ValueError};
use rds_bridge_text::Printable;
use unicode_width::UnicodeWidthStr;

#[derive(Default)]
pub(super) struct Vertical {
    rows: u64,
    /// The columns' names, aligned right.
    names: Vec<String>,
}

impl Vertical {
    /// Begins a result whose columns have these names.
    pub(super) fn with_names(names: Vec<String>) -> Self {
        let width = names.iter().map(|name| name.width()).max();
        let width = width.unwrap_or_default();
        let flush_right = |name: String| {
            let space = width.saturating_sub(name.width());
            " ".repeat(space) + &name
        };
        Self {
            rows: 0,
            names: names.into_iter().map(flush_right).collect(),
        }
    }

    /// Writes a row whose values are formatted for display.
    pub(super) fn write_row(&mut self, values: &[String], out: &mut Vec<u8>) {
        self.rows = self.rows.saturating_add(1);
        out.extend_from_slice(format!("*** row {} ***\n", self.rows).as_bytes());
        for (value, name) in values.iter().zip(&self.names) {
            out.extend_from_slice(format!("{name}: {value}\n").as_bytes());
        }
    }
}

impl Writer for Vertical {
    fn begin(&mut self, columns: &[Column], _out: &mut Vec<u8>) {
        let names = columns
            .iter()
            .map(|column| Printable(column.name()).to_string());
        *self = Self::with_names(names.collect());
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        let mut values = Vec::with_capacity(self.names.len());
        for (index, value) in row.values().enumerate() {
            values.push(text::visible(value?, row.columns().get(index)));
        }
        self.write_row(&values, out);
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}

    fn escape(&self) -> Escape {
        Escape::Done
    }

    fn cut_off(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"*** incomplete ***\n");
    }
}

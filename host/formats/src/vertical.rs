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

impl Writer for Vertical {
    fn begin(&mut self, columns: &[Column], _out: &mut Vec<u8>) {
        self.rows = 0;
        let names = columns
            .iter()
            .map(|column| Printable(column.name()).to_string());
        let names: Vec<String> = names.collect();
        let width = names.iter().map(|name| name.width()).max();
        let width = width.unwrap_or_default();
        let flush_right = |name: String| {
            let space = width.saturating_sub(name.width());
            " ".repeat(space) + &name
        };
        self.names = names.into_iter().map(flush_right).collect();
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        self.rows = self.rows.saturating_add(1);
        out.extend_from_slice(format!("*** row {} ***\n", self.rows).as_bytes());
        for (index, (value, name)) in row.values().zip(&self.names).enumerate() {
            let value = text::visible(value?, row.columns().get(index));
            out.extend_from_slice(format!("{name}: {value}\n").as_bytes());
        }
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

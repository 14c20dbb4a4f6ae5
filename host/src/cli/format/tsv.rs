//! Tab-separated values, as `LOAD DATA` reads them back: NULL is `\N`, and tab, line end and backslash are
//! escaped.

use super::Writer;
use super::text;
use crate::mysql::{Column, Row, Value, ValueError};

#[derive(Default)]
pub(super) struct Tsv {
    results: usize,
    field: Vec<u8>,
}

impl Tsv {
    fn push_field(&self, index: usize, out: &mut Vec<u8>) {
        if index > 0 {
            out.push(b'\t');
        }
        for &byte in &self.field {
            match byte {
                b'\t' => out.extend_from_slice(b"\\t"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\\' => out.extend_from_slice(b"\\\\"),
                0 => out.extend_from_slice(b"\\0"),
                byte => out.push(byte),
            }
        }
    }
}

impl Writer for Tsv {
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) {
        if self.results > 0 {
            out.push(b'\n');
        }
        self.results = self.results.saturating_add(1);
        for (index, column) in columns.iter().enumerate() {
            self.field.clear();
            self.field.extend_from_slice(column.name().as_bytes());
            self.push_field(index, out);
        }
        out.push(b'\n');
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        for (index, value) in row.values().enumerate() {
            let value = value?;
            if value == Value::Null {
                let separator: &[u8] = if index > 0 { b"\t\\N" } else { b"\\N" };
                out.extend_from_slice(separator);
                continue;
            }
            self.field.clear();
            text::write(&mut self.field, value, row.columns().get(index));
            self.push_field(index, out);
        }
        out.push(b'\n');
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}

    fn cut_off(&mut self, out: &mut Vec<u8>) {
        // No value has this escape.
        out.extend_from_slice(b"\\!incomplete");
    }
}

//! CSV after RFC 4180, with one thing settled that it leaves open: NULL is nothing between the commas, an
//! empty text is `""`. PostgreSQL's `COPY` does the same, also where a NULL is alone on its line.

use super::Writer;
use super::text;
use crate::mysql::{Column, Row, Value, ValueError};

#[derive(Default)]
pub(super) struct Csv {
    results: usize,
    field: Vec<u8>,
}

impl Csv {
    fn push_field(&mut self, index: usize, quote_empty: bool, out: &mut Vec<u8>) {
        if index > 0 {
            out.push(b',');
        }
        let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
        let edge = |byte: Option<&u8>| byte == Some(&b' ');
        let quoted = self.field.iter().any(special)
            || edge(self.field.first())
            || edge(self.field.last())
            || (quote_empty && self.field.is_empty());
        if !quoted {
            out.extend_from_slice(&self.field);
            return;
        }
        out.push(b'"');
        for &byte in &self.field {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
}

impl Writer for Csv {
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) {
        // An empty line between the results of a procedure: each has a header of its own.
        if self.results > 0 {
            out.extend_from_slice(b"\r\n");
        }
        self.results = self.results.saturating_add(1);
        for (index, column) in columns.iter().enumerate() {
            self.field.clear();
            self.field.extend_from_slice(column.name().as_bytes());
            self.push_field(index, true, out);
        }
        out.extend_from_slice(b"\r\n");
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        for (index, value) in row.values().enumerate() {
            let value = value?;
            self.field.clear();
            text::write(&mut self.field, value, row.columns().get(index));
            self.push_field(index, value != Value::Null, out);
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}

    fn cut_off(&mut self, out: &mut Vec<u8>) {
        // A quote that is not closed: no reader takes it for a whole file.
        out.extend_from_slice(b"\"incomplete");
    }
}

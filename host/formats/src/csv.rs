//! CSV after RFC 4180, with one thing settled that it leaves open: NULL is nothing between the commas, an
//! empty text is `""`. PostgreSQL's `COPY` does the same, also where a NULL is alone on its line.

use super::{WriteValue, Writer, each_value, text};
use rds_bridge::mysql::{Column, Row, Value, ValueError};

#[derive(Default)]
pub(super) struct Csv {
    results: usize,
}

impl WriteValue for Csv {
    #[inline(always)]
    fn write(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
        match value {
            // A server is not trusted to send digits alone for a DECIMAL.
            Value::Text(text) | Value::Json(text) | Value::Decimal(text) => push_text(out, text),
            // Its commas.
            Value::Vector(_) => {
                out.push(b'"');
                text::write(out, value, column);
                out.push(b'"');
            }
            value => text::write(out, value, column),
        }
    }
}

/// A text, in quotes where it must have them. What is put between them is found once for the whole text, so
/// that the common one, with nothing to quote, is looked at in one sweep.
fn push_text(out: &mut Vec<u8>, text: &str) {
    let text = text.as_bytes();
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
    let is_special = text.iter().fold(false, |any, byte| any | special(byte));
    let edge = |byte: Option<&u8>| byte == Some(&b' ');
    if !is_special && !text.is_empty() && !edge(text.first()) && !edge(text.last()) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for (index, piece) in text.split(|byte| *byte == b'"').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(piece);
    }
    out.push(b'"');
}

impl Writer for Csv {
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) {
        // An empty line between the results of a procedure: each has a header of its own.
        if self.results > 0 {
            out.extend_from_slice(b"\r\n");
        }
        self.results = self.results.saturating_add(1);
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            push_text(out, column.name());
        }
        out.extend_from_slice(b"\r\n");
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        let separator = |out: &mut Vec<u8>, index| {
            if index > 0 {
                out.push(b',');
            }
        };
        each_value::<Self>(row, out, separator)?;
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}

    fn cut_off(&mut self, out: &mut Vec<u8>) {
        // A quote that is not closed: no reader takes it for a whole file.
        out.extend_from_slice(b"\"incomplete");
    }
}

//! Tab-separated values that `LOAD DATA` reads back: NULL is `\N`; tab, line feed, carriage return, backslash and NUL
//! are escaped.

use super::{Header, WriteValue, Writer, each_value, text};
use rds_bridge::mysql::{Column, Row, Value, ValueError};

pub(super) struct Tsv {
    header: Header,
    results: usize,
}

impl Tsv {
    pub(super) fn new(header: Header) -> Self {
        Self { header, results: 0 }
    }
}

impl WriteValue for Tsv {
    #[inline(always)]
    fn write(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
        match value {
            Value::Null => out.extend_from_slice(b"\\N"),
            // A DECIMAL too: the server is not trusted to send only digits.
            Value::Text(text) | Value::Json(text) | Value::Decimal(text) => push_text(out, text),
            value => text::write(out, value, column),
        }
    }
}

/// Writes a text with its special bytes escaped. Most texts have none, so one branchless pass checks for that first.
fn push_text(out: &mut Vec<u8>, text: &str) {
    let text = text.as_bytes();
    let special = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b'\\' | 0);
    if !text.iter().fold(false, |any, byte| any | special(byte)) {
        out.extend_from_slice(text);
        return;
    }
    for &byte in text {
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

impl Writer for Tsv {
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) {
        if self.results > 0 {
            out.push(b'\n');
        }
        self.results = self.results.saturating_add(1);
        if self.header == Header::Omitted {
            return;
        }
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            push_text(out, column.name());
        }
        out.push(b'\n');
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        let separator = |out: &mut Vec<u8>, index| {
            if index > 0 {
                out.push(b'\t');
            }
        };
        each_value::<Self>(row, out, separator)?;
        out.push(b'\n');
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}

    fn cut_off(&mut self, out: &mut Vec<u8>) {
        // An escape that no value contains.
        out.extend_from_slice(b"\\!incomplete");
    }
}

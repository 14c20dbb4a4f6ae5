//! CSV according to RFC 4180, which does not define NULL: here a NULL is an empty field, and an empty text is `""`.
//! PostgreSQL's `COPY` does the same, also for a NULL that is the only field of its line.

use super::{CsvDelimiter, Header, WriteValue, Writer, each_value, text};
use rds_bridge::mysql::{Column, Row, Value, ValueError};

/// A writer of CSV. Its delimiter is a constant, so that the search for characters to quote stays a simple loop.
pub(super) fn writer(delimiter: CsvDelimiter, header: Header) -> Box<dyn Writer> {
    match delimiter {
        CsvDelimiter::Comma => Box::new(Csv::<b','>::new(header)),
        CsvDelimiter::Semicolon => Box::new(Csv::<b';'>::new(header)),
        CsvDelimiter::Tab => Box::new(Csv::<b'\t'>::new(header)),
        CsvDelimiter::Pipe => Box::new(Csv::<b'|'>::new(header)),
    }
}

struct Csv<const DELIMITER: u8> {
    header: Header,
    results: usize,
}

impl<const DELIMITER: u8> Csv<DELIMITER> {
    fn new(header: Header) -> Self {
        Self { header, results: 0 }
    }
}

impl<const DELIMITER: u8> WriteValue for Csv<DELIMITER> {
    #[inline(always)]
    fn write(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
        match value {
            // A DECIMAL too: the server is not trusted to send only digits.
            Value::Text(text) | Value::Json(text) | Value::Decimal(text) => {
                push_text::<DELIMITER>(out, text);
            }
            // Quoted, because a vector contains commas.
            Value::Vector(_) => {
                out.push(b'"');
                text::write(out, value, column);
                out.push(b'"');
            }
            value => text::write(out, value, column),
        }
    }
}

/// Writes a text, in quotes if it needs them: if it is empty, has special bytes, or begins or ends with a space. One
/// branchless pass checks for special bytes, so the common text without any is fast.
fn push_text<const DELIMITER: u8>(out: &mut Vec<u8>, text: &str) {
    let text = text.as_bytes();
    let special = |byte: &u8| *byte == DELIMITER || matches!(byte, b'"' | b'\r' | b'\n');
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

impl<const DELIMITER: u8> Writer for Csv<DELIMITER> {
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) {
        // An empty line separates the results of a procedure. Each has its own header.
        if self.results > 0 {
            out.extend_from_slice(b"\r\n");
        }
        self.results = self.results.saturating_add(1);
        if self.header == Header::Omitted {
            return;
        }
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                out.push(DELIMITER);
            }
            push_text::<DELIMITER>(out, column.name());
        }
        out.extend_from_slice(b"\r\n");
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        let separator = |out: &mut Vec<u8>, index| {
            if index > 0 {
                out.push(DELIMITER);
            }
        };
        each_value::<Self>(row, out, separator)?;
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}

    fn cut_off(&mut self, out: &mut Vec<u8>) {
        // The quote is never closed, so no reader accepts the file as complete.
        out.extend_from_slice(b"\"incomplete");
    }
}

//! JSON. Integers and floating-point numbers are numbers; `DECIMAL` is a string, because readers would round it;
//! `JSON` is embedded as it is; `VECTOR` is an array of numbers; bytes are base64; everything else is a string. A
//! floating-point number that is not finite is `null`.
//!
//! JavaScript and jq read numbers as doubles, which hold integers up to 2^53 exactly. [`Json::with_bigint_as_text`]
//! writes `BIGINT` as a string for them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::value::RawValue;

use super::{Escape, WriteValue, Writer, each_value, text};
use rds_bridge::mysql::{Column, Row, Summary, Value, ValueError, Vector};

/// Writes rows as JSON.
#[derive(Debug)]
pub struct Json {
    is_array: bool,
    /// Whether a `DATETIME` has the form of ISO 8601 instead of MySQL's.
    is_iso_8601: bool,
    /// Whether columns whose integers may exceed a double are written as strings.
    is_bigint_text: bool,
    rows: u64,
    /// The text before the value of each column, encoded once per result: `{"name":` for the first column, `,"name":`
    /// for the others.
    keys: Vec<Key>,
}

/// Writes what a statement without a result has done, as a line:
/// `{"affectedRows":1,"lastInsertId":7,"warnings":0}`.
pub fn write_summary(summary: &Summary, out: &mut Vec<u8>) {
    let Summary {
        affected_rows,
        last_insert_id,
        warnings,
        ..
    } = summary;
    let line = format!(
        "{{\"affectedRows\":{affected_rows},\"lastInsertId\":{last_insert_id},\"warnings\":{warnings}}}\n"
    );
    out.extend_from_slice(line.as_bytes());
}

impl Json {
    /// Writes each result as an array of objects.
    pub fn array() -> Self {
        Self {
            is_array: true,
            ..Self::lines()
        }
    }

    /// Writes one object per line (JSON Lines).
    pub fn lines() -> Self {
        Self {
            is_array: false,
            is_iso_8601: false,
            is_bigint_text: false,
            rows: 0,
            keys: Vec::new(),
        }
    }

    /// Writes the values of `BIGINT` columns, and of `BIT` columns of more than 53 bits, as strings. This applies to
    /// every value of the column, so that its JSON type does not depend on the value. Default: numbers.
    pub fn with_bigint_as_text(mut self) -> Self {
        self.is_bigint_text = true;
        self
    }

    /// Writes a `T` between the date and the time of a `DATETIME` or `TIMESTAMP`, as ISO 8601 requires. Default: a
    /// space.
    pub fn with_iso_8601(mut self) -> Self {
        self.is_iso_8601 = true;
        self
    }
}

impl Writer for Json {
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) {
        self.rows = 0;
        self.keys = distinct(columns)
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let mut key = vec![if index == 0 { b'{' } else { b',' }];
                push_string(&mut key, name);
                key.push(b':');
                Key::new(key)
            })
            .collect();
        if self.is_array {
            out.push(b'[');
        }
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
        if self.is_array {
            out.extend_from_slice(if self.rows > 0 { b",\n" } else { b"\n" });
        }
        self.rows = self.rows.saturating_add(1);
        let key = |out: &mut Vec<u8>, index: usize| {
            if let Some(key) = self.keys.get(index) {
                key.push_to(out);
            }
        };
        match (self.is_bigint_text, self.is_iso_8601) {
            (false, false) => each_value::<Form<false, false>>(row, out, key)?,
            (false, true) => each_value::<Form<false, true>>(row, out, key)?,
            (true, false) => each_value::<Form<true, false>>(row, out, key)?,
            (true, true) => each_value::<Form<true, true>>(row, out, key)?,
        }
        out.extend_from_slice(if self.is_array { b"}" } else { b"}\n" });
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.is_array {
            out.extend_from_slice(if self.rows > 0 { b"\n]\n" } else { b"]\n" });
        }
    }

    fn escape(&self) -> Escape {
        Escape::Json
    }

    fn cut_off(&mut self, out: &mut Vec<u8>) {
        // An array without its end is already invalid. Lines get one more, which is not an object.
        if !self.is_array {
            out.extend_from_slice(b"{\"incomplete\":");
        }
    }
}

/// The text before a value: punctuation and the column's name.
#[derive(Debug)]
enum Key {
    /// Padded to a fixed length, and the real length. Copying a fixed length needs no call, which saves 12 ns per row
    /// of eight columns.
    Short([u8; SHORT_KEY], usize),
    Long(Vec<u8>),
}

/// The padded length in bytes: most keys fit, including the quotes, the comma and the colon.
const SHORT_KEY: usize = 32;

impl Key {
    fn new(key: Vec<u8>) -> Self {
        let mut bytes = [0; SHORT_KEY];
        match bytes.get_mut(..key.len()) {
            Some(short) => {
                short.copy_from_slice(&key);
                Self::Short(bytes, key.len())
            }
            None => Self::Long(key),
        }
    }

    #[inline(always)]
    fn push_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Short(bytes, length) => {
                let end = out.len().saturating_add(*length);
                out.extend_from_slice(bytes);
                out.truncate(end);
            }
            Self::Long(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// The columns' names, made unique, because an object has one value per name: a second column `id` becomes `id_2`.
pub(super) fn distinct(columns: &[Column]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.name().to_owned();
        let mut number = 2_u32;
        while names.contains(&name) {
            name = format!("{}_{number}", column.name());
            number = number.saturating_add(1);
        }
        names.push(name);
    }
    names
}

/// The options of a [`Json`] as constants, so that the compiled code does not check them for each value.
struct Form<const IS_BIGINT_TEXT: bool, const IS_ISO_8601: bool>;

impl<const IS_BIGINT_TEXT: bool, const IS_ISO_8601: bool> WriteValue
    for Form<IS_BIGINT_TEXT, IS_ISO_8601>
{
    #[inline(always)]
    fn write(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
        if IS_BIGINT_TEXT && is_bigint(&value, column) {
            return push_quoted(out, value, column);
        }
        let is_date_time = matches!(value, Value::DateTime(_));
        let begin = out.len();
        push_value(out, value, column);
        if IS_ISO_8601 && is_date_time {
            let written = out.get_mut(begin..).unwrap_or_default();
            if let Some(space) = written.iter_mut().find(|byte| **byte == b' ') {
                *space = b'T';
            }
        }
    }
}

#[inline(always)]
fn push_value(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Float(number) if !number.is_finite() => out.extend_from_slice(b"null"),
        Value::Double(number) if !number.is_finite() => out.extend_from_slice(b"null"),
        Value::Int(_)
        | Value::UnsignedInt(_)
        | Value::Float(_)
        | Value::Double(_)
        | Value::Bit(_) => text::write(out, value, column),
        Value::Json(json) if is_one_line_of_json(json) => out.extend_from_slice(json.as_bytes()),
        Value::Text(text) | Value::Json(text) | Value::Decimal(text) => push_string(out, text),
        Value::Bytes(bytes) | Value::Geometry(bytes) => {
            push_string(out, &BASE64_STANDARD.encode(bytes));
        }
        Value::Vector(vector) => push_vector(out, vector),
        _ => push_quoted(out, value, column),
    }
}

fn is_bigint(value: &Value<'_>, column: Option<&Column>) -> bool {
    !matches!(value, Value::Null) && column.is_some_and(Column::exceeds_double)
}

/// Writes a value as a string. Its text must not need escapes.
fn push_quoted(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
    out.push(b'"');
    text::write(out, value, column);
    out.push(b'"');
}

fn push_vector(out: &mut Vec<u8>, vector: Vector<'_>) {
    if vector.iter().all(f32::is_finite) {
        return text::push_vector(out, vector);
    }
    // An entry that is not finite, which MySQL does not store. Like such a FLOAT, it is `null` in JSON.
    out.push(b'[');
    for (index, entry) in vector.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_value(out, Value::Float(entry), None);
    }
    out.push(b']');
}

/// Whether a value of type `JSON` can be embedded: the server is not trusted to send valid JSON, and a line break would
/// break JSON Lines.
fn is_one_line_of_json(text: &str) -> bool {
    !text.contains(['\n', '\r']) && serde_json::from_str::<&RawValue>(text).is_ok()
}

#[inline]
fn push_string(out: &mut Vec<u8>, text: &str) {
    // Most texts need no escapes. This check has no branches, so the compiler vectorises it.
    let escapes = text.bytes().fold(false, |escapes, byte| {
        escapes | (byte < b' ') | (byte == b'"') | (byte == b'\\')
    });
    if !escapes {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    // Writing a string to a Vec cannot fail.
    let _written = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: Value<'_>) -> String {
        let mut out = Vec::new();
        push_value(&mut out, value, None);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_kind_of_value() {
        assert_eq!(json(Value::Null), "null");
        assert_eq!(json(Value::UnsignedInt(u64::MAX)), "18446744073709551615");
        assert_eq!(json(Value::Decimal("0.10")), "\"0.10\"");
        assert_eq!(json(Value::Text("a\"b\n\u{1}")), r#""a\"b\n\u0001""#);
        assert_eq!(json(Value::Bytes(b"\x00\xFF")), "\"AP8=\"");
        assert_eq!(json(Value::Double(f64::NAN)), "null");
        assert_eq!(json(Value::Json(r#"{"a": [1]}"#)), r#"{"a": [1]}"#);
    }

    #[test]
    fn a_key_is_written_whole_whatever_its_length() {
        for length in 0..=2 * SHORT_KEY {
            let key: Vec<_> = (b'!'..).take(length).collect();
            let mut out = b"before".to_vec();
            Key::new(key.clone()).push_to(&mut out);
            assert_eq!(out, [&b"before"[..], &key].concat());
        }
    }

    #[test]
    fn what_has_nothing_to_escape_is_written_as_what_has() {
        for byte in 0..=127 {
            let text = String::from_utf8(vec![b'a', byte, b'z']).unwrap();
            let value = json(Value::Text(&text));
            assert_eq!(value, serde_json::to_string(&text).unwrap());
        }
        assert_eq!(json(Value::Text("Zürich")), "\"Zürich\"");
    }

    #[test]
    fn what_is_not_json_stays_a_text() {
        assert_eq!(json(Value::Json("}{")), "\"}{\"");
        assert_eq!(json(Value::Json("[1,\n2]")), "\"[1,\\n2]\"");
    }
}

//! JSON: integers and floating point numbers as numbers, `DECIMAL` as text (a reader would round it),
//! `JSON` as it is, `VECTOR` as an array of numbers, bytes in base64, the rest as text.
//!
//! JavaScript and jq read numbers as doubles, which hold integers up to 2^53 exactly. [`Json::with_bigint_as_text`]
//! writes `BIGINT` as text for them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::value::RawValue;

use super::{Escape, WriteValue, Writer, each_value, text};
use rds_bridge::mysql::{Column, Row, Value, ValueError, Vector};

/// Writes rows as JSON.
#[derive(Debug)]
pub struct Json {
    is_array: bool,
    /// Whether a `DATETIME` is written as ISO 8601 has it, and not as MySQL.
    is_iso_8601: bool,
    /// Whether integers that a double may not hold are written as text.
    is_bigint_text: bool,
    rows: u64,
    /// What stands before the value of each column, written once: `{"name":`, and `,"name":` behind the first.
    keys: Vec<Key>,
}

impl Json {
    /// One array for each result.
    pub fn array() -> Self {
        Self {
            is_array: true,
            ..Self::lines()
        }
    }

    /// An object a line.
    pub fn lines() -> Self {
        Self {
            is_array: false,
            is_iso_8601: false,
            is_bigint_text: false,
            rows: 0,
            keys: Vec::new(),
        }
    }

    /// With every value of a `BIGINT` column as a text, and of a `BIT` column of more than 53 digits: all of the
    /// column, so that its type does not depend on the value.
    pub fn with_bigint_as_text(mut self) -> Self {
        self.is_bigint_text = true;
        self
    }

    /// With a `T` between date and time, which ISO 8601 asks for.
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
        // An array without its end is not whole as it is; a line more that is not an object shows the other.
        if !self.is_array {
            out.extend_from_slice(b"{\"incomplete\":");
        }
    }
}

/// What stands before a value.
#[derive(Debug)]
enum Key {
    /// With its length. A copy of a fixed length needs no call: 12 ns a row of eight columns.
    Short([u8; SHORT_KEY], usize),
    Long(Vec<u8>),
}

/// Longer than most, quotes, comma and colon included.
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

/// An object has one value for a name: the second column `id` becomes `id_2`.
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

/// The form of values that a [`Json`] was asked for: known where it is compiled, so that none is asked about a value.
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

/// A value whose text has nothing to escape.
fn push_quoted(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>) {
    out.push(b'"');
    text::write(out, value, column);
    out.push(b'"');
}

fn push_vector(out: &mut Vec<u8>, vector: Vector<'_>) {
    if vector.iter().all(f32::is_finite) {
        return text::push_vector(out, vector);
    }
    // No MySQL stores such an entry. As that of a FLOAT it has no number in JSON.
    out.push(b'[');
    for (index, entry) in vector.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_value(out, Value::Float(entry), None);
    }
    out.push(b']');
}

/// A server is not trusted to send JSON where it says so.
fn is_one_line_of_json(text: &str) -> bool {
    !text.contains(['\n', '\r']) && serde_json::from_str::<&RawValue>(text).is_ok()
}

#[inline]
fn push_string(out: &mut Vec<u8>, text: &str) {
    // Most texts have nothing to escape. All bytes are looked at without a branch, many at once.
    let escapes = text.bytes().fold(false, |escapes, byte| {
        escapes | (byte < b' ') | (byte == b'"') | (byte == b'\\')
    });
    if !escapes {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    // Writing a string to a Vec has no error to give.
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

//! `mysql_common`'s decoder, and how its values stand to ours.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mysql_common::constants::ColumnType;
use mysql_common::io::ParseBuf;
use mysql_common::packets;
use mysql_common::proto::{Binary, Text};
use mysql_common::row::RowDeserializer;
use mysql_common::value::ServerSide;
use mysql_common::value::Value as TheirValue;
use mysql_common::value::convert::{FromValue, from_value_opt};

use super::columns::GeneratedColumn;
use crate::protocol::column::ColumnKind;
use crate::protocol::row::Encoding;
use crate::protocol::temporal::{Date, DateTime, Time};
use crate::protocol::value::Value;

pub(super) struct Peer {
    columns: Arc<[packets::Column]>,
}

impl Peer {
    pub(super) fn new(definitions: impl Iterator<Item = Vec<u8>>) -> Self {
        let read = |definition: Vec<u8>| ParseBuf(&definition).parse(()).unwrap();
        Self {
            columns: definitions.map(read).collect(),
        }
    }

    /// The values of a row, and how many bytes are left over: it does not mind them.
    pub(super) fn row(
        &self,
        payload: &[u8],
        encoding: Encoding,
    ) -> io::Result<(Vec<TheirValue>, usize)> {
        let mut buffer = ParseBuf(payload);
        let columns = Arc::clone(&self.columns);
        let row = match encoding {
            Encoding::Text => buffer
                .parse::<RowDeserializer<ServerSide, Text>>(columns)?
                .into_inner(),
            Encoding::Binary => buffer
                .parse::<RowDeserializer<ServerSide, Binary>>(columns)?
                .into_inner(),
        };
        Ok((row.unwrap(), buffer.0.len()))
    }
}

/// Whether their value is ours. In the text protocol they give bytes, and numbers and spans on demand;
/// dates they do not give without another crate, so the digits are compared.
pub(super) fn is_same(
    ours: &Value<'_>,
    theirs: &TheirValue,
    column: &GeneratedColumn,
    encoding: Encoding,
) -> bool {
    match (ours, theirs) {
        (Value::Null, TheirValue::NULL) => true,
        // What they are sent for a column of NULL they keep.
        (Value::Null, TheirValue::Bytes(_)) => column.wire_type == ColumnType::MYSQL_TYPE_NULL,
        (
            Value::Decimal(ours) | Value::Text(ours) | Value::Json(ours),
            TheirValue::Bytes(theirs),
        ) => ours.as_bytes() == theirs,
        (
            Value::Bit(ours) | Value::Bytes(ours) | Value::Geometry(ours),
            TheirValue::Bytes(theirs),
        ) => ours == theirs,
        (Value::Vector(ours), TheirValue::Bytes(theirs)) => ours.as_bytes() == theirs,
        (_, TheirValue::Bytes(text)) if encoding == Encoding::Text => is_same_text(ours, text),
        (Value::Int(ours), TheirValue::Int(theirs)) => ours == theirs,
        // They give a number that fits as one with a sign.
        (Value::UnsignedInt(ours), TheirValue::Int(theirs)) => {
            // `YEAR` is two bytes, and the peer decides by the flag only.
            u64::try_from(*theirs) == Ok(*ours)
        }
        (Value::UnsignedInt(ours), TheirValue::UInt(theirs)) => ours == theirs,
        (Value::Float(ours), TheirValue::Float(theirs)) => ours.to_bits() == theirs.to_bits(),
        (Value::Double(ours), TheirValue::Double(theirs)) => ours.to_bits() == theirs.to_bits(),
        _ => is_same_date_or_time(ours, theirs),
    }
}

fn is_same_date_or_time(ours: &Value<'_>, theirs: &TheirValue) -> bool {
    match (ours, theirs) {
        // A clock in a `DATE` is theirs to keep.
        (Value::Date(ours), &TheirValue::Date(year, month, day, ..)) => {
            *ours == Date { year, month, day }
        }
        (
            Value::DateTime(ours),
            &TheirValue::Date(year, month, day, hour, minute, second, microsecond),
        ) => {
            let date = Date { year, month, day };
            *ours
                == DateTime {
                    date,
                    hour,
                    minute,
                    second,
                    microsecond,
                }
        }
        (
            Value::Time(ours),
            &TheirValue::Time(negative, days, hours, minutes, seconds, microseconds),
        ) => {
            let theirs = Time {
                // Any byte but 0 is a sign here, as in MySQL's own client; the peer accepts only 1.
                negative: negative || ours.negative,
                hours: days * 24 + u32::from(hours),
                minutes,
                seconds,
                microseconds,
            };
            *ours == theirs
        }
        _ => false,
    }
}

fn is_same_text(ours: &Value<'_>, theirs: &[u8]) -> bool {
    match ours {
        Value::Int(ours) => converted(theirs) == Some(*ours),
        Value::UnsignedInt(ours) => converted(theirs) == Some(*ours),
        Value::Float(ours) => {
            let theirs: f32 = converted(theirs).unwrap();
            ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan())
        }
        Value::Double(ours) => {
            let theirs: f64 = converted(theirs).unwrap();
            ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan())
        }
        Value::Date(ours) => parts(theirs) == date_parts(*ours),
        Value::DateTime(ours) => parts(theirs) == date_time_parts(ours, fraction(theirs)),
        Value::Time(ours) => {
            let spans = ours.negative || is_same_span(ours, converted(theirs));
            let negative = theirs.first() == Some(&b'-');
            spans
                && ours.negative == negative
                && parts(theirs) == time_parts(ours, fraction(theirs))
        }
        _ => false,
    }
}

fn converted<T: FromValue>(text: &[u8]) -> Option<T> {
    from_value_opt(TheirValue::Bytes(text.to_vec())).ok()
}

/// Their span is one without a sign, of hours of two or three digits and minutes that are some.
fn is_same_span(ours: &Time, theirs: Option<Duration>) -> bool {
    let Some(theirs) = theirs else { return true };
    let minutes = u64::from(ours.hours) * 60 + u64::from(ours.minutes);
    let seconds = minutes * 60 + u64::from(ours.seconds);
    theirs == Duration::new(seconds, ours.microseconds * 1_000)
}

/// The numbers in a text, whatever is between them.
fn parts(text: &[u8]) -> Vec<u64> {
    text.split(|byte| !byte.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| str::from_utf8(digits).unwrap().parse().unwrap())
        .collect()
}

/// The number of digits after the point.
fn fraction(text: &[u8]) -> Option<u32> {
    let point = text.iter().position(|byte| *byte == b'.')?;
    u32::try_from(text.len() - point - 1).ok()
}

fn date_parts(Date { year, month, day }: Date) -> Vec<u64> {
    vec![year.into(), month.into(), day.into()]
}

fn date_time_parts(it: &DateTime, fraction: Option<u32>) -> Vec<u64> {
    let mut parts = date_parts(it.date);
    parts.extend([it.hour, it.minute, it.second].map(u64::from));
    push_fraction(&mut parts, it.microsecond, fraction);
    parts
}

fn time_parts(it: &Time, fraction: Option<u32>) -> Vec<u64> {
    let mut parts = vec![it.hours.into(), it.minutes.into(), it.seconds.into()];
    push_fraction(&mut parts, it.microseconds, fraction);
    parts
}

fn push_fraction(parts: &mut Vec<u64>, microseconds: u32, fraction: Option<u32>) {
    if let Some(digits) = fraction {
        parts.push(u64::from(microseconds / 10_u32.pow(6 - digits)));
    } else {
        assert_eq!(microseconds, 0);
    }
}

/// What they take, and we do not: every reason there is.
pub(super) fn may_be_unreadable(
    theirs: &TheirValue,
    column: &GeneratedColumn,
    encoding: Encoding,
) -> bool {
    let is_text = encoding == Encoding::Text;
    match (column.kind, theirs) {
        // Texts are UTF-8, which the connection has requested. The peer returns the bytes.
        (ColumnKind::Text | ColumnKind::Json | ColumnKind::Decimal, TheirValue::Bytes(theirs)) => {
            str::from_utf8(theirs).is_err()
        }
        // They do not look at the entries.
        (ColumnKind::Vector, TheirValue::Bytes(theirs)) => !theirs.len().is_multiple_of(4),
        // What is no number to them either. They take a plus, and -0 without a sign: no server writes either.
        (ColumnKind::Int, TheirValue::Bytes(text)) => {
            is_text && (converted::<i64>(text).is_none() || text.first() == Some(&b'+'))
        }
        (ColumnKind::UnsignedInt, TheirValue::Bytes(text)) => {
            is_text
                && (converted::<u64>(text).is_none() || matches!(text.first(), Some(b'+' | b'-')))
        }
        (ColumnKind::Float, TheirValue::Bytes(text)) => is_text && converted::<f32>(text).is_none(),
        (ColumnKind::Double, TheirValue::Bytes(text)) => {
            is_text && converted::<f64>(text).is_none()
        }
        (ColumnKind::Time, TheirValue::Bytes(text)) => {
            is_text && converted::<Duration>(text).is_none()
        }
        (ColumnKind::Date, TheirValue::Bytes(text)) => {
            is_text && !is_written_like(text, b"0000-00-00")
        }
        (ColumnKind::DateTime, TheirValue::Bytes(text)) => {
            let clock = text.get(..19).unwrap_or_default();
            is_text && !(is_written_like(clock, b"0000-00-00 00:00:00") && fraction_is_good(text))
        }
        // A length that the manual does not have: they leave off what does not fit, and give the rest.
        // Nor do they mind days that are too many to be hours.
        (ColumnKind::Date | ColumnKind::DateTime, TheirValue::Date(..))
        | (ColumnKind::Time, TheirValue::Time(..)) => !is_text,
        _ => false,
    }
}

fn fraction_is_good(text: &[u8]) -> bool {
    match text.get(19..) {
        Some([]) => true,
        Some([b'.', digits @ ..]) => {
            (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

fn is_written_like(text: &[u8], form: &[u8]) -> bool {
    let same = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte == form,
    };
    text.len() == form.len() && text.iter().zip(form).all(same)
}

/// 0xFB and 0xFF begin no length. They read either as a length of 0.
pub(super) fn reads_no_length_as_zero(payload: &[u8]) -> bool {
    payload.iter().any(|byte| matches!(byte, 0xFB | 0xFF))
}

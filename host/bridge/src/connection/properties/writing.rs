//! Rows as a server writes them.

use mysql_common::constants::ColumnType;
use mysql_common::io::BufMutExt;
use proptest::prelude::*;

use super::columns::GeneratedColumn;
use super::values::Datum;
use crate::protocol::temporal::{Date, DateTime, Time};

/// Where a value lies in its row, its length before it and all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// How times are written in the binary protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// What is zero is left off, as the manual has it.
    Shortest,
    /// With microseconds, be they zero.
    Whole,
}

impl Arbitrary for Form {
    type Parameters = ();
    type Strategy = prop::sample::Select<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        prop::sample::select(vec![Self::Shortest, Self::Whole])
    }
}

pub(super) fn text_row<'a>(
    cells: impl Iterator<Item = (&'a GeneratedColumn, &'a Datum)>,
) -> (Vec<u8>, Vec<Cell>) {
    let (mut payload, mut places) = (Vec::new(), Vec::new());
    for (column, datum) in cells {
        let start = payload.len();
        match text(column, datum) {
            Some(text) => payload.put_lenenc_str(&text),
            None => payload.push(0xFB),
        }
        let end = payload.len();
        places.push(Cell { start, end });
    }
    (payload, places)
}

fn text(column: &GeneratedColumn, datum: &Datum) -> Option<Vec<u8>> {
    let text = match datum {
        Datum::Null => return None,
        Datum::Int(number) => number.to_string(),
        // `ZEROFILL` of a column that is ten digits wide.
        Datum::UnsignedInt(number) if column.decimals == 1 => format!("{number:010}"),
        Datum::UnsignedInt(number) => number.to_string(),
        Datum::Float(number) => format!("{number:?}"),
        Datum::Double(number) => format!("{number:?}"),
        Datum::Date(date) => date_text(*date),
        Datum::DateTime(it) => format!(
            "{} {:02}:{:02}:{:02}{}",
            date_text(it.date),
            it.hour,
            it.minute,
            it.second,
            fraction(it.microsecond, column.decimals)
        ),
        Datum::Time(it) => format!(
            "{}{:02}:{:02}:{:02}{}",
            if it.negative { "-" } else { "" },
            it.hours,
            it.minutes,
            it.seconds,
            fraction(it.microseconds, column.decimals)
        ),
        Datum::Decimal(text) | Datum::Text(text) | Datum::Json(text) => text.clone(),
        Datum::Bit(bytes) | Datum::Bytes(bytes) | Datum::Geometry(bytes) | Datum::Vector(bytes) => {
            return Some(bytes.clone());
        }
    };
    Some(text.into_bytes())
}

fn date_text(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

fn fraction(microseconds: u32, decimals: u8) -> String {
    match decimals {
        0 => String::new(),
        some => format!(".{}", &format!("{microseconds:06}")[..usize::from(some)]),
    }
}

pub(super) fn binary_row<'a>(
    cells: impl ExactSizeIterator<Item = (&'a GeneratedColumn, &'a Datum)>,
    form: Form,
) -> (Vec<u8>, Vec<Cell>) {
    let bitmap_length = (cells.len() + 7 + 2) / 8;
    let mut payload = vec![0; 1 + bitmap_length];
    let mut places = Vec::new();
    for (index, (column, datum)) in cells.enumerate() {
        let start = payload.len();
        match datum {
            Datum::Null => payload[1 + (index + 2) / 8] |= 1 << ((index + 2) % 8),
            datum => push_binary(&mut payload, column, datum, form),
        }
        let end = payload.len();
        places.push(Cell { start, end });
    }
    (payload, places)
}

fn push_binary(payload: &mut Vec<u8>, column: &GeneratedColumn, datum: &Datum, form: Form) {
    match datum {
        Datum::Null => {}
        Datum::Int(number) => payload.extend(&number.to_le_bytes()[..width(column)]),
        Datum::UnsignedInt(number) => payload.extend(&number.to_le_bytes()[..width(column)]),
        Datum::Float(number) => payload.extend(number.to_le_bytes()),
        Datum::Double(number) => payload.extend(number.to_le_bytes()),
        Datum::Date(date) => push_date_time(
            payload,
            DateTime {
                date: *date,
                ..DateTime::default()
            },
            form,
        ),
        Datum::DateTime(it) => push_date_time(payload, *it, form),
        Datum::Time(it) => push_time(payload, *it, form),
        Datum::Decimal(text) | Datum::Text(text) | Datum::Json(text) => {
            payload.put_lenenc_str(text.as_bytes());
        }
        Datum::Bit(bytes) | Datum::Bytes(bytes) | Datum::Geometry(bytes) | Datum::Vector(bytes) => {
            payload.put_lenenc_str(bytes);
        }
    }
}

fn width(column: &GeneratedColumn) -> usize {
    match column.wire_type {
        ColumnType::MYSQL_TYPE_TINY => 1,
        ColumnType::MYSQL_TYPE_SHORT | ColumnType::MYSQL_TYPE_YEAR => 2,
        // Three bytes are sent as four.
        ColumnType::MYSQL_TYPE_INT24 | ColumnType::MYSQL_TYPE_LONG => 4,
        _ => 8,
    }
}

fn push_date_time(payload: &mut Vec<u8>, it: DateTime, form: Form) {
    let mut whole = it.date.year.to_le_bytes().to_vec();
    whole.extend([it.date.month, it.date.day, it.hour, it.minute, it.second]);
    whole.extend(it.microsecond.to_le_bytes());
    push_shortest(payload, &whole, &[0, 4, 7, 11], form);
}

fn push_time(payload: &mut Vec<u8>, it: Time, form: Form) {
    let mut whole = vec![u8::from(it.negative)];
    whole.extend((it.hours / 24).to_le_bytes());
    let hours = u8::try_from(it.hours % 24).unwrap();
    whole.extend([hours, it.minutes, it.seconds]);
    whole.extend(it.microseconds.to_le_bytes());
    push_shortest(payload, &whole, &[0, 8, 12], form);
}

/// Of the lengths there are, the first that leaves off nothing but zeros.
fn push_shortest(payload: &mut Vec<u8>, whole: &[u8], lengths: &[usize], form: Form) {
    let fits = |length: &&usize| whole[**length..].iter().all(|byte| *byte == 0);
    let length = match form {
        Form::Shortest => *lengths.iter().find(fits).unwrap(),
        Form::Whole => whole.len(),
    };
    payload.push(u8::try_from(length).unwrap());
    payload.extend(&whole[..length]);
}

/// A whole answer, in packets.
pub(super) fn answer<'a>(
    definitions: impl ExactSizeIterator<Item = Vec<u8>>,
    rows: impl IntoIterator<Item = &'a [u8]>,
    deprecate_eof: bool,
) -> Vec<u8> {
    const EOF: &[u8] = &[0xFE, 0, 0, 2, 0];
    let mut bytes = Vec::new();
    let mut number = 0_u8;
    let mut push = |payload: &[u8]| {
        number = number.wrapping_add(1);
        bytes.extend(&u32::try_from(payload.len()).unwrap().to_le_bytes()[..3]);
        bytes.push(number);
        bytes.extend(payload);
    };
    let mut count = Vec::new();
    count.put_lenenc_int(u64::try_from(definitions.len()).unwrap());
    push(&count);
    for definition in definitions {
        push(&definition);
    }
    if !deprecate_eof {
        push(EOF);
    }
    for row in rows {
        push(row);
    }
    push(if deprecate_eof {
        &[0xFE, 0, 0, 2, 0, 0, 0]
    } else {
        EOF
    });
    bytes
}

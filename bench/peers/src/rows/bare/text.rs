//! `ProtocolText::ResultsetRow`.

use crate::contenders::bare::values::{Values, value_at};
use crate::rows::{Fields, GROUPS, sum_of_blob, sum_of_group};

#[inline]
pub(super) fn walk(payload: &[u8], columns: usize) {
    let mut at = 0;
    for _ in 0..columns {
        (_, at) = value_at(payload, at);
    }
    assert_eq!(at, payload.len());
}

pub(super) fn mixed(payload: &[u8]) -> u64 {
    let mut values = Values::new(payload, 0);
    let fields = Fields {
        n: values.text().parse().expect("an INT"),
        big: values.text().parse().expect("a BIGINT"),
        name: values.text(),
        price: values.text(),
        made: made(values.text()),
        ratio: values.text().parse().expect("a DOUBLE"),
    };
    fields.sum()
}

/// Parses `2026-01-31 12:00:00`.
fn made(text: &str) -> [u16; 6] {
    let part = |from, to| text[from..to].parse().expect("a part of a DATETIME");
    [
        part(0, 4),
        part(5, 7),
        part(8, 10),
        part(11, 13),
        part(14, 16),
        part(17, 19),
    ]
}

pub(super) fn one(payload: &[u8]) -> u64 {
    let mut values = Values::new(payload, 0);
    values.text().parse::<i64>().expect("a BIGINT") as u64
}

pub(super) fn wide(payload: &[u8]) -> u64 {
    let mut values = Values::new(payload, 0);
    let mut sum = 0_u64;
    for _ in 0..GROUPS {
        sum = sum.wrapping_add(sum_of_group(
            values.text().parse().expect("an INT"),
            values.text().parse().expect("a BIGINT"),
            values.text(),
            values.text().parse().expect("a DOUBLE"),
        ));
    }
    sum
}

pub(super) fn blob(payload: &[u8]) -> u64 {
    sum_of_blob(Values::new(payload, 0).bytes())
}

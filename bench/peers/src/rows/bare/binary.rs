//! `ProtocolBinary::ResultsetRow`. The values are never NULL.

use crate::contenders::bare::values::{Values, begin_of_binary as begin, value_at};
use crate::rows::{Fields, GROUPS, sum_of_blob, sum_of_group};

#[inline]
pub(super) fn walk_mixed(payload: &[u8]) {
    let mut at = begin(6) + 4 + 8;
    for _ in 0..3 {
        (_, at) = value_at(payload, at);
    }
    assert_eq!(at + 8, payload.len());
}

#[inline]
pub(super) fn walk_one(payload: &[u8]) {
    assert_eq!(begin(1) + 8, payload.len());
}

#[inline]
pub(super) fn walk_wide(payload: &[u8]) {
    let mut at = begin(4 * GROUPS);
    for _ in 0..GROUPS {
        (_, at) = value_at(payload, at + 4 + 8);
        at += 8;
    }
    assert_eq!(at, payload.len());
}

#[inline]
pub(super) fn walk_blob(payload: &[u8]) {
    let (_, end) = value_at(payload, begin(1));
    assert_eq!(end, payload.len());
}

pub(super) fn mixed(payload: &[u8]) -> u64 {
    let mut values = Values::new(payload, begin(6));
    let fields = Fields {
        n: i32::from_le_bytes(values.fixed()),
        big: i64::from_le_bytes(values.fixed()),
        name: values.text(),
        price: values.text(),
        made: made(values.bytes()),
        ratio: f64::from_le_bytes(values.fixed()),
    };
    fields.sum()
}

/// The server omits the time if it is midnight.
fn made(bytes: &[u8]) -> [u16; 6] {
    let mut all = [0; 7];
    all[..bytes.len()].copy_from_slice(bytes);
    let [low, high, rest @ ..] = all;
    let [month, day, hour, minute, second] = rest.map(u16::from);
    [
        u16::from_le_bytes([low, high]),
        month,
        day,
        hour,
        minute,
        second,
    ]
}

pub(super) fn one(payload: &[u8]) -> u64 {
    i64::from_le_bytes(Values::new(payload, begin(1)).fixed()) as u64
}

pub(super) fn wide(payload: &[u8]) -> u64 {
    let mut values = Values::new(payload, begin(4 * GROUPS));
    let mut sum = 0_u64;
    for _ in 0..GROUPS {
        sum = sum.wrapping_add(sum_of_group(
            i32::from_le_bytes(values.fixed()),
            i64::from_le_bytes(values.fixed()),
            values.text(),
            f64::from_le_bytes(values.fixed()),
        ));
    }
    sum
}

pub(super) fn blob(payload: &[u8]) -> u64 {
    sum_of_blob(Values::new(payload, begin(1)).bytes())
}

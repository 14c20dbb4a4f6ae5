//! Values of a column: extremes more often than chance would have them.

use mysql_common::constants::ColumnType;
use proptest::collection::vec;
use proptest::prelude::*;

use super::columns::GeneratedColumn;
use crate::protocol::column::ColumnKind;
use crate::protocol::temporal::{Date, DateTime, Time};
use crate::protocol::value::Value;

#[derive(Clone, Debug)]
pub(super) enum Datum {
    Null,
    Int(i64),
    UnsignedInt(u64),
    Float(f32),
    Double(f64),
    Decimal(String),
    Date(Date),
    Time(Time),
    DateTime(DateTime),
    Bit(Vec<u8>),
    Text(String),
    Json(String),
    Bytes(Vec<u8>),
    Geometry(Vec<u8>),
    Vector(Vec<u8>),
}

impl Datum {
    /// Whether it is what we have read.
    pub(super) fn is(&self, ours: &Value<'_>) -> bool {
        match (self, ours) {
            (Self::Null, Value::Null) => true,
            (Self::Int(this), Value::Int(that)) => this == that,
            (Self::UnsignedInt(this), Value::UnsignedInt(that)) => this == that,
            (Self::Float(this), Value::Float(that)) => {
                this.to_bits() == that.to_bits() || (this.is_nan() && that.is_nan())
            }
            (Self::Double(this), Value::Double(that)) => {
                this.to_bits() == that.to_bits() || (this.is_nan() && that.is_nan())
            }
            (Self::Date(this), Value::Date(that)) => this == that,
            (Self::Time(this), Value::Time(that)) => this == that,
            (Self::DateTime(this), Value::DateTime(that)) => this == that,
            (Self::Decimal(this), Value::Decimal(that))
            | (Self::Text(this), Value::Text(that))
            | (Self::Json(this), Value::Json(that)) => this == that,
            (Self::Bit(this), Value::Bit(that))
            | (Self::Bytes(this), Value::Bytes(that))
            | (Self::Geometry(this), Value::Geometry(that)) => this == that,
            (Self::Vector(this), Value::Vector(that)) => this == that.as_bytes(),
            _ => false,
        }
    }
}

/// Values of a column, NULL among them.
pub(super) fn of(column: &GeneratedColumn) -> BoxedStrategy<Datum> {
    let value = match column.kind {
        ColumnKind::Null => return Just(Datum::Null).boxed(),
        ColumnKind::Int => signed(column.wire_type),
        ColumnKind::UnsignedInt => unsigned(column.wire_type),
        ColumnKind::Float => any_float().prop_map(Datum::Float).boxed(),
        ColumnKind::Double => any_double().prop_map(Datum::Double).boxed(),
        ColumnKind::Decimal => decimal().prop_map(Datum::Decimal).boxed(),
        ColumnKind::Bit => vec(any::<u8>(), 1..=8).prop_map(Datum::Bit).boxed(),
        ColumnKind::Date => date().prop_map(Datum::Date).boxed(),
        ColumnKind::Time => time(column.decimals).prop_map(Datum::Time).boxed(),
        ColumnKind::DateTime => date_time(column.decimals).prop_map(Datum::DateTime).boxed(),
        ColumnKind::Text => text().prop_map(Datum::Text).boxed(),
        ColumnKind::Json => text().prop_map(Datum::Json).boxed(),
        ColumnKind::Bytes => bytes().prop_map(Datum::Bytes).boxed(),
        ColumnKind::Geometry => bytes().prop_map(Datum::Geometry).boxed(),
        ColumnKind::Vector => vector().prop_map(Datum::Vector).boxed(),
    };
    prop_oneof![1 => Just(Datum::Null), 5 => value].boxed()
}

fn bits(wire_type: ColumnType) -> u32 {
    match wire_type {
        ColumnType::MYSQL_TYPE_TINY => 8,
        ColumnType::MYSQL_TYPE_SHORT => 16,
        ColumnType::MYSQL_TYPE_INT24 => 24,
        ColumnType::MYSQL_TYPE_LONG => 32,
        _ => 64,
    }
}

fn signed(wire_type: ColumnType) -> BoxedStrategy<Datum> {
    let most = i64::MAX >> (64 - bits(wire_type));
    let edges = prop::sample::select(vec![-most - 1, -1, 0, 1, most]);
    prop_oneof![edges, -most - 1..=most]
        .prop_map(Datum::Int)
        .boxed()
}

fn unsigned(wire_type: ColumnType) -> BoxedStrategy<Datum> {
    if wire_type == ColumnType::MYSQL_TYPE_YEAR {
        let year = prop_oneof![Just(0), 1901..=2155_u64];
        return year.prop_map(Datum::UnsignedInt).boxed();
    }
    let most = u64::MAX >> (64 - bits(wire_type));
    let edges = prop::sample::select(vec![0, 1, most / 2, most / 2 + 1, most]);
    prop_oneof![edges, 0..=most]
        .prop_map(Datum::UnsignedInt)
        .boxed()
}

/// A float of any bits: no server stores a NaN, but a hostile one may send it.
fn any_float() -> impl Strategy<Value = f32> {
    let edges = vec![
        0.0,
        -0.0,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        0.1,
    ];
    prop_oneof![
        prop::sample::select(edges),
        any::<u32>().prop_map(f32::from_bits)
    ]
}

fn any_double() -> impl Strategy<Value = f64> {
    let edges = vec![
        0.0,
        -0.0,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        0.1,
        1e15,
    ];
    prop_oneof![
        prop::sample::select(edges),
        any::<u64>().prop_map(f64::from_bits)
    ]
}

fn decimal() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[1-9][0-9]{0,34}(\\.[0-9]{1,30})?",
        "-?0\\.[0-9]{1,30}",
        Just(format!("-{}.{}", "9".repeat(35), "9".repeat(30))),
    ]
}

/// Those of zero, and of a month or a day of zero, among them.
fn date() -> impl Strategy<Value = Date> {
    let parts = (0..=9999_u16, 0..=12_u8, 0..=31_u8);
    let any = parts.prop_map(|(year, month, day)| Date { year, month, day });
    prop_oneof![1 => Just(Date::default()), 4 => any]
}

/// With as many digits as the column has.
fn microseconds(decimals: u8) -> impl Strategy<Value = u32> {
    let unit = 10_u32.pow(u32::from(6 - decimals));
    let most = 999_999 / unit;
    prop_oneof![
        Just(0),
        Just(most * unit),
        (0..=most).prop_map(move |it| it * unit)
    ]
}

fn date_time(decimals: u8) -> impl Strategy<Value = DateTime> {
    let clock = (0..=23_u8, 0..=59_u8, 0..=59_u8, microseconds(decimals));
    let clock = prop_oneof![1 => Just((0, 0, 0, 0)), 4 => clock];
    (date(), clock).prop_map(|(date, (hour, minute, second, microsecond))| DateTime {
        date,
        hour,
        minute,
        second,
        microsecond,
    })
}

fn time(decimals: u8) -> impl Strategy<Value = Time> {
    let hours = prop_oneof![Just(0), Just(838), 0..=838_u32];
    let parts = (
        any::<bool>(),
        hours,
        0..=59_u8,
        0..=59_u8,
        microseconds(decimals),
    );
    let any = parts.prop_map(|(negative, hours, minutes, seconds, microseconds)| {
        let is_zero = hours == 0 && minutes == 0 && seconds == 0 && microseconds == 0;
        Time {
            negative: negative && !is_zero,
            hours,
            minutes,
            seconds,
            microseconds,
        }
    });
    prop_oneof![1 => Just(Time::default()), 4 => any]
}

/// Around each form of a length.
fn lengths() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![0, 1, 250, 251, 252, 255, 256, 65_535, 65_536, 70_000])
}

fn text() -> impl Strategy<Value = String> {
    let odd = vec!["NULL", "\\N", "\u{FFFD}", "\0", "\r\n\t\"',\\", "😀é漢"];
    prop_oneof![
        16 => "\\PC{0,20}",
        4 => prop::sample::select(odd).prop_map(str::to_owned),
        1 => lengths().prop_map(|length| "x".repeat(length)),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        16 => vec(any::<u8>(), 0..30),
        1 => lengths().prop_map(|length| vec![0xFB; length]),
    ]
}

/// Entries of any bits, as of a `FLOAT`; up to as many as a column may have.
fn vector() -> impl Strategy<Value = Vec<u8>> {
    let few = vec(any_float(), 0..10);
    let many = any_float().prop_map(|entry| vec![entry; 16_383]);
    let entries = prop_oneof![16 => few, 1 => many];
    entries.prop_map(|entries| entries.into_iter().flat_map(f32::to_le_bytes).collect())
}

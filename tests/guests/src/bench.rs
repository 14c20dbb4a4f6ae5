//! The guest of the benchmark. It panics on failure: a failed run must not produce a figure.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a failure ends the benchmark"
)]

mod bindings {
    wit_bindgen::generate!({
        path: ["../../wit/mysql", "wit/bench"],
        world: "bench:guests/guest",
        generate_all,
    });
}

use std::cell::OnceCell;

use bindings::Guest;
use bindings::bench::guests::by_row;
use bindings::rds::mysql::client::{self, Connection};
use bindings::rds::mysql::results::{Array, Strings, Values};
use bindings::rds::mysql::types::{Datetime, Value};

struct Bench;

bindings::export!(Bench with_types_in bindings);

thread_local! {
    static CONNECTION: OnceCell<Connection> = const { OnceCell::new() };
}

fn open() -> Connection {
    client::open("orders").expect("a connection")
}

/// As that of the other contenders.
fn sum(row: &[Value]) -> u64 {
    let [
        Value::Int(n),
        Value::Int(big),
        Value::Text(name),
        Value::Decimal(price),
        Value::Datetime(made),
        Value::Double(ratio),
    ] = row
    else {
        panic!("a row of mixed columns");
    };
    let made = sum_of_datetime(made);
    let lengths = [name.len(), price.len()].map(|it| it as u64);
    [
        n.cast_unsigned(),
        big.cast_unsigned(),
        ratio.to_bits(),
        made,
    ]
    .into_iter()
    .chain(lengths)
    .fold(0, u64::wrapping_add)
}

/// As `sum`, of all rows of a batch.
fn sum_of_columns(arrays: &[Array]) -> u64 {
    let without_null = |it: &Array| it.validity.is_empty();
    assert!(arrays.iter().all(without_null), "columns without NULL");
    let values: Vec<&Values> = arrays.iter().map(|it| &it.values).collect();
    let [
        Values::Int(n),
        Values::Int(big),
        Values::Text(name),
        Values::Text(price),
        Values::Datetime(made),
        Values::Double(ratio),
    ] = values.as_slice()
    else {
        panic!("mixed columns");
    };
    let numbers = n.iter().chain(big).map(|it| it.cast_unsigned());
    let bits = ratio.iter().map(|it| it.to_bits());
    numbers
        .chain(bits)
        .chain(made.iter().map(sum_of_datetime))
        .chain(lengths(name))
        .chain(lengths(price))
        .fold(0, u64::wrapping_add)
}

/// The length of each string.
fn lengths(strings: &Strings) -> impl Iterator<Item = u64> {
    let ends = strings.offsets.windows(2);
    ends.map(|it| u64::from(it[1].wrapping_sub(it[0])))
}

fn sum_of_datetime(it: &Datetime) -> u64 {
    let date = it.date;
    let parts = [
        date.year,
        date.month.into(),
        date.day.into(),
        it.hour.into(),
        it.minute.into(),
        it.second.into(),
    ];
    parts.into_iter().map(u64::from).fold(0, u64::wrapping_add)
}

impl Guest for Bench {
    fn open() {
        CONNECTION.with(|it| it.set(open()).expect("opened once"));
    }

    fn in_batches(sql: String, at_most: u32) -> u64 {
        CONNECTION.with(|connection| {
            let connection = connection.get().expect("an open connection");
            let rows = connection.query(&sql, &[]).expect("rows");
            let mut total = 0_u64;
            loop {
                let batch = rows.next(at_most).expect("a batch");
                if batch.is_empty() {
                    return total;
                }
                for row in &batch {
                    total = total.wrapping_add(sum(row));
                }
            }
        })
    }

    fn in_columns(sql: String, at_most: u32) -> u64 {
        CONNECTION.with(|connection| {
            let connection = connection.get().expect("an open connection");
            let rows = connection.query(&sql, &[]).expect("rows");
            let mut total = 0_u64;
            loop {
                let batch = rows.next_columns(at_most).expect("a batch");
                if batch.rows == 0 {
                    return total;
                }
                total = total.wrapping_add(sum_of_columns(&batch.arrays));
            }
        })
    }

    fn one_by_one(sql: String) -> u64 {
        let rows = by_row::query(&sql);
        let mut total = 0_u64;
        while let Some(row) = rows.next() {
            total = total.wrapping_add(sum(&row));
        }
        total
    }

    fn point(sql: String, id: i64) -> String {
        let rows = open().query(&sql, &[Value::Int(id)]).expect("rows");
        let mut batch = rows.next(2).expect("a row");
        match (batch.pop().as_deref(), batch.len()) {
            (Some([Value::Text(name), Value::Decimal(_)]), 0) => name.clone(),
            found => panic!("{found:?}"),
        }
    }
}

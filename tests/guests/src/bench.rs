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
use bindings::rds::mysql::types::Value;

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
    let date = made.date;
    let made = [
        date.year,
        date.month.into(),
        date.day.into(),
        made.hour.into(),
        made.minute.into(),
        made.second.into(),
    ];
    let made = made.into_iter().map(u64::from).fold(0, u64::wrapping_add);
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

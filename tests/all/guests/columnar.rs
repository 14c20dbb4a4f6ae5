//! A guest that reads column by column gets what one that reads rows gets.

use std::num::NonZeroU64;

use rds_bridge_guests::{Access, Databases, Grant, Statements};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::column_types::{create_tables, start_server};
use crate::helpers::guest::{
    Array, Column, Date, Datetime, Error, Guest, Kind, RecordBatch, Rule, Span, Value, Values,
    pool, tenant, tenant_with,
};
use crate::helpers::live::block_on;

/// The value of a row, as a guest finds it.
fn value(kind: Kind, array: &Array, row: usize) -> Value {
    let is_valid = |it: &Vec<u8>| it[row / 8] >> (row % 8) & 1 == 1;
    let is_null = !array.validity.is_empty() && !is_valid(&array.validity);
    let value = placed(kind, &array.values, row);
    if is_null {
        assert!(is_placeholder(&value), "{value:?}");
        return Value::Null;
    }
    value
}

/// Whether a value is what stands for NULL.
fn is_placeholder(value: &Value) -> bool {
    let zero = Datetime {
        date: Date {
            year: 0,
            month: 0,
            day: 0,
        },
        hour: 0,
        minute: 0,
        second: 0,
        microsecond: 0,
    };
    let none = Span {
        negative: false,
        hours: 0,
        minutes: 0,
        seconds: 0,
        microseconds: 0,
    };
    match value {
        Value::Null | Value::Int(0) | Value::Unsigned(0) | Value::Bits(0) => true,
        Value::Float(number) => number.to_bits() == 0,
        Value::Double(number) => number.to_bits() == 0,
        Value::Decimal(text) | Value::Text(text) | Value::Json(text) => text.is_empty(),
        Value::Bytes(bytes) | Value::Geometry(bytes) => bytes.is_empty(),
        Value::Vector(entries) => entries.is_empty(),
        Value::Date(it) => *it == zero.date,
        Value::Datetime(it) => *it == zero,
        Value::Time(it) => *it == none,
        _ => false,
    }
}

/// What has the place of a row's value.
fn placed(kind: Kind, values: &Values, row: usize) -> Value {
    let span = |offsets: &[u32]| offsets[row] as usize..offsets[row + 1] as usize;
    match values {
        Values::Null => Value::Null,
        Values::Int(list) => Value::Int(list[row]),
        Values::Unsigned(list) if kind == Kind::Bits => Value::Bits(list[row]),
        Values::Unsigned(list) => Value::Unsigned(list[row]),
        Values::Float(list) => Value::Float(list[row]),
        Values::Double(list) => Value::Double(list[row]),
        Values::Text(it) => {
            let text = String::from_utf8(it.bytes[span(&it.offsets)].to_owned()).unwrap();
            match kind {
                Kind::Decimal => Value::Decimal(text),
                Kind::Json => Value::Json(text),
                _ => Value::Text(text),
            }
        }
        Values::Bytes(it) => {
            let bytes = it.bytes[span(&it.offsets)].to_owned();
            match kind {
                Kind::Geometry => Value::Geometry(bytes),
                _ => Value::Bytes(bytes),
            }
        }
        Values::Date(list) => Value::Date(list[row]),
        Values::Datetime(list) => Value::Datetime(list[row]),
        Values::Time(list) => Value::Time(list[row]),
        Values::Vector(it) => Value::Vector(it.entries[span(&it.offsets)].to_owned()),
    }
}

/// A bit for each row, of which one at least is NULL, and no other bit; or nothing.
fn assert_validity(validity: &[u8], rows: usize) {
    if validity.is_empty() {
        return;
    }
    assert_eq!(validity.len(), rows.div_ceil(8));
    let set: u32 = validity.iter().map(|it| it.count_ones()).sum();
    assert!((set as usize) < rows, "{validity:?}");
    assert!(
        rows.is_multiple_of(8) || validity[rows / 8] >> (rows % 8) == 0,
        "{validity:?}"
    );
}

/// The first offset is 0, and the last the length of what they divide.
fn assert_ends(offsets: &[u32], length: usize) {
    assert_eq!(offsets.first(), Some(&0));
    assert_eq!(offsets.last().map(|it| *it as usize), Some(length));
}

/// The rows of a batch. Each array has as many values as there are rows.
fn rows(batch: &RecordBatch, columns: &[Column]) -> Vec<Vec<Value>> {
    assert_eq!(batch.arrays.len(), columns.len());
    let count = batch.rows as usize;
    for array in &batch.arrays {
        assert_validity(&array.validity, count);
        let length = match &array.values {
            Values::Null => count,
            Values::Int(list) => list.len(),
            Values::Unsigned(list) => list.len(),
            Values::Float(list) => list.len(),
            Values::Double(list) => list.len(),
            Values::Text(it) | Values::Bytes(it) => {
                assert_ends(&it.offsets, it.bytes.len());
                it.offsets.len() - 1
            }
            Values::Date(list) => list.len(),
            Values::Datetime(list) => list.len(),
            Values::Time(list) => list.len(),
            Values::Vector(it) => {
                assert_ends(&it.offsets, it.entries.len());
                it.offsets.len() - 1
            }
        };
        assert_eq!(length, count);
    }
    let row = |row| {
        let arrays = batch.arrays.iter().zip(columns);
        let values = arrays.map(|(array, column)| value(column.kind, array, row));
        values.collect()
    };
    (0..count).map(row).collect()
}

/// All rows of a query, at most some of them in a call.
async fn read(
    guest: &mut Guest,
    connection: u32,
    sql: &str,
    at_most: u32,
) -> Result<Vec<Vec<Value>>, Error> {
    let handle = guest.query(connection, sql, &[]).await?;
    let columns = guest.columns(handle).await;
    let mut all = Vec::new();
    loop {
        let batch = guest.next_columns(handle, at_most).await?;
        if batch.rows == 0 {
            assert!(batch.arrays.is_empty());
            guest.drop_rows(handle).await;
            return Ok(all);
        }
        assert!(batch.rows <= at_most);
        all.extend(rows(&batch, &columns));
    }
}

#[apply(on_each_server)]
fn every_column_type(product: Product) {
    let server = start_server(product);
    let tables = create_tables(&server, product);
    block_on(async {
        let databases = Databases::new().with("orders", pool(&server, false, |it| it).await);
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        for number in 0..tables {
            let sql = format!("SELECT n, v, v IS NULL, NULL FROM t{number} ORDER BY n");
            let wanted = guest.all(connection, &sql, &[]).await.unwrap();
            assert!(wanted.len() > 1);
            for at_most in [1, 3, u32::MAX] {
                let found = read(&mut guest, connection, &sql, at_most).await;
                assert_eq!(found.unwrap(), wanted, "{sql}");
            }
        }
    });
}

#[apply(on_each_server)]
fn nulls_and_empty_strings_beside_values(product: Product) {
    let server = Server::shared(product);
    let sql = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100) \
               SELECT IF(n % 3, n, NULL), IF(n % 5, REPEAT('é', n % 7), NULL), \
               IF(n > 60, CAST(n AS BINARY), NULL), n FROM n";
    block_on(async {
        let databases = Databases::new().with("orders", pool(server, false, |it| it).await);
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        let wanted = guest.all(connection, sql, &[]).await.unwrap();
        for at_most in [1, 7, 8, 9, 64, 100] {
            let found = read(&mut guest, connection, sql, at_most).await;
            assert_eq!(found.unwrap(), wanted);
        }
        // Both calls read the same rows.
        let handle = guest.query(connection, sql, &[]).await.unwrap();
        let columns = guest.columns(handle).await;
        let mut found = guest.next(handle, 10).await.unwrap();
        let batch = guest.next_columns(handle, 20).await.unwrap();
        found.extend(rows(&batch, &columns));
        found.extend(guest.rest(handle).await.unwrap());
        assert_eq!(found, wanted);
    });
}

#[apply(on_each_server)]
fn a_batch_and_a_result_are_limited(product: Product) {
    let server = Server::shared(product);
    let sql = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 900) \
               SELECT n, REPEAT('x', 100) FROM n";
    block_on(async {
        let guest = async |change: fn(&mut Grant)| {
            let tenant = tenant_with(server, Access::ReadOnly, change).await;
            Guest::with(rds_bridge_guests::RdsCtx::new(&tenant).max_batch_bytes(10_000)).await
        };
        let mut by_rows = guest(|it| it.max_rows = NonZeroU64::new(500)).await;
        let connection = by_rows.open("orders").await.unwrap();
        let handle = by_rows.query(connection, sql, &[]).await.unwrap();
        let first = by_rows.next_columns(handle, u32::MAX).await.unwrap();
        // As many as fit into the limit of a batch.
        assert!((40..=60).contains(&first.rows), "{}", first.rows);
        by_rows.drop_rows(handle).await;

        // A row that is larger than a batch comes alone.
        let large = "SELECT REPEAT('x', 20000) UNION ALL SELECT REPEAT('y', 20000)";
        let handle = by_rows.query(connection, large, &[]).await.unwrap();
        for rows in [1, 1, 0] {
            let batch = by_rows.next_columns(handle, u32::MAX).await.unwrap();
            assert_eq!(batch.rows, rows);
        }
        by_rows.drop_rows(handle).await;

        let mut by_bytes = guest(|it| it.max_bytes = NonZeroU64::new(50_000)).await;
        for (guest, rule) in [
            (&mut by_rows, Rule::Rows),
            (&mut by_bytes, Rule::ResultSize),
        ] {
            let connection = guest.open("orders").await.unwrap();
            let refused = read(guest, connection, sql, u32::MAX).await;
            assert_eq!(refused, Err(Error::NotPermitted(rule)));
            let connection = guest.open("orders").await.unwrap();
            assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
        }
    });
}

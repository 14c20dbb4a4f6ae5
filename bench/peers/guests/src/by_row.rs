//! The peer: an interface that returns one row a call, over the same library.

use rds_bridge::mysql::{Row, Value as Given};
use rds_bridge::pool::PooledConnection;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime::error::Context;

use crate::host::State;
use crate::host::bindings::bench::guests::by_row::{self, Host, HostRows, Rows as Handle};
use crate::host::bindings::rds::mysql::types::{Date, Datetime, Value};

/// The state of the interface: one connection, which the rows are read from.
pub(crate) struct ByRow {
    pub(crate) connection: PooledConnection,
    pub(crate) table: ResourceTable,
}

struct Rows;

struct HasByRow;

impl HasData for HasByRow {
    type Data<'a> = &'a mut ByRow;
}

pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    by_row::add_to_linker::<_, HasByRow>(linker, |state| {
        state
            .by_row
            .as_mut()
            .expect("a connection of the interface")
    })
}

impl Host for ByRow {
    async fn query(&mut self, sql: String) -> wasmtime::Result<Resource<Handle>> {
        self.connection.query(&sql).await?;
        Ok(Resource::new_own(self.table.push(Rows)?.rep()))
    }
}

impl HostRows for ByRow {
    async fn next(&mut self, rows: Resource<Handle>) -> wasmtime::Result<Option<Vec<Value>>> {
        // As a host must that has several of them.
        let _rows: &Rows = self.table.get(&Resource::new_borrow(rows.rep()))?;
        let mut rows = self.connection.resume_rows().context("the open rows")?;
        Ok(rows.next().await?.map(|row| values(&row)))
    }

    async fn drop(&mut self, rows: Resource<Handle>) -> wasmtime::Result<()> {
        let _rows: Rows = self.table.delete(Resource::new_own(rows.rep()))?;
        Ok(())
    }
}

fn values(row: &Row<'_>) -> Vec<Value> {
    let mut values = Vec::with_capacity(row.columns().len());
    values.extend(row.values().map(|it| value(it.expect("a value"))));
    values
}

/// The types that the benchmark's table has.
fn value(value: Given<'_>) -> Value {
    match value {
        Given::Int(number) => Value::Int(number),
        Given::Double(number) => Value::Double(number),
        Given::Decimal(digits) => Value::Decimal(digits.to_owned()),
        Given::Text(text) => Value::Text(text.to_owned()),
        Given::DateTime(it) => Value::Datetime(Datetime {
            date: Date {
                year: it.date.year,
                month: it.date.month,
                day: it.date.day,
            },
            hour: it.hour,
            minute: it.minute,
            second: it.second,
            microsecond: it.microsecond,
        }),
        other => panic!("{other:?}"),
    }
}

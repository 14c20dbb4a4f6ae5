//! rds-bridge: a row borrows from the read buffer.

use std::hint::black_box;

use rds_bridge::Error;
use rds_bridge::mysql::{Connection, DateTime, Protocol as Executed, Row, Rows, ValueError};
use tokio::runtime::Runtime;

use super::{Depth, Fields, GROUPS, Protocol, RowReader, Shape, Totals, sum_of_blob, sum_of_group};
use crate::contenders::ours::Ours;
use crate::contenders::runtime;
use crate::settings::Settings;

pub struct OurRows {
    runtime: Runtime,
    connection: Connection,
    depth: Depth,
}

impl OurRows {
    pub fn open(settings: &Settings, depth: Depth) -> Self {
        let bridge = Ours::read_write(settings).bridge;
        let runtime = runtime();
        let mut connection = runtime.block_on(bridge.connect()).expect("a connection");
        // Left to itself, it would take the binary one.
        connection.set_protocol(Executed::Text);
        Self {
            runtime,
            connection,
            depth,
        }
    }
}

impl RowReader for OurRows {
    fn name(&self) -> &'static str {
        match self.depth {
            Depth::Walked => "ours, walked",
            Depth::Decoded => "ours",
        }
    }

    fn read(&mut self, shape: Shape, protocol: Protocol) -> Totals {
        let Self {
            runtime,
            connection,
            depth,
        } = self;
        let totals = async {
            let sql = shape.statement();
            let rows = match protocol {
                Protocol::Text => connection.query(sql).await?,
                Protocol::Binary => connection.query_with(sql, &[]).await?,
            };
            match (*depth, shape) {
                (Depth::Walked, _) => walk(rows).await,
                (Depth::Decoded, Shape::Mixed) => total(rows, mixed).await,
                (Depth::Decoded, Shape::One) => total(rows, one).await,
                (Depth::Decoded, Shape::Wide) => total(rows, wide).await,
                (Depth::Decoded, Shape::Blobs) => total(rows, blob).await,
            }
        };
        runtime.block_on(totals).expect("rows")
    }
}

async fn walk(mut rows: Rows<'_>) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some(row) = rows.next().await? {
        black_box(&row);
        totals.walk();
    }
    Ok(totals)
}

async fn total(
    mut rows: Rows<'_>,
    sum: impl Fn(&Row<'_>) -> Result<u64, ValueError>,
) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some(row) = rows.next().await? {
        totals.add(sum(&row).expect("the types"));
    }
    Ok(totals)
}

fn mixed(row: &Row<'_>) -> Result<u64, ValueError> {
    let made: DateTime = row.get(4)?;
    let date = made.date;
    let fields = Fields {
        n: row.get(0)?,
        big: row.get(1)?,
        name: row.get(2)?,
        price: row.get(3)?,
        made: [
            date.year,
            date.month.into(),
            date.day.into(),
            made.hour.into(),
            made.minute.into(),
            made.second.into(),
        ],
        ratio: row.get(5)?,
    };
    Ok(fields.sum())
}

fn one(row: &Row<'_>) -> Result<u64, ValueError> {
    Ok(row.get::<i64>(0)? as u64)
}

fn wide(row: &Row<'_>) -> Result<u64, ValueError> {
    let mut sum = 0_u64;
    for at in (0..4 * GROUPS).step_by(4) {
        sum = sum.wrapping_add(sum_of_group(
            row.get(at)?,
            row.get(at + 1)?,
            row.get(at + 2)?,
            row.get(at + 3)?,
        ));
    }
    Ok(sum)
}

fn blob(row: &Row<'_>) -> Result<u64, ValueError> {
    Ok(sum_of_blob(row.get(0)?))
}

//! rds-bridge: a row borrows from the read buffer, and becomes a tuple, as with the peers. A row with too many columns
//! is read value by value.

use std::hint::black_box;

use rds_bridge::Error;
use rds_bridge::mysql::{Connection, DateTime, Protocol as Executed, Rows};
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
        // The default would choose the binary protocol.
        connection.set_protocol(Executed::Text);
        Self {
            runtime,
            connection,
            depth,
        }
    }
}

impl OurRows {
    /// Executes a shape's statement and reads its rows with `read`.
    pub(super) fn read_with(
        &mut self,
        shape: Shape,
        protocol: Protocol,
        read: impl AsyncFnOnce(Rows<'_>) -> Result<Totals, Error>,
    ) -> Totals {
        let Self {
            runtime,
            connection,
            ..
        } = self;
        let totals = async {
            let sql = shape.statement();
            let rows = match protocol {
                Protocol::Text => connection.query(sql).await?,
                Protocol::Binary => connection.query_with(sql, &[]).await?,
            };
            read(rows).await
        };
        runtime.block_on(totals).expect("rows")
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
        let depth = self.depth;
        self.read_with(shape, protocol, async |rows| match (depth, shape) {
            (Depth::Walked, _) => walk(rows).await,
            (Depth::Decoded, Shape::Mixed) => mixed(rows).await,
            (Depth::Decoded, Shape::One) => one(rows).await,
            (Depth::Decoded, Shape::Wide) => wide(rows).await,
            (Depth::Decoded, Shape::Blobs) => blobs(rows).await,
        })
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

type Mixed<'a> = (i32, i64, &'a str, &'a str, DateTime, f64);

async fn mixed(mut rows: Rows<'_>) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some((n, big, name, price, made, ratio)) = rows.next_as::<Mixed<'_>>().await? {
        let fields = Fields {
            n,
            big,
            name,
            price,
            made: parts(made),
            ratio,
        };
        totals.add(fields.sum());
    }
    Ok(totals)
}

#[inline]
pub(super) fn parts(made: DateTime) -> [u16; 6] {
    let date = made.date;
    [
        date.year,
        date.month.into(),
        date.day.into(),
        made.hour.into(),
        made.minute.into(),
        made.second.into(),
    ]
}

async fn one(mut rows: Rows<'_>) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some((number,)) = rows.next_as::<(i64,)>().await? {
        totals.add(number as u64);
    }
    Ok(totals)
}

async fn blobs(mut rows: Rows<'_>) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some((blob,)) = rows.next_as::<(&[u8],)>().await? {
        totals.add(sum_of_blob(blob));
    }
    Ok(totals)
}

pub(super) async fn wide(mut rows: Rows<'_>) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some(row) = rows.next().await? {
        let mut sum = 0_u64;
        for at in (0..4 * GROUPS).step_by(4) {
            sum = sum.wrapping_add(sum_of_group(
                row.get(at)?,
                row.get(at + 1)?,
                row.get(at + 2)?,
                row.get(at + 3)?,
            ));
        }
        totals.add(sum);
    }
    Ok(totals)
}

//! rds-bridge: a row borrows from the read buffer.

use rds_bridge::Error;
use rds_bridge::mysql::{Connection, DateTime, Row, ValueError};
use tokio::runtime::Runtime;

use super::{Fields, Protocol, RowReader, STATEMENT, Totals};
use crate::contenders::ours::Ours;
use crate::contenders::runtime;
use crate::settings::Settings;

pub struct OurRows {
    runtime: Runtime,
    connection: Connection,
}

impl OurRows {
    pub fn open(settings: &Settings) -> Self {
        let bridge = Ours::read_write(settings).bridge;
        let runtime = runtime();
        let connection = runtime.block_on(bridge.connect()).expect("a connection");
        Self {
            runtime,
            connection,
        }
    }
}

impl RowReader for OurRows {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn read(&mut self, protocol: Protocol) -> Totals {
        let totals = read(&mut self.connection, protocol);
        self.runtime.block_on(totals).expect("rows")
    }
}

async fn read(connection: &mut Connection, protocol: Protocol) -> Result<Totals, Error> {
    let mut rows = match protocol {
        Protocol::Text => connection.query(STATEMENT).await?,
        Protocol::Binary => connection.query_with(STATEMENT, &[]).await?,
    };
    let mut totals = Totals::default();
    while let Some(row) = rows.next().await? {
        totals.add(&fields(&row).expect("the types"));
    }
    Ok(totals)
}

fn fields<'a>(row: &Row<'a>) -> Result<Fields<'a>, ValueError> {
    let made: DateTime = row.get(4)?;
    let date = made.date;
    Ok(Fields {
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
    })
}

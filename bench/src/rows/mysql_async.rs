//! mysql_async: each row a tuple of owned values.

use mysql_async::prelude::{Protocol as Encoding, Queryable};
use mysql_async::{Conn, QueryResult, Result};
use time::PrimitiveDateTime;
use tokio::runtime::Runtime;

use super::{Fields, Protocol, RowReader, STATEMENT, Totals};
use crate::contenders::mysql_async::{open, options, told};
use crate::contenders::runtime;
use crate::settings::Settings;

pub struct MysqlAsyncRows {
    runtime: Runtime,
    connection: Conn,
}

pub(super) type Owned = (i32, i64, String, String, PrimitiveDateTime, f64);

impl MysqlAsyncRows {
    pub fn open(settings: &Settings) -> Self {
        let runtime = runtime();
        let opts = told(options(settings));
        let connection = runtime.block_on(open(&opts, settings));
        Self {
            runtime,
            connection: connection.expect("a connection"),
        }
    }
}

impl RowReader for MysqlAsyncRows {
    fn name(&self) -> &'static str {
        "mysql_async"
    }

    fn read(&mut self, protocol: Protocol) -> Totals {
        let Self {
            runtime,
            connection,
        } = self;
        let totals = async {
            match protocol {
                Protocol::Text => total(connection.query_iter(STATEMENT).await?).await,
                Protocol::Binary => total(connection.exec_iter(STATEMENT, ()).await?).await,
            }
        };
        runtime.block_on(totals).expect("rows")
    }
}

async fn total<P: Encoding>(mut result: QueryResult<'_, '_, P>) -> Result<Totals> {
    let mut totals = Totals::default();
    while let Some(row) = result.next().await? {
        totals.add(&fields(&mysql_async::from_row(row)));
    }
    Ok(totals)
}

pub(super) fn fields(row: &Owned) -> Fields<'_> {
    let (n, big, name, price, made, ratio) = row;
    let year = u16::try_from(made.year()).expect("a year");
    Fields {
        n: *n,
        big: *big,
        name,
        price,
        made: [
            year,
            u8::from(made.month()).into(),
            made.day().into(),
            made.hour().into(),
            made.minute().into(),
            made.second().into(),
        ],
        ratio: *ratio,
    }
}

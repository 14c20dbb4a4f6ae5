//! mysql_async, which decodes rows to types.

use mysql_async::prelude::{Protocol as Encoding, Queryable};
use mysql_async::{Conn, QueryResult, Result, Row};
use tokio::runtime::Runtime;

use super::{Protocol, RowReader, Shape, Totals, decode};
use crate::contenders::mysql_async::{open, options, told};
use crate::contenders::runtime;
use crate::settings::Settings;

pub struct MysqlAsyncRows {
    runtime: Runtime,
    connection: Conn,
}

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

    fn read(&mut self, shape: Shape, protocol: Protocol) -> Totals {
        let Self {
            runtime,
            connection,
        } = self;
        let sql = shape.statement();
        let totals = async {
            match protocol {
                Protocol::Text => read(connection.query_iter(sql).await?, shape).await,
                Protocol::Binary => read(connection.exec_iter(sql, ()).await?, shape).await,
            }
        };
        runtime.block_on(totals).expect("rows")
    }
}

async fn read<P: Encoding>(result: QueryResult<'_, '_, P>, shape: Shape) -> Result<Totals> {
    match shape {
        Shape::Mixed => total(result, decode::mixed).await,
        Shape::One => total(result, decode::one).await,
        Shape::Wide => total(result, decode::wide).await,
        Shape::Blobs => total(result, decode::blob).await,
    }
}

async fn total<P: Encoding>(
    mut result: QueryResult<'_, '_, P>,
    sum: impl Fn(Row) -> u64,
) -> Result<Totals> {
    let mut totals = Totals::default();
    while let Some(row) = result.next().await? {
        totals.add(sum(row));
    }
    Ok(totals)
}

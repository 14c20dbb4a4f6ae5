//! mysql, a blocking client.

use std::hint::black_box;

use mysql::prelude::{Protocol as Encoding, Queryable};
use mysql::{Conn, QueryResult, Result, Row};

use super::{Depth, Protocol, RowReader, Shape, Totals, decode};
use crate::contenders::mysql::open;
use crate::settings::Settings;

pub struct MysqlRows {
    connection: Conn,
    depth: Depth,
}

impl MysqlRows {
    pub fn open(settings: &Settings, depth: Depth) -> Self {
        let connection = open(settings);
        Self { connection, depth }
    }
}

impl RowReader for MysqlRows {
    fn name(&self) -> &'static str {
        match self.depth {
            Depth::Walked => "mysql, walked",
            Depth::Decoded => "mysql",
        }
    }

    fn read(&mut self, shape: Shape, protocol: Protocol) -> Totals {
        let Self { connection, depth } = self;
        let sql = shape.statement();
        let totals = match protocol {
            Protocol::Text => connection
                .query_iter(sql)
                .and_then(|result| read(result, shape, *depth)),
            Protocol::Binary => connection
                .exec_iter(sql, ())
                .and_then(|result| read(result, shape, *depth)),
        };
        totals.expect("rows")
    }
}

fn read<P: Encoding>(
    result: QueryResult<'_, '_, '_, P>,
    shape: Shape,
    depth: Depth,
) -> Result<Totals> {
    match (depth, shape) {
        (Depth::Walked, _) => walk(result),
        (Depth::Decoded, Shape::Mixed) => total(result, decode::mixed),
        (Depth::Decoded, Shape::One) => total(result, decode::one),
        (Depth::Decoded, Shape::Wide) => total(result, decode::wide),
        (Depth::Decoded, Shape::Blobs) => total(result, decode::blob),
    }
}

fn walk<P: Encoding>(result: QueryResult<'_, '_, '_, P>) -> Result<Totals> {
    let mut totals = Totals::default();
    for row in result {
        black_box(row?);
        totals.walk();
    }
    Ok(totals)
}

fn total<P: Encoding>(
    result: QueryResult<'_, '_, '_, P>,
    sum: impl Fn(Row) -> u64,
) -> Result<Totals> {
    let mut totals = Totals::default();
    for row in result {
        totals.add(sum(row?));
    }
    Ok(totals)
}

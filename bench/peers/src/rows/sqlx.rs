//! sqlx. Each value has the type that sqlx decodes without a copy.

use futures_util::TryStreamExt;
use sqlx::mysql::MySqlRow;
use sqlx::{MySqlConnection, Result, Row};
use time::PrimitiveDateTime;
use tokio::runtime::Runtime;

use super::{Fields, GROUPS, Protocol, RowReader, Shape, Totals, sum_of_blob, sum_of_group};
use crate::contenders::runtime;
use crate::contenders::sqlx::open;
use crate::rows::decode::parts;
use crate::settings::Settings;

pub struct SqlxRows {
    runtime: Runtime,
    connection: MySqlConnection,
}

impl SqlxRows {
    pub fn open(settings: &Settings) -> Self {
        let runtime = runtime();
        let connection = runtime.block_on(open(settings));
        Self {
            runtime,
            connection,
        }
    }
}

impl RowReader for SqlxRows {
    fn name(&self) -> &'static str {
        "sqlx"
    }

    fn read(&mut self, shape: Shape, protocol: Protocol) -> Totals {
        let Self {
            runtime,
            connection,
        } = self;
        let totals = async {
            match shape {
                Shape::Mixed => total(connection, shape, protocol, mixed).await,
                Shape::One => total(connection, shape, protocol, one).await,
                Shape::Wide => total(connection, shape, protocol, wide).await,
                Shape::Blobs => total(connection, shape, protocol, blob).await,
            }
        };
        runtime.block_on(totals).expect("rows")
    }
}

async fn total(
    connection: &mut MySqlConnection,
    shape: Shape,
    protocol: Protocol,
    sum: impl Fn(&MySqlRow) -> Result<u64>,
) -> Result<Totals> {
    let sql = shape.statement();
    let mut rows = match protocol {
        Protocol::Text => sqlx::raw_sql(sql).fetch(connection),
        Protocol::Binary => sqlx::query(sql).fetch(connection),
    };
    let mut totals = Totals::default();
    while let Some(row) = rows.try_next().await? {
        totals.add(sum(&row)?);
    }
    Ok(totals)
}

fn mixed(row: &MySqlRow) -> Result<u64> {
    let made: PrimitiveDateTime = row.try_get(4)?;
    let fields = Fields {
        n: row.try_get(0)?,
        big: row.try_get(1)?,
        name: row.try_get(2)?,
        // A DECIMAL arrives as text, but sqlx does not allow `&str` for that type unless the check is off.
        price: row.try_get_unchecked(3)?,
        made: parts(made),
        ratio: row.try_get(5)?,
    };
    Ok(fields.sum())
}

fn one(row: &MySqlRow) -> Result<u64> {
    Ok(row.try_get::<i64, _>(0)? as u64)
}

fn wide(row: &MySqlRow) -> Result<u64> {
    let mut sum = 0_u64;
    for at in (0..4 * GROUPS).step_by(4) {
        sum = sum.wrapping_add(sum_of_group(
            row.try_get(at)?,
            row.try_get(at + 1)?,
            row.try_get(at + 2)?,
            row.try_get(at + 3)?,
        ));
    }
    Ok(sum)
}

fn blob(row: &MySqlRow) -> Result<u64> {
    Ok(sum_of_blob(row.try_get(0)?))
}

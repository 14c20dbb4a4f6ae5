//! rds-bridge with `#[derive(FromRow)]`: a row becomes a struct. A row with too many columns is read value by value.

use rds_bridge::Error;
use rds_bridge::mysql::{DateTime, FromRow, Rows};

use super::ours::{OurRows, parts, wide};
use super::{Depth, Fields, Protocol, RowReader, Shape, Totals, sum_of_blob};
use crate::settings::Settings;

pub struct OurStructs(OurRows);

impl OurStructs {
    pub fn open(settings: &Settings) -> Self {
        Self(OurRows::open(settings, Depth::Decoded))
    }
}

impl RowReader for OurStructs {
    fn name(&self) -> &'static str {
        "ours, structs"
    }

    fn read(&mut self, shape: Shape, protocol: Protocol) -> Totals {
        let rows = &mut self.0;
        rows.read_with(shape, protocol, async |rows| match shape {
            Shape::Mixed => mixed(rows).await,
            Shape::One => one(rows).await,
            Shape::Wide => wide(rows).await,
            Shape::Blobs => blobs(rows).await,
        })
    }
}

#[derive(FromRow)]
struct Mixed<'r> {
    n: i32,
    big: i64,
    name: &'r str,
    price: &'r str,
    made: DateTime,
    ratio: f64,
}

async fn mixed(mut rows: Rows<'_>) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some(row) = rows.next_as::<Mixed<'_>>().await? {
        let fields = Fields {
            n: row.n,
            big: row.big,
            name: row.name,
            price: row.price,
            made: parts(row.made),
            ratio: row.ratio,
        };
        totals.add(fields.sum());
    }
    Ok(totals)
}

#[derive(FromRow)]
struct One {
    big: i64,
}

async fn one(mut rows: Rows<'_>) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some(One { big }) = rows.next_as().await? {
        totals.add(big as u64);
    }
    Ok(totals)
}

#[derive(FromRow)]
struct Blob<'r> {
    body: &'r [u8],
}

async fn blobs(mut rows: Rows<'_>) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    while let Some(row) = rows.next_as::<Blob<'_>>().await? {
        totals.add(sum_of_blob(row.body));
    }
    Ok(totals)
}

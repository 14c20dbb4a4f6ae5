//! Rows as columns: Arrow IPC and Parquet, from the borrowed row straight into the arrays' builders.
//!
//! | MySQL | Arrow |
//! |---|---|
//! | `TINYINT`, `SMALLINT`, `MEDIUMINT` and `INT`, `BIGINT` | `Int8`, `Int16`, `Int32`, `Int64`; `UNSIGNED`: `UInt8` to `UInt64` |
//! | `YEAR` | `UInt16` |
//! | `FLOAT`, `DOUBLE` | `Float32`, `Float64` |
//! | `DECIMAL(p,s)` | `Decimal128(p,s)` up to 38 digits, `Decimal256(p,s)` above |
//! | `DATE` | `Date32` |
//! | `DATETIME`, `TIMESTAMP` | `Timestamp(Microsecond)` without a zone: what the server shows, for `TIMESTAMP` in the session's |
//! | `TIME` | `Duration(Microsecond)`: it is a span, up to 838 hours and below zero too, and `Time64` is a time of day |
//! | `CHAR`, `VARCHAR`, `TEXT`, `ENUM`, `SET`, `JSON` | `Utf8` |
//! | `BIT` | `UInt64` |
//! | `BINARY`, `VARBINARY`, `BLOB`, geometry | `Binary` |
//! | `VECTOR` of MySQL | `List(Float32)` |
//! | `NULL` | `Null` |
//!
//! Every column may be NULL, whatever the server announces (see `schema.rs`).
//!
//! Parquet has no type for a span: it is `INT64` there, and the Arrow schema in the file says what it is. What
//! has no value of its type in Arrow, as the day 0000-00-00, is an error: another value it never becomes.
//!
//! Memory does not grow with the rows' number: see `batch.rs` and `parquet.rs`.

mod array;
mod batch;
mod calendar;
mod decimal;
mod error;
mod ipc;
#[cfg(feature = "parquet")]
mod parquet;
mod schema;

use std::fmt;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use batch::BatchBuilder;
pub use error::{Error, Unfit};
use rds_bridge::mysql::{Column, Row};

/// What a format makes of the batches. It writes into memory; whoever calls it takes that away.
trait Sink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error>;

    /// No batch follows: what makes the bytes a whole.
    fn finish(&mut self) -> Result<(), Error>;

    /// What has been written and not been taken yet.
    fn bytes(&mut self) -> &mut Vec<u8>;

    /// What is put behind bytes that are not whole, or no longer what they are to be.
    fn cut_off(&self) -> &'static [u8];
}

type Open = fn(SchemaRef) -> Result<Box<dyn Sink>, Error>;

/// One result, as columns.
pub struct Columnar {
    format: &'static str,
    open: Open,
    writing: Option<Writing>,
}

impl fmt::Debug for Columnar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columnar")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

struct Writing {
    batch: BatchBuilder,
    sink: Box<dyn Sink>,
}

impl Columnar {
    pub(super) fn ipc_file() -> Self {
        Self::new("arrow", ipc::file)
    }

    pub(super) fn ipc_stream() -> Self {
        Self::new("arrow-stream", ipc::stream)
    }

    #[cfg(feature = "parquet")]
    pub(super) fn parquet() -> Self {
        Self::new("parquet", parquet::file)
    }

    fn new(format: &'static str, open: Open) -> Self {
        Self {
            format,
            open,
            writing: None,
        }
    }

    /// One result is all that these formats hold.
    pub(super) fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) -> Result<(), Error> {
        if self.writing.is_some() {
            return Err(Error::SecondResult {
                format: self.format,
            });
        }
        let schema = schema::arrow_schema(columns)?;
        let mut sink = (self.open)(schema.clone())?;
        take(&mut *sink, out);
        let batch = BatchBuilder::new(schema)?;
        self.writing = Some(Writing { batch, sink });
        Ok(())
    }

    pub(super) fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(Writing { batch, sink }) = &mut self.writing else {
            return Ok(());
        };
        batch.append(row)?;
        if batch.is_full() {
            sink.write(&batch.finish()?)?;
            take(&mut **sink, out);
        }
        Ok(())
    }

    /// Behind the last result. Without any, there is nothing to write.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(Writing { batch, sink }) = &mut self.writing else {
            return Ok(());
        };
        if !batch.is_empty() {
            sink.write(&batch.finish()?)?;
        }
        sink.finish()?;
        take(&mut **sink, out);
        Ok(())
    }

    pub(super) fn cut_off(&mut self, out: &mut Vec<u8>) {
        if let Some(writing) = &self.writing {
            out.extend_from_slice(writing.sink.cut_off());
        }
    }
}

/// A row group is large: where it can, it changes hands.
fn take(sink: &mut dyn Sink, out: &mut Vec<u8>) {
    let bytes = sink.bytes();
    match out.is_empty() {
        true => std::mem::swap(bytes, out),
        false => out.append(bytes),
    }
}

//! Writes rows as columns, in Arrow IPC and Parquet.
//!
//! Values go directly from the borrowed row into the arrays' builders.
//!
//! | MySQL | Arrow |
//! |---|---|
//! | `TINYINT`, `SMALLINT`, `MEDIUMINT` and `INT`, `BIGINT` | `Int8`, `Int16`, `Int32`, `Int64` |
//! | the same, `UNSIGNED` | `UInt8`, `UInt16`, `UInt32`, `UInt64` |
//! | `YEAR` | `UInt16` |
//! | `FLOAT`, `DOUBLE` | `Float32`, `Float64` |
//! | `DECIMAL(p,s)` | `Decimal128(p,s)` up to 38 digits, `Decimal256(p,s)` above |
//! | `DATE` | `Date32` |
//! | `DATETIME`, `TIMESTAMP` | `Timestamp(Microsecond)` without a zone; `TIMESTAMP` is in the session's time zone |
//! | `TIME` | `Duration(Microsecond)`: a span, from -838 to 838 hours. `Time64` is a time of day |
//! | `CHAR`, `VARCHAR`, `TEXT`, `ENUM`, `SET`, `JSON` | `Utf8` |
//! | `BIT` | `UInt64` |
//! | `BINARY`, `VARBINARY`, `BLOB`, geometry | `Binary` |
//! | `VECTOR` of MySQL | `List(Float32)` |
//! | `NULL` | `Null` |
//!
//! Every column is nullable, whatever the server announces (see `schema.rs`).
//!
//! Parquet has no type for a span: the column is an `INT64`, and the Arrow schema in the file gives its type. A value
//! that its Arrow type cannot hold, such as the date 0000-00-00, is an error. It is never replaced by another value.
//!
//! Memory does not grow with the number of rows: `batch.rs` and `parquet.rs` set the limits.

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

/// Encodes record batches in one format. It writes to memory, and the caller drains the bytes.
trait Sink: Send {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error>;

    /// Completes the output, after the last batch.
    fn finish(&mut self) -> Result<(), Error>;

    /// Bytes that are written but not drained yet.
    fn bytes(&mut self) -> &mut Vec<u8>;

    /// The bytes to append to incomplete or invalid output, so that no reader accepts it.
    fn cut_off(&self) -> &'static [u8];
}

type Open = fn(SchemaRef) -> Result<Box<dyn Sink>, Error>;

/// Encodes one result as columns.
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

    /// Begins the result. A second one is an error, because these formats hold one.
    pub(super) fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) -> Result<(), Error> {
        if self.writing.is_some() {
            return Err(Error::SecondResult {
                format: self.format,
            });
        }
        let schema = schema::arrow_schema(columns)?;
        let mut sink = (self.open)(schema.clone())?;
        drain_into(&mut *sink, out);
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
            drain_into(&mut **sink, out);
        }
        Ok(())
    }

    /// Writes the last batch and completes the output. Without a result, writes nothing.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(Writing { batch, sink }) = &mut self.writing else {
            return Ok(());
        };
        if !batch.is_empty() {
            sink.write(&batch.finish()?)?;
        }
        sink.finish()?;
        drain_into(&mut **sink, out);
        Ok(())
    }

    pub(super) fn cut_off(&mut self, out: &mut Vec<u8>) {
        if let Some(writing) = &self.writing {
            out.extend_from_slice(writing.sink.cut_off());
        }
    }
}

/// Moves the sink's bytes to `out`. An empty `out` is swapped, because copying a row group would be slow.
fn drain_into(sink: &mut dyn Sink, out: &mut Vec<u8>) {
    let bytes = sink.bytes();
    match out.is_empty() {
        true => std::mem::swap(bytes, out),
        false => out.append(bytes),
    }
}

//! The encoder of rows, for every format.

use std::fmt;

#[cfg(feature = "arrow")]
use super::arrow::Columnar;
use super::{Error, Escape, Writer};
use rds_bridge::mysql::{Column, Row};

/// Encodes rows in one format. Text formats hold every value; formats of columns do not.
pub enum Encoder {
    /// A text format.
    Text(Box<dyn Writer>),
    /// A columnar format: Arrow or Parquet.
    #[cfg(feature = "arrow")]
    Columnar(Columnar),
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text"),
            #[cfg(feature = "arrow")]
            Self::Columnar(columnar) => f.debug_tuple("Columnar").field(columnar).finish(),
        }
    }
}

impl Encoder {
    /// Begins a result: writes what precedes its rows to `out`.
    ///
    /// # Errors
    ///
    /// [`Error::Columnar`]: Arrow has no type for a column, or this is a second result, which these formats cannot
    /// hold.
    pub fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Text(writer) => writer.begin(columns, out),
            #[cfg(feature = "arrow")]
            Self::Columnar(columnar) => columnar.begin(columns, out)?,
        }
        Ok(())
    }

    /// Adds a row. If it fails, no part of the row is in `out`.
    ///
    /// # Errors
    ///
    /// [`Error::Value`]: the server's bytes are not of the column's type. [`Error::Columnar`]: the column's Arrow type
    /// cannot hold the value, or a batch cannot be written.
    #[inline]
    pub fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Text(writer) => {
                let length = out.len();
                writer.row(row, out).map_err(|error| {
                    // Remove the part of the row that was written.
                    out.truncate(length);
                    error.into()
                })
            }
            #[cfg(feature = "arrow")]
            Self::Columnar(columnar) => Ok(columnar.row(row, out)?),
        }
    }

    /// Ends the result: writes what follows its rows to `out`.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Text(writer) => writer.end(out),
            // Not here but in `finish`: if another result follows, the output must not be complete.
            #[cfg(feature = "arrow")]
            Self::Columnar(_) => {}
        }
    }

    /// Ends the output, after the last result. Text formats write nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Columnar`]: the arrays cannot be written.
    #[cfg_attr(
        not(feature = "arrow"),
        expect(
            unused_variables,
            clippy::ptr_arg,
            reason = "text formats write nothing at the end"
        )
    )]
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Text(_) => Ok(()),
            #[cfg(feature = "arrow")]
            Self::Columnar(columnar) => Ok(columnar.finish(out)?),
        }
    }

    /// How to escape the output for a terminal. Columnar output is never shown on one.
    pub fn escape(&self) -> Escape {
        match self {
            Self::Text(writer) => writer.escape(),
            #[cfg(feature = "arrow")]
            Self::Columnar(_) => Escape::Done,
        }
    }

    /// Whether the output is incomplete without at least one result.
    pub fn needs_result(&self) -> bool {
        match self {
            Self::Text(_) => false,
            #[cfg(feature = "arrow")]
            Self::Columnar(_) => true,
        }
    }

    /// Marks the output as incomplete, so that no reader takes it for complete. `is_in_result` tells whether it ends
    /// within a result or after one.
    pub fn cut_off(&mut self, is_in_result: bool, out: &mut Vec<u8>) {
        match self {
            Self::Text(writer) => {
                if !is_in_result {
                    writer.begin(&[], out);
                }
                writer.cut_off(out);
            }
            #[cfg(feature = "arrow")]
            Self::Columnar(columnar) => columnar.cut_off(out),
        }
    }
}

//! What the rows go through, of whatever format.

use std::fmt;

#[cfg(feature = "arrow")]
use super::arrow::Columnar;
use super::{Error, Escape, Writer};
use rds_bridge::mysql::{Column, Row};

/// Rows as text, which holds every value; or as columns, which do not.
pub enum Encoder {
    /// A text format.
    Text(Box<dyn Writer>),
    /// A format of columns: Arrow or Parquet.
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
    /// Begins a result.
    ///
    /// # Errors
    ///
    /// [`Error::Columnar`]: Arrow has no type for a column, or a second result begins.
    pub fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Text(writer) => writer.begin(columns, out),
            #[cfg(feature = "arrow")]
            Self::Columnar(columnar) => columnar.begin(columns, out)?,
        }
        Ok(())
    }

    /// Adds a row. A row that fails is not in the output.
    ///
    /// # Errors
    ///
    /// [`Error::Value`], if the server's bytes are not of the column's type; [`Error::Columnar`], if Arrow has no such
    /// value.
    #[inline]
    pub fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Text(writer) => {
                let length = out.len();
                writer.row(row, out).map_err(|error| {
                    // Half a row is none.
                    out.truncate(length);
                    error.into()
                })
            }
            #[cfg(feature = "arrow")]
            Self::Columnar(columnar) => Ok(columnar.row(row, out)?),
        }
    }

    /// Ends the result.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Text(writer) => writer.end(out),
            // Another may follow, and then it is not whole.
            #[cfg(feature = "arrow")]
            Self::Columnar(_) => {}
        }
    }

    /// Ends the output, after the last result.
    ///
    /// # Errors
    ///
    /// [`Error::Columnar`], if the arrays cannot be written.
    #[cfg_attr(
        not(feature = "arrow"),
        expect(
            unused_variables,
            clippy::ptr_arg,
            reason = "a text has no end of its own"
        )
    )]
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Text(_) => Ok(()),
            #[cfg(feature = "arrow")]
            Self::Columnar(columnar) => Ok(columnar.finish(out)?),
        }
    }

    /// How a terminal is to be shown it. It is not shown columns.
    pub fn escape(&self) -> Escape {
        match self {
            Self::Text(writer) => writer.escape(),
            #[cfg(feature = "arrow")]
            Self::Columnar(_) => Escape::Done,
        }
    }

    /// Whether it must have a result to be whole.
    pub fn needs_result(&self) -> bool {
        match self {
            Self::Text(_) => false,
            #[cfg(feature = "arrow")]
            Self::Columnar(_) => true,
        }
    }

    /// It was cut off, within a result or behind one: what has been written must not look whole.
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

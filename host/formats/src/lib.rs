//! Rows as text or as columns, straight from the borrowed row: no tree of values in between.
//!
//! ```no_run
//! use rds_bridge_formats::{Format, TextOptions};
//!
//! # async fn export(connection: &mut rds_bridge::mysql::Connection) -> Result<(), Box<dyn std::error::Error>> {
//! let mut encoder = Format::Ndjson.encoder(&TextOptions::default())?;
//! let mut out = Vec::new();
//! let mut rows = connection.query("SELECT * FROM items").await?;
//! encoder.begin(rows.columns(), &mut out)?;
//! while let Some(row) = rows.next().await? {
//!     encoder.row(&row, &mut out)?; // write `out` and clear it whenever it is long enough
//! }
//! encoder.end(&mut out);
//! encoder.finish(&mut out)?;
//! # Ok(())
//! # }
//! ```
//!
//! Text formats are always there. Arrow IPC and Parquet are the features `arrow` and `parquet`.

#[cfg(feature = "arrow")]
pub mod arrow;
mod csv;
mod encoder;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod json;
mod options;
mod table;
mod text;
mod tsv;
mod vertical;

pub use encoder::Encoder;
pub use error::Error;
pub use options::{CsvDelimiter, Header, JsonBigint, TextOptions};

use std::marker::PhantomData;
use std::path::Path;

use rds_bridge::mysql::{Column, Row, Value, ValueError, Visit};

/// How rows are written.
///
/// `TIMESTAMP` values are written as the server shows them, in the time zone of the session and without naming it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Format {
    /// Table with borders, for people; the default on a terminal
    Table,
    /// One line per value, for wide rows
    Vertical,
    /// One array of objects
    Json,
    /// One object per line (JSON Lines); the default in a pipe or a file
    Ndjson,
    /// RFC 4180, with a header line. NULL is an empty field, an empty string is "". Values are not altered: a
    /// spreadsheet takes those that begin with = + - or @ for formulas
    Csv,
    /// Tab-separated, with a header line. NULL is \N; \t \n \r \0 and \\ are escapes
    Tsv,
    /// Apache Parquet, one result; requires the feature parquet
    Parquet,
    /// Apache Arrow IPC file (Feather), one result; requires the feature arrow
    Arrow,
    /// Apache Arrow IPC stream, for pipes; requires the feature arrow
    ArrowStream,
}

/// What a format is escaped by where a terminal shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Nothing is left to escape: it is written for people.
    Done,
    /// `\u{9b}`
    Text,
    /// `\u009b`, which reads back as the same text.
    Json,
}

/// Writes one result after another into a buffer, as text.
pub trait Writer {
    /// A result begins.
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>);

    /// A row of it.
    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError>;

    /// It has come to its end.
    fn end(&mut self, out: &mut Vec<u8>);

    /// It was cut off: what has been written must not look whole.
    fn cut_off(&mut self, out: &mut Vec<u8>);

    /// How a terminal is to be shown it.
    fn escape(&self) -> Escape {
        Escape::Text
    }
}

/// How a format writes a value.
trait WriteValue {
    /// Must be `#[inline(always)]` (see [`Visit`]). It is a trait's function because a call through `Fn` is not
    /// inlined, whatever the function called says.
    fn write(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>);
}

/// Writes the values of a row as `F` has them, each behind what `before` writes.
#[inline(always)]
fn each_value<F: WriteValue>(
    row: &Row<'_>,
    out: &mut Vec<u8>,
    before: impl Fn(&mut Vec<u8>, usize),
) -> Result<(), ValueError> {
    for (index, column) in row.columns().iter().enumerate() {
        before(out, index);
        let is_written = row.visit(
            index,
            Write::<F> {
                out: &mut *out,
                column,
                format: PhantomData,
            },
        );
        if !is_written {
            return Err(row.unreadable(index));
        }
    }
    Ok(())
}

struct Write<'o, 'c, F> {
    out: &'o mut Vec<u8>,
    column: &'c Column,
    format: PhantomData<F>,
}

impl<'a, F: WriteValue> Visit<'a> for Write<'_, '_, F> {
    type Output = bool;

    #[inline(always)]
    fn visit(self, value: Option<Value<'a>>) -> bool {
        match value {
            Some(value) => {
                F::write(self.out, value, Some(self.column));
                true
            }
            None => false,
        }
    }
}

/// The extensions of file names, and their formats.
const EXTENSIONS: [(&str, Format); 12] = [
    ("parquet", Format::Parquet),
    ("arrow", Format::Arrow),
    ("feather", Format::Arrow),
    ("arrows", Format::ArrowStream),
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("tab", Format::Tsv),
    ("json", Format::Json),
    ("ndjson", Format::Ndjson),
    ("jsonl", Format::Ndjson),
    ("txt", Format::Table),
    ("text", Format::Table),
];

impl Format {
    /// The format of a file's extension, if that is one of [`Self::endings`].
    pub fn of_file(path: &Path) -> Option<Self> {
        let extension = path.extension().unwrap_or_default();
        let mut known = EXTENSIONS.iter();
        let found = known.find(|(known, _)| extension.eq_ignore_ascii_case(known));
        found.map(|(_, format)| *format)
    }

    /// The extensions that have a format, as `.csv .json`.
    pub fn endings() -> String {
        EXTENSIONS.map(|(known, _)| format!(".{known}")).join(" ")
    }

    /// An encoder that writes rows in this format. The options of other formats are ignored.
    ///
    /// # Errors
    ///
    /// [`Error::NotBuiltIn`], if the crate was built without the format's feature.
    pub fn encoder(self, options: &TextOptions) -> Result<Encoder, Error> {
        let bigint = options.json_bigint;
        Ok(Encoder::Text(match self {
            Self::Table => Box::new(table::Table::default()),
            Self::Vertical => Box::new(vertical::Vertical::default()),
            Self::Json => Box::new(bigint.apply_to(json::Json::array())),
            Self::Ndjson => Box::new(bigint.apply_to(json::Json::lines())),
            Self::Csv => csv::writer(options.csv_delimiter, options.header),
            Self::Tsv => Box::new(tsv::Tsv::new(options.header)),
            #[cfg(feature = "parquet")]
            Self::Parquet => return Ok(Encoder::Columnar(arrow::Columnar::parquet())),
            #[cfg(feature = "arrow")]
            Self::Arrow => return Ok(Encoder::Columnar(arrow::Columnar::ipc_file())),
            #[cfg(feature = "arrow")]
            Self::ArrowStream => return Ok(Encoder::Columnar(arrow::Columnar::ipc_stream())),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => return Err(Error::NotBuiltIn { feature: "parquet" }),
            #[cfg(not(feature = "arrow"))]
            Self::Arrow => return Err(Error::NotBuiltIn { feature: "arrow" }),
            #[cfg(not(feature = "arrow"))]
            Self::ArrowStream => return Err(Error::NotBuiltIn { feature: "arrow" }),
        }))
    }

    /// Whether the format is binary, so that a terminal cannot show it.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow | Self::ArrowStream)
    }
}

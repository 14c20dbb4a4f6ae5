//! Writes rows as text or as columns.
//!
//! Values are written directly from the borrowed row, without an intermediate tree of values.
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
//!     encoder.row(&row, &mut out)?; // write `out` to its destination and clear it from time to time
//! }
//! encoder.end(&mut out);
//! encoder.finish(&mut out)?;
//! # Ok(())
//! # }
//! ```
//!
//! The text formats are always available. Arrow IPC needs the feature `arrow`, and Parquet the feature `parquet`.

#[cfg(feature = "arrow")]
pub mod arrow;
mod csv;
mod encoder;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod json;
pub mod media_types;
mod options;
mod table;
mod table_width;
mod text;
mod tsv;
mod vertical;

pub use encoder::Encoder;
pub use error::Error;
pub use options::{CsvDelimiter, Header, JsonBigint, TableWidth, TextOptions, TooMany};

use std::marker::PhantomData;
use std::path::Path;

use rds_bridge::mysql::{Column, Row, Value, ValueError, Visit};

/// The format of the rows.
///
/// `TIMESTAMP` values are written as the server sends them: in the session's time zone, which the output does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Format {
    /// Table with borders, for people; the default on a terminal
    Table,
    /// One line per value, for wide rows
    Vertical,
    /// One array with an object per row
    Json,
    /// One object per line (JSON Lines); the default in a pipe or a file
    Ndjson,
    /// RFC 4180, with a header line. NULL is an empty field, an empty string is "". Values are not altered: a
    /// spreadsheet evaluates those that begin with = + - or @ as formulas
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

/// How the output of a format is escaped for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Not at all: the format has already escaped its values for display.
    Done,
    /// As `\u{9b}`, for display only.
    Text,
    /// As `\u009b`, which a JSON parser reads as the same text.
    Json,
}

/// Writes results in a text format. The methods append to `out`.
pub trait Writer: Send {
    /// Begins a result with these columns.
    fn begin(&mut self, columns: &[Column], out: &mut Vec<u8>);

    /// Writes a row of the result.
    ///
    /// # Errors
    ///
    /// The server's bytes are not of the column's type. `out` may then contain a part of the row.
    fn row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), ValueError>;

    /// Ends the result.
    fn end(&mut self, out: &mut Vec<u8>);

    /// Marks the output as incomplete, so that no reader takes it for complete.
    fn cut_off(&mut self, out: &mut Vec<u8>);

    /// How to escape the output for a terminal. Default: [`Escape::Text`].
    fn escape(&self) -> Escape {
        Escape::Text
    }
}

/// How a format writes a value.
trait WriteValue {
    /// Writes one value. Implementations must be `#[inline(always)]` (see [`Visit`]). This is a trait's function
    /// because the compiler does not inline a call through `Fn`, whatever attribute the called function has.
    fn write(out: &mut Vec<u8>, value: Value<'_>, column: Option<&Column>);
}

/// Writes the values of a row in the format `F`. Before each value, calls `before` with its index.
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

/// The format for each extension of a file's name.
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
    /// The format for a file, by its extension, ignoring case; `None` if the extension is not one of [`Self::endings`].
    pub fn of_file(path: &Path) -> Option<Self> {
        let extension = path.extension().unwrap_or_default();
        let mut known = EXTENSIONS.iter();
        let found = known.find(|(known, _)| extension.eq_ignore_ascii_case(known));
        found.map(|(_, format)| *format)
    }

    /// The known extensions, separated by spaces: `.csv .json` and so on.
    pub fn endings() -> String {
        EXTENSIONS.map(|(known, _)| format!(".{known}")).join(" ")
    }

    /// Returns an encoder for this format. Each option applies to some formats, and the others ignore it.
    ///
    /// # Errors
    ///
    /// [`Error::NotBuiltIn`]: the crate was built without the format's feature.
    pub fn encoder(self, options: &TextOptions) -> Result<Encoder, Error> {
        let bigint = options.json_bigint;
        Ok(Encoder::Text(match self {
            Self::Table => Box::new(table::Table::new(options.table_width)),
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

    /// Whether the format is binary, and not readable on a terminal.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow | Self::ArrowStream)
    }
}

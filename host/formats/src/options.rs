//! Options of the text formats.

use super::json::Json;

/// How the text formats write rows, where they leave a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// How JSON represents `BIGINT` columns.
    pub json_bigint: JsonBigint,
    /// Whether CSV and TSV begin each result with a header line.
    pub header: Header,
    /// What CSV writes between two fields.
    pub csv_delimiter: CsvDelimiter,
    /// The width that a table must not exceed, in terminal columns. Default: none.
    pub table_width: Option<TableWidth>,
}

/// The greatest width of a table. To fit, values of columns that are not numbers are cut, and end with `…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableWidth {
    /// The number of terminal columns.
    pub columns: usize,
    /// How to write a result that has too many columns to fit.
    pub too_many: TooMany,
}

/// How to write a result that has too many columns for the width of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMany {
    /// As a table that is wider.
    WiderTable,
    /// As the format vertical.
    Vertical,
}

/// How JSON represents `BIGINT` columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum JsonBigint {
    /// As numbers. JavaScript and jq represent integers up to 2^53 exactly.
    #[default]
    Number,
    /// As strings, which every reader represents exactly.
    Text,
}

impl JsonBigint {
    pub(super) fn apply_to(self, json: Json) -> Json {
        match self {
            Self::Number => json,
            Self::Text => json.with_bigint_as_text(),
        }
    }
}

/// Whether a result begins with a line of column names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// It does.
    #[default]
    Written,
    /// It does not.
    Omitted,
}

/// The character between two fields of CSV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CsvDelimiter {
    /// `,`, as in RFC 4180.
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
}

//! Errors of converting rows to columns. Their messages suggest what to do.

use arrow_schema::ArrowError;

use rds_bridge::mysql::ValueError;

/// Why rows cannot be converted to columns.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The Arrow type of the column cannot hold a value.
    #[error("row {row}, column {column}: {unfit}")]
    Unfit {
        /// The row's number, from 1.
        row: u64,
        /// The column's name.
        column: String,
        /// Why the value does not fit.
        unfit: Unfit,
    },
    /// A `DECIMAL` column with more digits after the decimal point than Arrow supports.
    #[error(
        "column {column} has {digits} digits after the decimal point, but Arrow supports at most 76"
    )]
    Scale {
        /// The column's name.
        column: String,
        /// The number of digits after the decimal point.
        digits: u8,
    },
    /// The statement returned more than one result.
    #[error(
        "{format} holds one result, but there are several: use the format ndjson, or write one file for each statement"
    )]
    SecondResult {
        /// The format's name.
        format: &'static str,
    },
    /// The server's bytes are not a value of the column's type.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A bug: the arrays that this crate builds always match the schema.
    #[error("cannot write Arrow data; this is a bug in rds-bridge: {0}")]
    Arrow(#[from] ArrowError),
    /// A bug: Parquet has a type for every array that this crate builds.
    #[cfg(feature = "parquet")]
    #[error("cannot write Parquet data; this is a bug in rds-bridge: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// Why the Arrow type of a column cannot hold a value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A zero date, or a day that is not in the calendar.
    #[error(
        "{value} is not a calendar date, so Arrow cannot represent it: replace a zero date by NULL with NULLIF(…, 0), \
         or convert to text with CAST(… AS CHAR)"
    )]
    Day {
        /// As the server sent it.
        value: String,
    },
    /// An hour, minute, second or fraction that is out of range. Only a broken server sends one.
    #[error("{value} is not a time of day: convert it to text with CAST(… AS CHAR)")]
    Clock {
        /// As the server sent it.
        value: String,
    },
    /// A `DECIMAL` with more digits than the server announced.
    #[error(
        "{value} does not fit into DECIMAL({precision},{scale}), the column type that the server announced: use CAST(… \
         AS DECIMAL(65,30)) or CAST(… AS CHAR)"
    )]
    Decimal {
        /// As the server sent it.
        value: String,
        /// The total number of digits.
        precision: u8,
        /// The number of digits after the decimal point.
        scale: u8,
    },
    /// A number outside the range of the type that the server announced.
    #[error(
        "the number does not fit into {expected}, the column type that the server announced: use CAST(… AS SIGNED) or \
         CAST(… AS CHAR)"
    )]
    Number {
        /// The announced type.
        expected: &'static str,
    },
    /// A value of more than 1 GiB, which is too long for an array.
    #[error("the value is longer than 1 GiB: select a part of it with SUBSTRING(…)")]
    Length,
}

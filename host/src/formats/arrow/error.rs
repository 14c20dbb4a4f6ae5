//! Why rows do not become columns, and what to do.

use arrow_schema::ArrowError;

use crate::mysql::ValueError;

/// Why rows do not become columns.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A value that its column's type does not have.
    #[error("row {row}, column {column}: {unfit}")]
    Unfit {
        /// Counted from 1.
        row: u64,
        column: String,
        unfit: Unfit,
    },
    #[error(
        "column {column} has {digits} digits behind the point, and Arrow's decimals at most 76"
    )]
    Scale { column: String, digits: u8 },
    #[error(
        "the statement gives more than one result, and {format} holds one: take ndjson, or a statement that gives one"
    )]
    SecondResult { format: &'static str },
    /// Of the bytes that the server sent.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Nothing that they refuse is given to them.
    #[error("cannot write Arrow: {0}")]
    Arrow(#[from] ArrowError),
    #[cfg(feature = "parquet")]
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// What is the matter with a value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error(
        "{value} is no day of the calendar, and Arrow has no value for it: NULLIF(…, 0) makes a zero date NULL, CAST(… AS CHAR) makes a text of it"
    )]
    Day { value: String },
    #[error("{value} is no time of a day: CAST(… AS CHAR) makes a text of it")]
    Clock { value: String },
    #[error(
        "{value} does not fit DECIMAL({precision},{scale}), as which the server announced it: CAST(… AS DECIMAL(65,30)), or CAST(… AS CHAR)"
    )]
    Decimal {
        value: String,
        precision: u8,
        scale: u8,
    },
    #[error(
        "the number does not fit {expected}, as which the server announced it: CAST(… AS SIGNED), or CAST(… AS CHAR)"
    )]
    Number { expected: &'static str },
    #[error("a value of more than 1 GiB: take SUBSTRING(…) of it")]
    Length,
}

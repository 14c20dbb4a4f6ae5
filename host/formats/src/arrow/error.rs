//! Why rows do not become columns, and what to do.

use arrow_schema::ArrowError;

use rds_bridge::mysql::ValueError;

/// Why rows do not become columns.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that its column's type does not have.
    #[error("row {row}, column {column}: {unfit}")]
    Unfit {
        /// Counted from 1.
        row: u64,
        /// Its name.
        column: String,
        /// What is wrong with the value.
        unfit: Unfit,
    },
    /// A `DECIMAL` column of more digits behind the point than Arrow has.
    #[error(
        "column {column} has {digits} digits behind the point, and Arrow's decimals at most 76"
    )]
    Scale {
        /// Its name.
        column: String,
        /// How many.
        digits: u8,
    },
    /// The statement gives more than one result.
    #[error(
        "the statement gives more than one result, and {format} holds one: take ndjson, or a statement that gives one"
    )]
    SecondResult {
        /// The format's name.
        format: &'static str,
    },
    /// Of the bytes that the server sent.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A bug: the arrays that this crate makes are of the schema.
    #[error("cannot write Arrow: {0}")]
    Arrow(#[from] ArrowError),
    /// A bug: Parquet has a type for each array that this crate makes.
    #[cfg(feature = "parquet")]
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// What is the matter with a value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A zero date, or a day that the calendar does not have.
    #[error(
        "{value} is no day of the calendar, and Arrow has no value for it: NULLIF(…, 0) makes a zero date NULL, CAST(… AS CHAR) makes a text of it"
    )]
    Day {
        /// As the server sent it.
        value: String,
    },
    /// A time of more than a day, as of a `DATETIME` of a broken server.
    #[error("{value} is no time of a day: CAST(… AS CHAR) makes a text of it")]
    Clock {
        /// As the server sent it.
        value: String,
    },
    /// A `DECIMAL` of more digits than the server announced.
    #[error(
        "{value} does not fit DECIMAL({precision},{scale}), as which the server announced it: CAST(… AS DECIMAL(65,30)), or CAST(… AS CHAR)"
    )]
    Decimal {
        /// As the server sent it.
        value: String,
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// A number out of the range that the server announced.
    #[error(
        "the number does not fit {expected}, as which the server announced it: CAST(… AS SIGNED), or CAST(… AS CHAR)"
    )]
    Number {
        /// The type.
        expected: &'static str,
    },
    /// A value that is too long for an array.
    #[error("a value of more than 1 GiB: take SUBSTRING(…) of it")]
    Length,
}

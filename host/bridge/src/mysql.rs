//! The command phase of the MySQL protocol: statements out, rows in.
//!
//! With a subscriber of `tracing` that enables the target `rds_bridge::statement` at level `DEBUG`, each statement is a
//! span `statement` with these fields:
//!
//! | field | value |
//! |---|---|
//! | `keyword` | the first keyword of the statement, such as `SELECT`; never its text, which may hold secrets |
//! | `elapsed_us` | microseconds from sending the statement to the end of its last result, or to the moment at which its rows were dropped |
//! | `rows` | number of rows of the last result that was read to its end |
//! | `affected_rows` | number of affected rows in the last summary |
//! | `error` | the server's error code, or the kind of the error |
//!
//! Source of every protocol fact: MySQL Source Code Documentation, "Client/Server Protocol", "Command
//! Phase"; for MariaDB, its "Client/Server Protocol" reference.

pub use crate::connection::{
    AccessMode, CancelHandle, Connection, IsolationLevel, Rows, Transaction, TransactionOptions,
    Transport,
};
pub use crate::error::NotCancelled;
#[cfg(feature = "serde")]
pub use crate::protocol::Json;
pub use crate::protocol::{
    Column, ColumnIndex, ColumnKind, Date, DateTime, Decimal, Encoded, Escapes, FromRow, FromValue,
    IntoParams, Malformed, Mismatch, NameError, NumberError, OwnedRow, Param, Params, Placeholder,
    Protocol, Row, Summary, Time, Value, ValueError, Vector, Visit, first_keyword, placeholders,
};
#[cfg(feature = "derive")]
pub use rds_bridge_derive::FromRow;

/// Parameters by name: `params! { id: 7, name: "lamp" }`. Each value is anything that a
/// [`Param`](crate::mysql::Param) can be made from.
#[macro_export]
macro_rules! params {
    ($($name:ident : $value:expr),* $(,)?) => {
        $crate::mysql::Params::Named(::std::vec![
            $((::std::borrow::Cow::Borrowed(::core::stringify!($name)), $crate::mysql::Param::from($value))),*
        ])
    };
}

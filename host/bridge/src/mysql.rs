//! The command phase of the MySQL protocol: statements out, rows in.
//!
//! Source of every protocol fact: MySQL Source Code Documentation, "Client/Server Protocol", "Command
//! Phase"; for MariaDB, its "Client/Server Protocol" reference.

pub use crate::connection::{
    CancelHandle, Connection, IsolationLevel, Rows, Transaction, TransactionOptions, Transport,
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

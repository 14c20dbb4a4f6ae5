//! The command phase of the MySQL protocol as bytes: what commands and replies look like, rows and their values. No
//! connection.
//!
//! Source of every protocol fact: MySQL Source Code Documentation, "Client/Server Protocol", "Command
//! Phase"; for MariaDB, its "Client/Server Protocol" reference.

mod binary_row;
pub(crate) mod column;
pub(crate) mod command;
mod decimal;
mod encoded;
pub(crate) mod err_packet;
pub(crate) mod from_row;
mod from_value;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod in_memory;
pub(crate) mod malformed;
mod number;
pub(crate) mod ok_packet;
pub(crate) mod packet_limits;
pub(crate) mod packet_stream;
pub(crate) mod param;
pub(crate) mod payload;
pub(crate) mod prepared;
#[cfg(test)]
mod properties;
pub(crate) mod reply;
pub(crate) mod row;
mod temporal;
pub(crate) mod text_or_binary;
mod text_row;
mod value;
mod vector;
mod visit;

pub use column::{Column, ColumnKind};
pub use encoded::Encoded;
pub use from_row::FromRow;
pub use from_value::{FromValue, Mismatch, ValueError};
pub use malformed::Malformed;
pub use number::{Decimal, NumberError};
pub use ok_packet::Summary;
pub(crate) use packet_limits::{ROW_LIMITS, ReadLimits};
pub(crate) use packet_stream::ReadError;
pub use param::Param;
#[cfg(feature = "emulator")]
pub(crate) use payload::Payload;
pub use row::{ColumnIndex, Row};
pub use temporal::{Date, DateTime, Time};
pub use text_or_binary::Protocol;
pub use text_or_binary::first_keyword;
pub use value::Value;
pub use vector::Vector;
pub use visit::Visit;

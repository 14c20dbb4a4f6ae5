//! The command phase of the MySQL protocol: statements out, rows in.
//!
//! Source of every protocol fact: MySQL Source Code Documentation, "Client/Server Protocol", "Command
//! Phase"; for MariaDB, its "Client/Server Protocol" reference.

mod binary_row;
mod column;
pub(crate) mod command;
mod connection;
mod decimal;
mod encoded;
mod err_packet;
mod execute;
mod from_row;
mod from_value;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod in_memory;
mod leftovers;
mod malformed;
mod next_id;
mod number;
mod ok_packet;
mod packet_limits;
mod packet_stream;
mod param;
mod payload;
mod prepared;
#[cfg(test)]
mod properties;
mod protocol;
mod reply;
mod result_lengths;
mod row;
mod rows;
mod set_up;
mod several_statements;
mod statement_cache;
mod temporal;
mod text_row;
mod value;
mod vector;
mod visit;

pub use column::{Column, ColumnKind};
pub use connection::Connection;
pub use encoded::Encoded;
pub use from_row::FromRow;
pub use from_value::{FromValue, Mismatch, ValueError};
pub(crate) use leftovers::Leftovers;
pub use malformed::Malformed;
pub use number::{Decimal, NumberError};
pub use ok_packet::Summary;
pub(crate) use packet_limits::{ROW_LIMITS, ReadLimits};
pub(crate) use packet_stream::ReadError;
pub use param::Param;
#[cfg(feature = "emulator")]
pub(crate) use payload::Payload;
pub use protocol::Protocol;
pub(crate) use protocol::first_keyword;
pub(crate) use result_lengths::ResultLengths;
pub use row::{ColumnIndex, Row};
pub use rows::Rows;
pub(crate) use set_up::SessionSettings;
pub(crate) use several_statements::has_several_statements;
pub use temporal::{Date, DateTime, Time};
pub use value::Value;
pub use vector::Vector;
pub(crate) use visit::Visit;

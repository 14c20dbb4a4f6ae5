//! The command phase of the MySQL protocol: encoding and decoding of commands, replies, rows and values. Nothing here
//! opens a connection.
//!
//! Source of every protocol fact: MySQL Source Code Documentation, "Client/Server Protocol", "Command
//! Phase"; for MariaDB, its "Client/Server Protocol" reference.

mod binary_row;
pub(crate) mod column;
mod conversions;
mod decimal;
mod encoded;
pub(crate) mod err_packet;
pub(crate) mod from_row;
pub(crate) mod from_value;
pub(crate) mod malformed;
mod number;
pub(crate) mod ok_packet;
pub(crate) mod owned_row;
pub(crate) mod packet_limits;
pub(crate) mod packet_stream;
pub(crate) mod param;
pub(crate) mod params;
pub(crate) mod placeholders;
pub(crate) mod prepared;
pub(crate) mod reply;
pub(crate) mod result_set;
pub(crate) mod row;
pub(crate) mod temporal;
pub(crate) mod text_or_binary;
mod text_row;
pub(crate) mod value;
mod vector;
mod visit;

pub use column::{Column, ColumnKind};
#[cfg(feature = "serde")]
pub use conversions::Json;
pub use encoded::Encoded;
pub use from_row::FromRow;
#[cfg(feature = "derive")]
pub use from_row::Values;
pub use from_value::{FromValue, Mismatch, ValueError};
pub use malformed::Malformed;
pub use number::{Decimal, NumberError};
pub use ok_packet::Summary;
pub use owned_row::OwnedRow;
pub(crate) use packet_limits::{ROW_LIMITS, ReadLimits};
pub(crate) use packet_stream::ReadError;
pub use param::Param;
pub use params::{IntoParams, NameError, Params};
pub use placeholders::{Escapes, Placeholder, placeholders};
#[cfg(feature = "derive")]
pub use row::Shape;
pub use row::{ColumnIndex, Row};
pub use temporal::{Date, DateTime, Time};
pub use text_or_binary::Protocol;
pub use text_or_binary::first_keyword;
pub use value::Value;
pub use vector::Vector;
pub use visit::Visit;

//! Bytes of MySQL's client/server protocol that client and server read the same way.
//!
//! ```
//! use rds_bridge_wire::{Malformed, Payload};
//!
//! # fn main() -> Result<(), Malformed> {
//! let mut payload = Payload::new("ERR_Packet", b"\xFF\x15\x04");
//! assert_eq!(payload.u8("header")?, 0xFF);
//! assert_eq!(payload.u16("error_code")?, 1045);
//! # Ok(())
//! # }
//! ```
//!
//! Source: MySQL Source Code Documentation, "Client/Server Protocol".

pub mod command;
mod malformed;
mod payload;

pub use malformed::Malformed;
pub use payload::{Payload, lenenc_int, lenenc_string, text};

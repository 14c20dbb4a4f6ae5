//! The parts of MySQL's client/server protocol that client and server decode in the same way: packet headers, fields,
//! `OK_Packet` and `ERR_Packet`.
//!
//! ```
//! use rds_bridge_wire::{InvalidField, Payload};
//!
//! # fn main() -> Result<(), InvalidField<&'static str>> {
//! let mut payload = Payload::new("ERR_Packet", b"\xFF\x15\x04");
//! assert_eq!(payload.u8("header")?, 0xFF);
//! assert_eq!(payload.u16("error_code")?, 1045);
//! # Ok(())
//! # }
//! ```
//!
//! Source: MySQL Source Code Documentation, "Client/Server Protocol".

pub mod command;
mod command_heads;
pub mod err_packet;
mod header;
pub mod ok_packet;
mod payload;

pub use command_heads::CommandHeads;
pub use err_packet::ErrPacket;
pub use header::{HEADER_LENGTH, Header, PACKET_LIMIT};
pub use ok_packet::OkPacket;
pub use payload::{InvalidField, Payload, lenenc_int, lenenc_string, text};

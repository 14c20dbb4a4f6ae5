//! `ERR_Packet`: the server refuses.

use rds_bridge_wire::{ErrPacket, text};

use super::packet_name::{InvalidPacket, PacketName};

/// What the server says, kept as values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// As 1045.
    pub code: u16,
    /// As `28000`; none where the server gave none, which it may before it knows the client's
    /// protocol.
    pub sql_state: Option<String>,
    /// The server's own words.
    pub message: String,
}

impl ServerError {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`] with the field that is cut short.
    pub fn read(payload: &[u8]) -> Result<Self, InvalidPacket> {
        let packet = ErrPacket::read(PacketName::ErrPacket, payload)?;
        Ok(Self {
            code: packet.error_code,
            sql_state: packet.sql_state.map(text),
            message: text(packet.error_message),
        })
    }
}

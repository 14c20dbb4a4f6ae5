//! `ERR_Packet`: the server reports an error.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html>

use rds_bridge_wire::{ErrPacket, err_packet, text};

use super::packet_name::{InvalidPacket, PacketName};

/// The server's error, from its `ERR_Packet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// The server's error code, such as 1045.
    pub code: u16,
    /// The SQLSTATE, such as `28000`. `None` if the server sent none: it may omit the SQLSTATE before it knows the
    /// client's capabilities.
    pub sql_state: Option<String>,
    /// The server's message; free text.
    pub message: String,
}

impl ServerError {
    /// Decodes the payload of an `ERR_Packet`.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`] with the field that is truncated.
    pub fn read(payload: &[u8]) -> Result<Self, InvalidPacket> {
        let packet = ErrPacket::read(PacketName::ErrPacket, payload)?;
        Ok(Self {
            code: packet.error_code,
            sql_state: packet.sql_state.map(text),
            message: text(packet.error_message),
        })
    }

    /// Encodes the payload of an `ERR_Packet`. The SQLSTATE has five bytes.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let mut payload = vec![err_packet::HEADER]; // int<1>
        payload.extend(self.code.to_le_bytes()); // int<2>
        if let Some(sql_state) = &self.sql_state {
            payload.push(b'#'); // string[1]
            payload.extend_from_slice(sql_state.as_bytes()); // string[5]
        }
        payload.extend_from_slice(self.message.as_bytes()); // string<EOF>
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for sql_state in [None, Some("28000".to_owned())] {
            let error = ServerError {
                code: 1045,
                sql_state,
                message: "Access denied".to_owned(),
            };
            assert_eq!(ServerError::read(&error.payload()), Ok(error));
        }
    }
}

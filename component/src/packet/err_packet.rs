//! `ERR_Packet`: the server refuses.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html>

use super::payload_reader::{InvalidPacket, PacketName, PayloadReader, text};

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
        let mut reader = PayloadReader::new(PacketName::ErrPacket, payload);
        reader.u8("header")?; // int<1>, 0xFF
        let code = reader.u16("error_code")?; // int<2>
        // The marker tells whether there is a state: the flags are not agreed upon yet when the
        // first packet is an error.
        let has_state = payload.get(3) == Some(&b'#');
        let sql_state = if has_state {
            reader.u8("sql_state_marker")?; // string[1], `#`
            Some(text(reader.bytes(5, "sql_state")?)) // string[5]
        } else {
            None
        };
        Ok(Self {
            code,
            sql_state,
            message: text(reader.rest()), // string<EOF>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms() {
        assert_eq!(
            ServerError::read(b"\xFF\x15\x04#28000Access denied").unwrap(),
            ServerError {
                code: 1045,
                sql_state: Some("28000".into()),
                message: "Access denied".into()
            }
        );
        assert_eq!(
            ServerError::read(b"\xFF\x10\x04Too many connections").unwrap(),
            ServerError {
                code: 1040,
                sql_state: None,
                message: "Too many connections".into()
            }
        );
        let field = |payload| ServerError::read(payload).unwrap_err().field;
        assert_eq!(field(b"\xFF\x15"), "error_code");
        assert_eq!(field(b"\xFF\x15\x04#2800"), "sql_state");
    }
}

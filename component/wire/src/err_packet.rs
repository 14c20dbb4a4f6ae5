//! `ERR_Packet`: the server reports an error.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html>

use crate::payload::{InvalidField, Payload};

/// The first byte of an `ERR_Packet`, `int<1>`.
pub const HEADER: u8 = 0xFF;

const SQL_STATE_MARKER: u8 = b'#';
const SQL_STATE_LENGTH: usize = 5;

/// The fields of an `ERR_Packet`, as the server sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrPacket<'a> {
    /// The server's error code, such as 1045.
    pub error_code: u16,
    /// The SQLSTATE, five bytes such as `28000`. `None` if the server sent none: it may omit the SQLSTATE before it
    /// knows the client's capabilities.
    pub sql_state: Option<&'a [u8]>,
    /// The server's message; free text.
    pub error_message: &'a [u8],
}

impl<'a> ErrPacket<'a> {
    /// Decodes the payload of an `ERR_Packet`. It does not check the header byte.
    ///
    /// The SQLSTATE is recognised by its marker `#` and not by a capability flag: a server that refuses a connection in
    /// its first packet knows no flags of the client, and some proxies never send a SQLSTATE.
    ///
    /// # Errors
    ///
    /// [`InvalidField`], if a field is truncated.
    pub fn read<P: Copy>(packet: P, payload: &'a [u8]) -> Result<Self, InvalidField<P>> {
        let mut payload = Payload::new(packet, payload);
        payload.u8("header")?; // int<1>, 0xFF
        let error_code = payload.u16("error_code")?; // int<2>
        let mut sql_state = None;
        if payload.peek() == Some(SQL_STATE_MARKER) {
            payload.u8("sql_state_marker")?; // string[1]
            sql_state = Some(payload.bytes(SQL_STATE_LENGTH, "sql_state")?); // string[5]
        }
        Ok(Self {
            error_code,
            sql_state,
            error_message: payload.rest(), // string<EOF>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &[u8]) -> Result<ErrPacket<'_>, InvalidField<&'static str>> {
        ErrPacket::read("ERR_Packet", payload)
    }

    #[test]
    fn reads_both_forms() {
        let error = read(b"\xFF\x15\x04#28000Access denied").unwrap();
        assert_eq!(error.error_code, 1045);
        assert_eq!(error.sql_state, Some(&b"28000"[..]));
        assert_eq!(error.error_message, b"Access denied");
        for message in ["Too many connections", "Full", "42000", ""] {
            let packet = [b"\xFF\x10\x04", message.as_bytes()].concat();
            let error = read(&packet).unwrap();
            assert_eq!((error.error_code, error.sql_state), (1040, None));
            assert_eq!(error.error_message, message.as_bytes());
        }
    }

    #[test]
    fn names_the_field_that_is_cut_short() {
        let field = |payload| read(payload).unwrap_err().field;
        assert_eq!(field(b""), "header");
        assert_eq!(field(b"\xFF\x15"), "error_code");
        assert_eq!(field(b"\xFF\x15\x04#2800"), "sql_state");
    }
}

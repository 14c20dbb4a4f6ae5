//! `OK_Packet`: ends the connection phase, a command, or the rows of a result.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html>

use crate::payload::{InvalidField, Payload};

/// The first byte of an `OK_Packet` that is a whole reply, `int<1>`.
pub const HEADER: u8 = 0x00;
/// The first byte of an `OK_Packet` that ends rows, and of an `EOF_Packet`, `int<1>`.
pub const EOF_HEADER: u8 = 0xFE;

/// The fields of an `OK_Packet` of protocol 4.1 (`CLIENT_PROTOCOL_41`), with either header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OkPacket<'a> {
    /// Number of rows inserted, changed or deleted.
    pub affected_rows: u64,
    /// The first `AUTO_INCREMENT` value that the statement generated; 0 if it generated none.
    pub last_insert_id: u64,
    /// The `SERVER_STATUS_*` flags.
    pub status_flags: u16,
    /// Number of warnings.
    pub warnings: u16,
    /// The rest of the payload: `info` as `string<EOF>`, or with `CLIENT_SESSION_TRACK` `info` as `string<lenenc>` and
    /// the session state changes.
    pub info: &'a [u8],
}

impl<'a> OkPacket<'a> {
    /// Decodes the payload of an `OK_Packet`. It does not check the header byte.
    ///
    /// # Errors
    ///
    /// [`InvalidField`], if a field is truncated.
    pub fn read<P: Copy>(packet: P, payload: &'a [u8]) -> Result<Self, InvalidField<P>> {
        let mut payload = Payload::new(packet, payload);
        payload.u8("header")?; // int<1>
        Ok(Self {
            affected_rows: payload.lenenc_int("affected_rows")?, // int<lenenc>
            last_insert_id: payload.lenenc_int("last_insert_id")?, // int<lenenc>
            status_flags: payload.u16("status_flags")?,          // int<2>
            warnings: payload.u16("warnings")?,                  // int<2>
            info: payload.rest(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one() {
        let ok = OkPacket::read("OK_Packet", b"\x00\x03\xFC\x00\x01\x0A\x00\x02\x00hello");
        let expected = OkPacket {
            affected_rows: 3,
            last_insert_id: 256,
            status_flags: 10,
            warnings: 2,
            info: b"hello",
        };
        assert_eq!(ok, Ok(expected));
    }

    #[test]
    fn names_the_field_that_is_cut_short() {
        let field = |payload| OkPacket::read("OK_Packet", payload).unwrap_err().field;
        assert_eq!(field(b""), "header");
        assert_eq!(field(b"\x00"), "affected_rows");
        assert_eq!(field(b"\x00\xFC\x00"), "affected_rows");
        assert_eq!(field(b"\x00\x00\x00\x02\x00\x01"), "warnings");
    }
}

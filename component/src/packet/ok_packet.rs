//! `OK_Packet`, as it ends the connection phase.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html>

use super::payload_reader::{InvalidPacket, PacketName, PayloadReader};

/// The part of it that means something here; what follows the warnings is free text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OkPacket {
    /// The `SERVER_STATUS_*` flags.
    pub status_flags: u16,
    /// Number of warnings.
    pub warnings: u16,
}

impl OkPacket {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`] with the field that is cut short.
    pub fn read(payload: &[u8]) -> Result<Self, InvalidPacket> {
        let mut reader = PayloadReader::new(PacketName::OkPacket, payload);
        reader.u8("header")?; // int<1>, 0x00
        reader.lenenc_int("affected_rows")?; // int<lenenc>
        reader.lenenc_int("last_insert_id")?; // int<lenenc>
        Ok(Self {
            status_flags: reader.u16("status_flags")?, // int<2>
            warnings: reader.u16("warnings")?,         // int<2>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one() {
        assert_eq!(
            OkPacket::read(b"\x00\x00\x00\x02\x00\x01\x00").unwrap(),
            OkPacket {
                status_flags: 2,
                warnings: 1
            }
        );
        let field = |payload| OkPacket::read(payload).unwrap_err().field;
        assert_eq!(field(b"\x00"), "affected_rows");
        assert_eq!(field(b"\x00\xFC\x00"), "affected_rows");
        assert_eq!(field(b"\x00\x00\x00\x02\x00\x01"), "warnings");
    }
}

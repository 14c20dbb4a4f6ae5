//! `OK_Packet` and `EOF_Packet`, which end a result.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html>
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_eof_packet.html>

use mysql_common::constants::StatusFlags;

use crate::protocol::malformed::Malformed;
pub(crate) use rds_bridge_wire::ok_packet::{EOF_HEADER, HEADER};
use rds_bridge_wire::{OkPacket, Payload, text};

/// The server's summary at the end of a statement's result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of rows that were inserted, changed or deleted.
    pub affected_rows: u64,
    /// The first `AUTO_INCREMENT` value that the statement generated; 0 if it generated none.
    pub last_insert_id: u64,
    /// The number of warnings. `SHOW WARNINGS` lists them.
    pub warnings: u16,
    /// A message such as `Rows matched: 1  Changed: 1  Warnings: 0`; empty after most statements.
    pub info: String,
    pub(crate) status: u16,
}

impl Summary {
    /// Reads an `OK_Packet`, with the header 0x00 or, at the end of rows, 0xFE.
    pub(crate) fn read_ok(payload: &[u8]) -> Result<Self, Malformed> {
        let ok = OkPacket::read("OK_Packet", payload)?;
        Ok(Self {
            affected_rows: ok.affected_rows,
            last_insert_id: ok.last_insert_id,
            warnings: ok.warnings,
            info: info(ok.info),
            status: ok.status_flags,
        })
    }

    /// Reads an `EOF_Packet`, which servers send without `CLIENT_DEPRECATE_EOF`.
    pub(crate) fn read_eof(payload: &[u8]) -> Result<Self, Malformed> {
        let mut payload = Payload::new("EOF_Packet", payload);
        payload.u8("header")?; // int<1>
        let warnings = payload.u16("warnings")?; // int<2>
        let status = payload.u16("status_flags")?; // int<2>
        Ok(Self {
            warnings,
            status,
            ..Self::default()
        })
    }

    pub(crate) fn status_flags(&self) -> StatusFlags {
        StatusFlags::from_bits_truncate(self.status)
    }

    pub(crate) fn more_results(&self) -> bool {
        self.status_flags()
            .contains(StatusFlags::SERVER_MORE_RESULTS_EXISTS)
    }
}

/// The message, as `string<EOF>` or, from servers that track the session's state, as `string<lenenc>`.
fn info(bytes: &[u8]) -> String {
    match rds_bridge_wire::lenenc_int(bytes) {
        Some((length, taken)) => {
            let behind = bytes.get(taken..).unwrap_or_default();
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            text(behind.get(..length).unwrap_or(bytes))
        }
        None => text(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_packets() {
        let ok = Summary::read_ok(b"\x00\x03\xFC\x00\x01\x0A\x00\x02\x00\x05hello").unwrap();
        assert_eq!(ok.affected_rows, 3);
        assert_eq!(ok.last_insert_id, 256);
        assert_eq!(ok.warnings, 2);
        assert_eq!(ok.info, "hello");
        assert!(ok.more_results());

        let eof = Summary::read_eof(b"\xFE\x01\x00\x02\x00").unwrap();
        assert_eq!(eof.warnings, 1);
        assert!(!eof.more_results());
        assert!(Summary::read_eof(b"\xFE\x01\x00\x02").is_err());
        assert!(Summary::read_ok(b"\x00\x03").is_err());
    }
}

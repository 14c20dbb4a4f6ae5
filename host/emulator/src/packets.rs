//! Packets of the command phase, as a server writes them.
//!
//! Source: MySQL Source Code Documentation, "Client/Server Protocol": "Generic Response Packets".

use mysql_common::constants::StatusFlags;
use mysql_common::io::BufMutExt;

use super::server_error::ServerError;

/// The contents of an `OK_Packet`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    pub(super) affected_rows: u64,
    pub(super) last_insert_id: u64,
    pub(super) status: StatusFlags,
}

/// An `OK_Packet` that is a complete reply.
pub(super) fn ok(done: Done) -> Vec<u8> {
    ok_packet(0x00, done)
}

/// The packet after column definitions or rows: an `EOF_Packet` or, with `CLIENT_DEPRECATE_EOF`, an `OK_Packet`.
pub(super) fn end_of_rows(deprecate_eof: bool, status: StatusFlags) -> Vec<u8> {
    if deprecate_eof {
        let done = Done {
            status,
            ..Done::default()
        };
        return ok_packet(0xFE, done);
    }
    let mut payload = vec![0xFE, 0, 0]; // int<1>, int<2> warnings
    payload.extend(status.bits().to_le_bytes()); // int<2>
    payload
}

fn ok_packet(header: u8, done: Done) -> Vec<u8> {
    let mut payload = vec![header];
    payload.put_lenenc_int(done.affected_rows);
    payload.put_lenenc_int(done.last_insert_id);
    payload.extend(done.status.bits().to_le_bytes()); // int<2>
    payload.extend([0, 0]); // int<2> warnings
    payload
}

/// `ERR_Packet`
pub(super) fn err(error: &ServerError) -> Vec<u8> {
    let mut payload = vec![0xFF];
    payload.extend(error.code.to_le_bytes()); // int<2>
    payload.push(b'#');
    payload.extend_from_slice(error.sql_state.as_bytes()); // string[5]
    payload.extend_from_slice(error.message.as_bytes()); // string<EOF>
    payload
}

//! `ERR_Packet`: the server refuses a command.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html>

use super::malformed::Malformed;
use super::payload::{Payload, text};
use crate::guest::ServerError;

/// `int<1>` of an `ERR_Packet`.
pub(super) const HEADER: u8 = 0xFF;

pub(super) fn read(payload: &[u8]) -> Result<ServerError, Malformed> {
    let mut payload = Payload::new("ERR_Packet", payload);
    payload.u8("header")?;
    let code = payload.u16("error_code")?;
    payload.bytes(1, "sql_state_marker")?;
    let sql_state = Some(text(payload.bytes(5, "sql_state")?));
    Ok(ServerError {
        code,
        sql_state,
        message: text(payload.rest()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one() {
        let error = read(b"\xFF\x7A\x04#42S02Table 'a.b' doesn't exist").unwrap();
        assert_eq!(error.code, 1146);
        assert_eq!(error.sql_state.as_deref(), Some("42S02"));
        assert_eq!(error.message, "Table 'a.b' doesn't exist");
        assert!(read(b"\xFF\x7A\x04#42S0").is_err());
    }
}

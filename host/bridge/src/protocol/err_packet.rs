//! `ERR_Packet`: the server's error code, SQLSTATE and message.

use super::packet_limits::CONTROL_PACKET_LIMIT;
use crate::component::ServerError;
use crate::protocol::malformed::Malformed;
pub(crate) use rds_bridge_wire::err_packet::HEADER;
use rds_bridge_wire::{ErrPacket, text};

/// How many bytes of a message are kept. Servers send at most 512 (`MYSQL_ERRMSG_SIZE`); a longer message would only
/// fill logs and terminals.
const MESSAGE_LIMIT: usize = 4 << 10;

/// Decodes the payload of an `ERR_Packet`.
pub(crate) fn read(payload: &[u8]) -> Result<ServerError, Malformed> {
    if payload.len() > CONTROL_PACKET_LIMIT {
        let limit = CONTROL_PACKET_LIMIT;
        return Err(Malformed::TooLarge { limit });
    }
    let packet = ErrPacket::read("ERR_Packet", payload)?;
    Ok(ServerError {
        code: packet.error_code,
        sql_state: packet.sql_state.map(text),
        message: shortened(packet.error_message),
    })
}

fn shortened(message: &[u8]) -> String {
    match message.get(..MESSAGE_LIMIT) {
        Some(beginning) if beginning.len() < message.len() => {
            let beginning = text(beginning);
            // Without a character that the limit has cut in two.
            let whole = beginning.trim_end_matches(char::REPLACEMENT_CHARACTER);
            format!("{whole}…")
        }
        _ => text(message),
    }
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
        for cut in [0, 1, 2] {
            assert!(read(&b"\xFF\x7A\x04"[..cut]).is_err());
        }
        assert!(read(b"\xFF\x7A\x04#42S0").is_err());
    }

    #[test]
    fn a_long_message_is_shortened_and_a_packet_that_is_too_large_refused() {
        let packet = |length| [&b"\xFF\x10\x04#08004"[..], &vec![b'x'; length]].concat();
        let message = |length| read(&packet(length)).unwrap().message;
        assert_eq!(message(MESSAGE_LIMIT), "x".repeat(MESSAGE_LIMIT));
        assert_eq!(
            message(MESSAGE_LIMIT + 1),
            format!("{}…", "x".repeat(MESSAGE_LIMIT))
        );
        let letters = [b"\xFF\x10\x04x", "é".repeat(MESSAGE_LIMIT).as_bytes()].concat();
        let shortened = read(&letters).unwrap().message;
        assert!(!shortened.contains(char::REPLACEMENT_CHARACTER));
        assert_eq!(shortened.len(), MESSAGE_LIMIT - 1 + "…".len());
        let limit = CONTROL_PACKET_LIMIT;
        assert_eq!(
            read(&packet(limit)).unwrap_err(),
            Malformed::TooLarge { limit }
        );
    }
}

//! `ERR_Packet`: the server refuses a command.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html>

use super::packet_limits::CONTROL_PACKET_LIMIT;
use crate::component::ServerError;
use rds_bridge_wire::Malformed;
use rds_bridge_wire::{Payload, text};

/// `int<1>` of an `ERR_Packet`.
pub(crate) const HEADER: u8 = 0xFF;
/// `string[1]` before the SQLSTATE.
const SQL_STATE_MARKER: u8 = b'#';
/// Bytes of a message that are kept. Servers write at most 512 (`MYSQL_ERRMSG_SIZE`): a longer one would
/// only fill logs and terminals.
const MESSAGE_LIMIT: usize = 4 << 10;

/// Reads one. A server or proxy that sends no `#` sends no SQLSTATE either: the message follows the code.
pub(crate) fn read(payload: &[u8]) -> Result<ServerError, Malformed> {
    if payload.len() > CONTROL_PACKET_LIMIT {
        let limit = CONTROL_PACKET_LIMIT;
        return Err(Malformed::TooLarge { limit });
    }
    let mut payload = Payload::new("ERR_Packet", payload);
    payload.u8("header")?; // int<1>
    let code = payload.u16("error_code")?; // int<2>
    let rest = payload.rest();
    let (sql_state, message) = match rest.strip_prefix(&[SQL_STATE_MARKER]) {
        Some(rest) => {
            let (state, message) = rest
                .split_at_checked(5)
                .ok_or_else(|| payload.malformed("sql_state"))?; // string[5]
            (Some(text(state)), message)
        }
        None => (None, rest),
    };
    Ok(ServerError {
        code,
        sql_state,
        message: shortened(message), // string<EOF>
    })
}

fn shortened(message: &[u8]) -> String {
    match message.get(..MESSAGE_LIMIT) {
        Some(beginning) if beginning.len() < message.len() => {
            let beginning = text(beginning);
            // Without a character that is cut in two.
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
    fn without_a_marker_all_of_it_is_the_message() {
        for message in ["Too many connections", "Full", "42000", ""] {
            let packet = [b"\xFF\x10\x04", message.as_bytes()].concat();
            let error = read(&packet).unwrap();
            assert_eq!((error.code, error.sql_state), (1040, None));
            assert_eq!(error.message, message);
        }
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

//! The payload of an `ERR_Packet` that the caller describes.

use super::config::{ConfigField, InvalidConfig, MESSAGE_LIMIT, SQL_STATE_LENGTH};
use crate::packet::ServerError;

/// Encodes the error, with or without its SQLSTATE.
pub(super) fn error_payload(
    error: &ServerError,
    has_sql_state: bool,
) -> Result<Vec<u8>, InvalidConfig> {
    if let Some(sql_state) = &error.sql_state {
        let is_alphanumeric = sql_state.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if sql_state.len() != SQL_STATE_LENGTH || !is_alphanumeric {
            return Err(InvalidConfig::Invalid(ConfigField::SqlState));
        }
    }
    if error.message.len() > MESSAGE_LIMIT {
        return Err(InvalidConfig::TooLong(ConfigField::Message));
    }
    let sent = ServerError {
        sql_state: error.sql_state.clone().filter(|_| has_sql_state),
        ..error.clone()
    };
    Ok(sent.payload())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(sql_state: Option<&str>, message: &str) -> ServerError {
        ServerError {
            code: 1040,
            sql_state: sql_state.map(str::to_owned),
            message: message.to_owned(),
        }
    }

    #[test]
    fn the_sql_state_is_omitted_where_there_is_none() {
        let full = error(Some("08004"), "Too many");
        assert_eq!(
            error_payload(&full, true).unwrap(),
            b"\xFF\x10\x04#08004Too many"
        );
        assert_eq!(
            error_payload(&full, false).unwrap(),
            b"\xFF\x10\x04Too many"
        );
        let none = error(None, "Too many");
        assert_eq!(error_payload(&none, true).unwrap(), b"\xFF\x10\x04Too many");
    }

    #[test]
    fn every_mistake_has_its_error() {
        let invalid = Err(InvalidConfig::Invalid(ConfigField::SqlState));
        for sql_state in ["", "0800", "080041", "08\u{e9}4", "08 04"] {
            assert_eq!(error_payload(&error(Some(sql_state), ""), true), invalid);
        }
        let long = "m".repeat(MESSAGE_LIMIT.saturating_add(1));
        let too_long = Err(InvalidConfig::TooLong(ConfigField::Message));
        assert_eq!(error_payload(&error(None, &long), true), too_long);
    }
}

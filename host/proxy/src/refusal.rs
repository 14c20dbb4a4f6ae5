//! Errors as `ERR_Packet`s for clients.
//!
//! Source of codes and SQLSTATEs: MySQL 8.4 Error Reference, "Server Error Message Reference" and "Client Error Message
//! Reference".

use rds_bridge::component::ServerError;
use rds_bridge::error::{Category, Chain, Remedy};
use rds_bridge::{Error, ErrorKind, Stage};
use rds_bridge_text::Printable;
use rds_bridge_wire::{Header, err_packet};

use crate::told::{CAUSE, MORE_CAUSES, OWN, UNREACHABLE, with_stage};

/// Clients show about this many bytes of a message (`MYSQL_ERRMSG_SIZE`), less than what follows the last whole cause.
const SHOWN_LENGTH: usize = 470;

/// The longest message that the component sends, in bytes.
const MESSAGE_LIMIT: usize = 32 << 10;

/// An error for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) sql_state: String,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: u16, sql_state: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            sql_state: sql_state.to_owned(),
            message: message.into(),
        }
    }

    /// `ER_CON_COUNT_ERROR`.
    pub(crate) fn too_many_connections(message: impl Into<String>) -> Self {
        Self::new(1040, "08004", message)
    }

    /// `ER_HANDSHAKE_ERROR`.
    pub(crate) fn bad_handshake(message: impl Into<String>) -> Self {
        Self::new(1043, "08S01", message)
    }

    /// `ER_ACCESS_DENIED_ERROR`, with the server's own words: the same for a user who does not exist.
    pub(crate) fn access_denied(user: &str, host: &str, has_password: bool) -> Self {
        let using = if has_password { "YES" } else { "NO" };
        let user = Printable(user);
        let message = format!("Access denied for user '{user}'@'{host}' (using password: {using})");
        Self::new(1045, "28000", message)
    }

    /// `ER_SECURE_TRANSPORT_REQUIRED`.
    pub(crate) fn tls_required() -> Self {
        let message =
            "Connections using insecure transport are prohibited: enable TLS in the client";
        Self::new(3159, "HY000", message)
    }

    /// What a client of another machine receives in place of a failure that names the settings.
    pub(crate) fn unreachable() -> Self {
        Self::new(1105, "HY000", UNREACHABLE)
    }

    /// The server's own error with the stage, and without its causes.
    pub(crate) fn of_server(server: &ServerError, stage: Stage) -> Self {
        let message = with_stage(&server.message, stage);
        Self::new(
            server.code,
            server.sql_state.as_deref().unwrap_or("HY000"),
            Printable(&message).to_string(),
        )
    }

    /// What failed on the way to the database: the server's own error, or else the code that clients use for such a
    /// failure; then the stage and the likely causes. `words` names the settings in a remedy.
    pub(crate) fn of_connecting(error: &Error, words: fn(&Remedy) -> String) -> Self {
        let mut refusal = match error.server_error() {
            Some(server) => Self::of_server(server, error.stage()),
            None => {
                let (code, sql_state) = code(error);
                let message = format!("{OWN}{}", Chain(error));
                Self::new(code, sql_state, Printable(&message).to_string())
            }
        };
        for (number, cause) in (1..).zip(error.causes()) {
            // Clients show the message on one line.
            let remedy = words(&cause.remedy);
            let line = format!("{CAUSE}{number}: {}: {remedy}", cause.why);
            let line = Printable(&line).to_string();
            if refusal.message.len().saturating_add(line.len()) > SHOWN_LENGTH {
                refusal.message.push_str(MORE_CAUSES);
                break;
            }
            refusal.message.push_str(&line);
        }
        refusal
    }

    /// The payload and header of an `ERR_Packet` that answers a command.
    pub(crate) fn reply(&self) -> Vec<u8> {
        let message = self.message_to_send();
        let [low, high] = self.code.to_le_bytes();
        let start = [err_packet::HEADER, low, high, b'#'];
        let payload = [&start, self.sql_state.as_bytes(), message.as_bytes()].concat();
        let header = Header {
            length: payload.len(),
            sequence_id: 1,
        };
        [&header.write(), payload.as_slice()].concat()
    }

    fn message_to_send(&self) -> &str {
        let end = self.message.floor_char_boundary(MESSAGE_LIMIT);
        self.message.get(..end).unwrap_or_default()
    }

    /// The error as the component sends it.
    pub(crate) fn server_error(&self) -> ServerError {
        ServerError {
            code: self.code,
            sql_state: Some(self.sql_state.clone()),
            message: self.message_to_send().to_owned(),
        }
    }
}

/// `ER_NET_READ_ERROR`, `ER_ACCESS_DENIED_ERROR`, `ER_CON_COUNT_ERROR`, or `ER_UNKNOWN_ERROR`. Codes of client errors,
/// from 2000 on, would fit better; but MariaDB's client takes them for a malformed packet. A server that is not the
/// writer is `ER_OPTION_PREVENTS_STATEMENT`, after which clients that know failovers connect again.
fn code(error: &Error) -> (u16, &'static str) {
    if let ErrorKind::WrongRole { .. } = error.kind() {
        return (1290, "HY000");
    }
    match error.category() {
        Category::Network => (1158, "08S01"),
        Category::Credentials | Category::Login => (1045, "28000"),
        Category::Limit => (1040, "08004"),
        Category::Tls
        | Category::Settings
        | Category::Statement
        | Category::Protocol
        | Category::Bug => (1105, "HY000"),
    }
}

#[cfg(test)]
mod tests {
    use rds_bridge::error::Cause;

    use super::*;
    use crate::told::{ErrorText, Failed, STAGES};

    #[test]
    fn a_server_s_error_keeps_code_and_sql_state() {
        let server = ServerError {
            code: 1045,
            sql_state: Some("28000".to_owned()),
            message: "Access denied for user 'app'@'10.0.0.1' (using password: YES)".to_owned(),
        };
        let error = Error::new(Stage::Login, ErrorKind::Server(server));
        let error = error.with_causes(vec![Cause::new("the region is wrong", "set {region}")]);
        let refusal = Refusal::of_connecting(&error, ToString::to_string);
        assert_eq!((refusal.code, &*refusal.sql_state), (1045, "28000"));
        assert!(refusal.message.starts_with("Access denied for user 'app'"));
        assert!(refusal.message.contains("[rds-bridge, stage login]"));
        let cause = "; likely cause 1: the region is wrong: set BridgeBuilder::region";
        assert!(refusal.message.ends_with(cause), "{}", refusal.message);
        assert!(!refusal.message.contains('\n'));
    }

    #[test]
    fn other_failures_name_the_stage() {
        let error = Error::new(Stage::Tls, ErrorKind::Closed);
        let refusal = Refusal::of_connecting(&error, ToString::to_string);
        assert!(refusal.message.starts_with("rds-bridge: TLS: "));
        assert_eq!(refusal.server_error().sql_state.as_deref(), Some("08S01"));
    }

    #[test]
    fn a_server_s_error_for_a_stranger_has_no_causes() {
        let server = ServerError {
            code: 1129,
            sql_state: None,
            message: "Host '10.0.0.1' is blocked".to_owned(),
        };
        let refusal = Refusal::of_server(&server, Stage::InitialHandshake);
        let expected = Refusal::new(
            1129,
            "HY000",
            "Host '10.0.0.1' is blocked [rds-bridge, stage greeting]",
        );
        assert_eq!(refusal, expected);
    }

    #[test]
    fn a_reply_to_a_command_is_a_packet() {
        let refusal = Refusal::too_many_connections("full");
        assert_eq!(refusal.reply(), b"\x0D\0\0\x01\xFF\x10\x04#08004full");
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let refusal = Refusal::new(1105, "HY000", "ü".repeat(MESSAGE_LIMIT));
        let message = refusal.server_error().message;
        assert_eq!(message.len(), MESSAGE_LIMIT);
        assert!(message.chars().all(|it| it == 'ü'));
    }

    fn read_again(error: &Error) -> ErrorText {
        ErrorText::read(&Refusal::of_connecting(error, ToString::to_string).message)
    }

    #[test]
    fn what_is_written_is_read() {
        for stage in STAGES {
            let cause = || Cause::new("db is an alias: of another", "set {region}");
            let error = Error::new(stage, ErrorKind::Closed).with_causes(vec![cause(), cause()]);
            let text = read_again(&error);
            assert_eq!(text.failed, Some(Failed::Stage(stage)), "{text:?}");
            let cause = "db is an alias: of another: set BridgeBuilder::region";
            assert_eq!(text.causes, [cause, cause]);
            assert!(!text.has_more_causes);

            let server = ServerError {
                code: 1045,
                sql_state: None,
                message: "Access denied".to_owned(),
            };
            let error = Error::new(stage, ErrorKind::Server(server));
            let long = Cause::new("x".repeat(500), "");
            let text = read_again(&error.with_causes(vec![long]));
            assert_eq!(text.failed, Some(Failed::Stage(stage)), "{text:?}");
            assert!(text.message.starts_with("Access denied"), "{text:?}");
            assert!(text.causes.is_empty() && text.has_more_causes);
        }
        let text = ErrorText::read(&Refusal::unreachable().message);
        assert_eq!(text.failed, Some(Failed::Undisclosed));
    }
}

//! The text of an error, and the values that it keeps.

use super::*;

#[test]
fn the_servers_words_and_numbers_are_kept() {
    let server = ServerError {
        code: 1045,
        sql_state: Some("28000".into()),
        message: "Access denied".into(),
    };
    let refused = CallError::Refused(HandshakeError::ServerRefused(server));
    let error = Error::of_handshake(Stage::Login, refused);
    assert_eq!(error.to_string(), "login: Access denied (1045, 28000)");
    assert_eq!(error.code(), Some(1045));
    assert_eq!(error.sql_state(), Some("28000"));
    assert_eq!(error.stage(), Stage::Login);
}

#[test]
fn the_servers_words_do_not_act_on_a_terminal() {
    let message = "Table '\u{1b}]0;PWNED\u{7}\u{202e}' doesn't exist".to_owned();
    let server = ServerError {
        code: 1146,
        sql_state: Some("42\u{9b}S2".into()),
        message: message.clone(),
    };
    let error = Error::new(Stage::Statement, ErrorKind::Server(server));
    assert_eq!(
        error.to_string(),
        "statement: Table '\\u{1b}]0;PWNED\\u{7}\\u{202e}' doesn't exist (1146, 42\\u{9b}S2)"
    );
    // The unescaped text is available.
    assert_eq!(error.server_error().unwrap().message, message);
}

#[test]
fn an_error_is_small_and_can_be_sent() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    assert!(size_of::<Error>() <= 16);
}

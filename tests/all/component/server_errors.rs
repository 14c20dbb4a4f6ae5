//! The errors that the host's wrapper of the server's side sends to a client.

use rds_bridge::component::{
    Engine, Identity, ServerError, ServerHandshake, ServerStep, TlsPolicy,
};

const SCRAMBLE: &[u8; 20] = b"abcdefghijklmnopqrst";

/// The packet that a client receives, after the server's first packet, for an error with this SQLSTATE.
fn refused(engine: &Engine, sql_state: &str) -> Vec<u8> {
    let identity = Identity {
        server_version: "8.0.39",
        connection_id: 7,
        capabilities: 0,
        mariadb_capabilities: 0,
        character_set: 255,
        status_flags: 2,
    };
    let mut handshake =
        ServerHandshake::start(engine, identity, SCRAMBLE, TlsPolicy::None).unwrap();
    let step = handshake.receive(&[]).unwrap();
    assert!(matches!(step, ServerStep::Write(_)));
    let error = ServerError {
        code: 1040,
        sql_state: Some(sql_state.to_owned()),
        message: "Too many connections".to_owned(),
    };
    handshake.refuse(&error).unwrap()
}

/// A proxy passes on what another server has sent, and the client must learn of it.
#[test]
fn an_invalid_sql_state_is_replaced() {
    let engine = Engine::new().unwrap();
    for (sql_state, sent) in [
        ("08004", "08004"),
        ("", "HY000"),
        ("08-04", "HY000"),
        ("0800\u{FFFD}", "HY000"),
    ] {
        let packet = refused(&engine, sql_state);
        let expected = [b"\xFF\x10\x04#", sent.as_bytes(), b"Too many connections"].concat();
        assert_eq!(packet[4..], expected, "{sql_state}");
    }
}

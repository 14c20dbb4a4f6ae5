use super::*;
use crate::auth_plugin::{caching_sha2_password, mysql_native_password};
use crate::packet::{self, HandshakeResponse as Response, PacketName, SslRequest};
use crate::secret_string::SecretString;

pub(super) const SCRAMBLE: &[u8; 20] = b"abcdefghijklmnopqrst";
pub(super) const OK: &[u8] = b"\0\0\0\x02\0\0\0";
pub(super) const ERR: &[u8] = b"\xFF\x15\x04#28000Access denied";
/// `CLIENT_LONG_PASSWORD`, `CLIENT_TRANSACTIONS`, `CLIENT_DEPRECATE_EOF` and a flag without a name.
const COMMAND_PHASE: u32 = 0x0900_2001;
/// The flags with which this crate's client sends every field of its response.
pub(super) const CONNECTION_PHASE: u32 = 0x0038_8208;
pub(super) const SSL: u32 = 0x0800;

pub(super) fn identity() -> Identity {
    Identity {
        server_version: "8.0.39".to_owned(),
        connection_id: 7,
        capabilities: CapabilityFlags::from_bits_retain(COMMAND_PHASE),
        mariadb_capabilities: 0,
        character_set: 255,
        status_flags: 2,
    }
}

/// A handshake that has written its first packet.
pub(super) fn started(tls: TlsPolicy) -> ServerHandshake {
    let mut handshake = ServerHandshake::start(identity(), SCRAMBLE, tls).unwrap();
    assert!(matches!(handshake.receive(&[]), Ok(Step::Write(_))));
    assert!(matches!(handshake.receive(&[]), Ok(Step::Read)));
    handshake
}

pub(super) fn ssl_request(capabilities: u32) -> SslRequest {
    SslRequest {
        capabilities: CapabilityFlags::from_bits_retain(capabilities),
        mariadb_capabilities: 0,
        max_packet_size: 1 << 24,
        character_set: 45,
    }
}

fn response(capabilities: u32, auth_plugin_name: &str, auth_response: &[u8]) -> Vec<u8> {
    let response = Response {
        ssl_request: ssl_request(capabilities),
        db_user: "reader",
        auth_response,
        database: Some("shop"),
        auth_plugin_name,
        connection_attributes: &[("_client_name".into(), "test".into())],
    };
    response.payload().expose().to_vec()
}

fn sha2_response(password: &str, scramble: &[u8; 20]) -> Vec<u8> {
    let password = SecretString::new(password.into());
    let response = caching_sha2_password::response(&password, scramble);
    response.expose().to_vec()
}

/// The response of a client without TLS that sets every flag.
pub(super) fn plain_response() -> Vec<u8> {
    let auth_response = sha2_response("hunter2", SCRAMBLE);
    let capabilities = COMMAND_PHASE | CONNECTION_PHASE;
    response(capabilities, "caching_sha2_password", &auth_response)
}

/// A handshake whose client has sent its response without TLS.
pub(super) fn authenticating() -> ServerHandshake {
    let mut handshake = started(TlsPolicy::None);
    let step = handshake.receive(&packet::frame(1, &plain_response()));
    assert!(matches!(step, Ok(Step::Authenticate(_))), "{step:?}");
    handshake
}

fn stored_sha2(password: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(Sha256::digest(password)).into()
}

pub(super) fn access_denied() -> ServerError {
    ServerError::read(ERR).unwrap()
}

#[test]
fn a_client_without_tls() {
    let mut handshake = started(TlsPolicy::Offered);
    // Mysql2 for Node sets flags that were not advertised.
    let capabilities = COMMAND_PHASE | CONNECTION_PHASE | 0xE0;
    let auth_response = sha2_response("hunter2", SCRAMBLE);
    let payload = response(capabilities, "caching_sha2_password", &auth_response);
    let step = handshake.receive(&packet::frame(1, &payload));
    let Ok(Step::Authenticate(response)) = step else {
        panic!("{step:?}");
    };
    assert_eq!(response.user, "reader");
    assert_eq!(response.database.as_deref(), Some("shop"));
    let in_force = COMMAND_PHASE | CONNECTION_PHASE;
    assert_eq!(response.capabilities.bits(), in_force);
    assert_eq!(response.client_capabilities.bits(), capabilities);
    assert_eq!(response.max_packet_size, 1 << 24);
    assert_eq!(response.character_set, 45);
    let plugin = response.auth_plugin.as_deref();
    assert_eq!(plugin, Some("caching_sha2_password"));
    assert_eq!(response.auth_response.expose(), auth_response);
    let attributes = [("_client_name".to_owned(), "test".to_owned())];
    assert_eq!(response.connection_attributes, attributes);
    assert!(!response.is_tls);

    assert_eq!(
        handshake.verify_caching_sha2(&stored_sha2("hunter2")),
        Ok(true)
    );
    assert_eq!(
        handshake.verify_caching_sha2(&stored_sha2("hunter3")),
        Ok(false)
    );
    assert_eq!(handshake.more_data(&[3]).unwrap(), b"\x02\0\0\x02\x01\x03");
    let last = handshake.finish(OK).unwrap();
    assert_eq!(last, packet::frame(3, OK));
}

#[test]
fn a_client_with_tls() {
    let mut handshake = started(TlsPolicy::Required);
    let capabilities = COMMAND_PHASE | CONNECTION_PHASE | SSL;
    let request = packet::frame(1, &ssl_request(capabilities).payload());
    for byte in &request[..request.len() - 1] {
        assert!(matches!(handshake.receive(&[*byte]), Ok(Step::Read)));
    }
    let step = handshake.receive(&request[request.len() - 1..]);
    assert!(matches!(step, Ok(Step::StartTls)), "{step:?}");
    assert_eq!(handshake.tls_established(), Ok(()));
    assert!(matches!(handshake.receive(&[]), Ok(Step::Read)));
    let payload = response(capabilities, "mysql_native_password", b"");
    let response = packet::frame(2, &payload);
    for byte in &response[..response.len() - 1] {
        assert!(matches!(handshake.receive(&[*byte]), Ok(Step::Read)));
    }
    let step = handshake.receive(&response[response.len() - 1..]);
    let Ok(Step::Authenticate(response)) = step else {
        panic!("{step:?}");
    };
    assert!(response.is_tls);
    assert_eq!(handshake.verify_native_password(&[0; 20]), Ok(false));

    let scramble = b"tsrqponmlkjihgfedcba";
    let switch = handshake.switch_plugin("caching_sha2_password", scramble);
    let payload = b"\xFEcaching_sha2_password\0tsrqponmlkjihgfedcba\0";
    assert_eq!(switch.unwrap(), packet::frame(3, payload));
    assert!(matches!(handshake.receive(&[]), Ok(Step::Read)));
    let answer = sha2_response("hunter2", scramble);
    let step = handshake.receive(&packet::frame(4, &answer));
    assert!(matches!(step, Ok(Step::PluginResponse(bytes)) if bytes.expose() == answer));
    assert_eq!(
        handshake.verify_caching_sha2(&stored_sha2("hunter2")),
        Ok(true)
    );

    // The client sends the password, and a NUL.
    let more = handshake.more_data(&[4]).unwrap();
    assert_eq!(more, packet::frame(5, &[1, 4]));
    let step = handshake.receive(&packet::frame(6, b"hunter2\0"));
    assert!(matches!(step, Ok(Step::PluginResponse(bytes)) if bytes.expose() == b"hunter2\0"));
    assert_eq!(
        handshake.refuse(&access_denied()),
        Ok(packet::frame(7, ERR))
    );
}

#[test]
fn a_native_password() {
    let mut handshake = authenticating();
    let scramble = b"tsrqponmlkjihgfedcba";
    handshake
        .switch_plugin("mysql_native_password", scramble)
        .unwrap();
    let password = SecretString::new("hunter2".into());
    let answer = mysql_native_password::response(&password, scramble);
    let step = handshake.receive(&packet::frame(3, answer.expose()));
    assert!(matches!(step, Ok(Step::PluginResponse(_))));
    let stored: [u8; 20] = {
        use sha1::{Digest, Sha1};
        Sha1::digest(Sha1::digest("hunter2")).into()
    };
    assert_eq!(handshake.verify_native_password(&stored), Ok(true));
    assert_eq!(handshake.verify_native_password(&[7; 20]), Ok(false));
}

#[test]
fn a_change_of_user() {
    let auth_response = sha2_response("hunter2", SCRAMBLE);
    let mut command = b"\x11writer\0\x20".to_vec();
    command.extend(&auth_response);
    command.extend(b"\0\xFF\x01caching_sha2_password\0");
    let capabilities = CapabilityFlags::from_bits_retain(COMMAND_PHASE | CONNECTION_PHASE);
    let mut handshake =
        ServerHandshake::change_user(&command, capabilities, 0x1D, SCRAMBLE, true).unwrap();
    let step = handshake.receive(&[]);
    let Ok(Step::Authenticate(response)) = step else {
        panic!("{step:?}");
    };
    assert_eq!(response.user, "writer");
    assert_eq!(response.database, None);
    assert_eq!(response.character_set, 511);
    assert_eq!(response.capabilities, capabilities);
    assert_eq!(response.mariadb_capabilities, 0x1D);
    assert!(response.is_tls);
    assert_eq!(
        handshake.verify_caching_sha2(&stored_sha2("hunter2")),
        Ok(true)
    );
    assert_eq!(handshake.finish(OK), Ok(packet::frame(1, OK)));

    let refused = |command: &[u8]| {
        ServerHandshake::change_user(command, capabilities, 0, SCRAMBLE, true).unwrap_err()
    };
    assert!(matches!(refused(b"\x03SELECT 1"), Error::InvalidPacket(_)));
    assert!(matches!(
        refused(&[0x11; 131_073]),
        Error::PacketTooLarge(_)
    ));
}

#[test]
fn mariadb_capabilities_need_a_mariadb_on_both_sides() {
    let in_force = |identity_capabilities: u32, client_capabilities: u32| {
        let identity = Identity {
            capabilities: CapabilityFlags::from_bits_retain(identity_capabilities),
            mariadb_capabilities: 0x1D,
            ..identity()
        };
        let mut handshake = ServerHandshake::start(identity, SCRAMBLE, TlsPolicy::None).unwrap();
        assert!(handshake.receive(&[]).is_ok());
        let mut payload = response(client_capabilities | CONNECTION_PHASE, "", b"");
        payload[28..32].copy_from_slice(&0xF5_u32.to_le_bytes());
        match handshake.receive(&packet::frame(1, &payload)) {
            Ok(Step::Authenticate(response)) => response.mariadb_capabilities,
            step => panic!("{step:?}"),
        }
    };
    assert_eq!(in_force(0, 0), 0x15);
    assert_eq!(in_force(1, 0), 0);
    assert_eq!(in_force(0, 1), 0);
}

#[test]
fn tls_is_decided_by_the_policy() {
    let capabilities = CONNECTION_PHASE | SSL;
    let request = packet::frame(1, &ssl_request(capabilities).payload());
    let error = started(TlsPolicy::None).receive(&request).unwrap_err();
    assert_eq!(error, Error::TlsNotOffered);

    let plain = packet::frame(1, &plain_response());
    let error = started(TlsPolicy::Required).receive(&plain).unwrap_err();
    assert_eq!(error, Error::TlsRequired);

    // A client that sets CLIENT_SSL where it is not offered, and does not request it.
    let payload = response(capabilities, "mysql_native_password", b"");
    let step = started(TlsPolicy::None).receive(&packet::frame(1, &payload));
    let Ok(Step::Authenticate(response)) = step else {
        panic!("{step:?}");
    };
    assert_eq!(response.capabilities.bits() & SSL, 0);
    // Where it is offered, the client must begin TLS before it sends a response.
    let error = started(TlsPolicy::Offered).receive(&packet::frame(1, &payload));
    assert!(matches!(
        error,
        Err(Error::InvalidPacket(invalid)) if invalid.packet == PacketName::SslRequest
    ));
}

#[test]
fn bytes_after_the_request_for_tls_are_refused() {
    let request = packet::frame(1, &ssl_request(CONNECTION_PHASE | SSL).payload());
    let both = [&request[..], b"x"].concat();
    let error = started(TlsPolicy::Offered).receive(&both).unwrap_err();
    assert_eq!(error, Error::BytesBeforeTls);

    let mut handshake = started(TlsPolicy::Offered);
    assert!(matches!(handshake.receive(&request), Ok(Step::StartTls)));
    assert_eq!(handshake.receive(b"x").unwrap_err(), Error::BytesBeforeTls);
    assert_eq!(
        handshake.tls_established().unwrap_err(),
        Error::BytesBeforeTls
    );
}

#[test]
fn bytes_out_of_turn_are_refused() {
    let response = packet::frame(1, &plain_response());
    let both = [&response[..], b"x"].concat();
    let error = started(TlsPolicy::None).receive(&both).unwrap_err();
    assert_eq!(error, Error::BytesOutOfTurn);
    let error = authenticating().receive(b"x").unwrap_err();
    assert_eq!(error, Error::BytesOutOfTurn);

    // The bytes of a command before it is accepted.
    let mut handshake = authenticating();
    handshake.more_data(&[3]).unwrap();
    assert!(matches!(handshake.receive(b"\x01\0"), Ok(Step::Read)));
    assert_eq!(handshake.finish(OK), Err(Error::BytesOutOfTurn));

    let mut handshake = ServerHandshake::start(identity(), SCRAMBLE, TlsPolicy::None).unwrap();
    assert_eq!(handshake.receive(b"x").unwrap_err(), Error::BytesOutOfTurn);
}

#[test]
fn a_client_without_plugins_gets_no_packet_of_theirs() {
    let authenticating = || {
        let mut handshake = started(TlsPolicy::None);
        // As `mysql` for Node: no plugin's name, and a response of `mysql_native_password`.
        let mut payload = ssl_request(0x8208).payload();
        payload.extend(b"reader\0\x03abcshop\0");
        let step = handshake.receive(&packet::frame(1, &payload));
        let Ok(Step::Authenticate(response)) = step else {
            panic!("{step:?}");
        };
        assert_eq!(response.auth_plugin, None);
        assert_eq!(response.auth_response.expose(), b"abc");
        handshake
    };
    let missing = Err(Error::MissingCapability("CLIENT_PLUGIN_AUTH"));
    assert_eq!(authenticating().switch_plugin("dialog", b""), missing);
    assert_eq!(authenticating().more_data(&[3]), missing);
    assert_eq!(authenticating().finish(OK), Ok(packet::frame(2, OK)));
}

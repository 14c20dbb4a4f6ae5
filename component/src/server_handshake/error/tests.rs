use super::super::tests::{
    CONNECTION_PHASE, ERR, OK, SCRAMBLE, SSL, access_denied, authenticating, identity,
    plain_response, ssl_request, started,
};
use super::super::{ConfigField, ServerHandshake, TlsPolicy};
use super::*;
use crate::packet::{self, PAYLOAD_LIMIT};

#[test]
fn every_packet_has_its_limit() {
    let refused = |handshake: &mut ServerHandshake, sequence_id, length: usize| {
        let [low, middle, high, ..] = length.to_le_bytes();
        handshake.receive(&[low, middle, high, sequence_id]).err()
    };
    let too_large = |limit: usize| {
        let length = limit.saturating_add(1);
        Some(Error::PacketTooLarge(PacketTooLarge { length, limit }))
    };
    for tls in [TlsPolicy::None, TlsPolicy::Offered, TlsPolicy::Required] {
        assert_eq!(refused(&mut started(tls), 1, PAYLOAD_LIMIT), None);
        let error = refused(&mut started(tls), 1, PAYLOAD_LIMIT + 1);
        assert_eq!(error, too_large(PAYLOAD_LIMIT));
    }
    let inside_tls = || {
        let mut handshake = started(TlsPolicy::Required);
        let request = ssl_request(CONNECTION_PHASE | SSL).payload();
        assert!(handshake.receive(&packet::frame(1, &request)).is_ok());
        handshake.tls_established().unwrap();
        handshake
    };
    assert_eq!(refused(&mut inside_tls(), 2, 131_072), None);
    let error = refused(&mut inside_tls(), 2, 131_073);
    assert_eq!(error, too_large(131_072));

    for (plugin, limit) in [
        ("mysql_clear_password", 524_288),
        ("caching_sha2_password", 65_536),
        ("dialog", 65_536),
    ] {
        let answering = || {
            let mut handshake = authenticating();
            handshake.switch_plugin(plugin, SCRAMBLE).unwrap();
            handshake
        };
        assert_eq!(refused(&mut answering(), 3, limit), None);
        let error = refused(&mut answering(), 3, limit + 1);
        assert_eq!(error, too_large(limit));
    }
}

#[test]
fn a_failed_handshake_still_tells_the_client() {
    // With the sequence id that the client expects.
    let mut handshake = started(TlsPolicy::None);
    let mismatch = Error::SequenceIdMismatch {
        expected: 1,
        received: 5,
    };
    let error = handshake.receive(&packet::frame(5, &plain_response()));
    assert_eq!(error.unwrap_err(), mismatch);
    assert_eq!(handshake.receive(b"more").unwrap_err(), mismatch);
    assert_eq!(
        handshake.verify_caching_sha2(&[0; 32]),
        Err(mismatch.clone())
    );
    assert_eq!(
        handshake.switch_plugin("dialog", b""),
        Err(mismatch.clone())
    );
    assert_eq!(handshake.finish(OK), Err(mismatch.clone()));
    assert_eq!(handshake.finish(b"\x03"), Err(mismatch));
    assert_eq!(
        handshake.refuse(&access_denied()),
        Ok(packet::frame(1, ERR))
    );

    // In place of the first packet there is no SQLSTATE.
    let mut handshake = ServerHandshake::start(identity(), SCRAMBLE, TlsPolicy::None).unwrap();
    assert!(handshake.receive(b"x").is_err());
    let refused = handshake.refuse(&access_denied()).unwrap();
    assert_eq!(refused[3], 0);
    assert_eq!(&refused[4..7], &ERR[..3]);
    assert_ne!(refused[7], b'#');

    // A client of the old protocol gets no SQLSTATE.
    let mut handshake = started(TlsPolicy::None);
    let old = handshake.receive(&packet::frame(1, b"\x85\xA4\x03\0\0\x01root\0"));
    assert_eq!(
        old.unwrap_err(),
        Error::MissingCapability("CLIENT_PROTOCOL_41")
    );
    let refusal = handshake.refuse(&access_denied()).unwrap();
    assert_eq!(refusal, packet::frame(2, b"\xFF\x15\x04Access denied"));
}

#[test]
fn a_refusal_in_place_of_the_first_packet_has_no_sql_state() {
    let expected = packet::frame(0, b"\xFF\x15\x04Access denied");
    let mut handshake = ServerHandshake::start(identity(), SCRAMBLE, TlsPolicy::None).unwrap();
    assert_eq!(handshake.refuse(&access_denied()), Ok(expected));
}

#[test]
fn every_misuse_has_its_error() {
    let misuse = |error: Error| match error {
        Error::Misuse(misuse) => misuse,
        error => panic!("{error}"),
    };
    let error = started(TlsPolicy::None).tls_established().unwrap_err();
    assert_eq!(misuse(error), Misuse::TlsNotAskedFor);
    let error = authenticating().receive(&[]).unwrap_err();
    assert_eq!(misuse(error), Misuse::DecisionAwaited);
    for error in [
        started(TlsPolicy::None).more_data(&[3]).unwrap_err(),
        started(TlsPolicy::None).finish(OK).unwrap_err(),
        started(TlsPolicy::None)
            .verify_caching_sha2(&[0; 32])
            .unwrap_err(),
    ] {
        assert_eq!(misuse(error), Misuse::ResponseAwaited);
    }

    let mut handshake = started(TlsPolicy::Offered);
    let request = ssl_request(CONNECTION_PHASE | SSL).payload();
    assert!(handshake.receive(&packet::frame(1, &request)).is_ok());
    let error = handshake.receive(&[]).unwrap_err();
    assert_eq!(misuse(error), Misuse::TlsNotEstablished);

    let mut handshake = authenticating();
    handshake.switch_plugin("dialog", b"").unwrap();
    let error = handshake.finish(OK).unwrap_err();
    assert_eq!(misuse(error), Misuse::AnswerAwaited);
    assert_eq!(handshake.finish(ERR), Ok(packet::frame(3, ERR)));

    for error in [
        handshake.finish(ERR).unwrap_err(),
        handshake.refuse(&access_denied()).unwrap_err(),
        handshake.receive(&[]).unwrap_err(),
        handshake.receive(b"x").unwrap_err(),
        handshake.tls_established().unwrap_err(),
        handshake.more_data(&[3]).unwrap_err(),
        handshake.verify_native_password(&[0; 20]).unwrap_err(),
    ] {
        assert_eq!(misuse(error), Misuse::AlreadyFinished);
    }
}

#[test]
fn every_invalid_argument_has_its_error() {
    use ConfigField as Field;
    use InvalidConfig::{Empty, Invalid, TooLong};

    let invalid = |error: Error| match error {
        Error::InvalidConfig(invalid) => invalid,
        error => panic!("{error}"),
    };
    let long = vec![0xFF; PAYLOAD_LIMIT + 1];
    let name = "p".repeat(256);
    for (error, expected) in [
        (
            authenticating().switch_plugin("", b""),
            Empty(Field::AuthPlugin),
        ),
        (
            authenticating().switch_plugin("a\0", b""),
            Invalid(Field::AuthPlugin),
        ),
        (
            authenticating().switch_plugin(&name, b""),
            TooLong(Field::AuthPlugin),
        ),
        (
            authenticating().switch_plugin("a", &long),
            TooLong(Field::AuthPluginData),
        ),
        (
            authenticating().switch_plugin("mysql_native_password", b"short"),
            Invalid(Field::Scramble),
        ),
        (
            authenticating().more_data(&long),
            TooLong(Field::AuthPluginData),
        ),
        (authenticating().finish(b""), Empty(Field::Payload)),
        (authenticating().finish(b"\xFE"), Invalid(Field::Payload)),
        (authenticating().finish(&long), TooLong(Field::Payload)),
    ] {
        assert_eq!(invalid(error.unwrap_err()), expected);
    }
    for error in [
        authenticating().verify_caching_sha2(&[0; 20]),
        authenticating().verify_native_password(&[0; 32]),
    ] {
        assert_eq!(invalid(error.unwrap_err()), Invalid(Field::StoredHash));
    }
    let error = ServerHandshake::start(identity(), &[0; 20], TlsPolicy::None);
    assert_eq!(invalid(error.unwrap_err()), Invalid(Field::Scramble));
}

//! Peers that are not MySQL servers, or refuse every client, before TLS. Each leads to an error of its own, and none
//! receives a secret.

use std::time::{Duration, Instant};

use rds_bridge::component::HandshakeError;
use rds_bridge::error::{Category, ErrorKind};
use rds_bridge::{Bridge, Error, Stage, Timeouts};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::scripted_peer::{Line, ScriptedPeer};
use rds_bridge_test_support::server_packets;
use rds_bridge_test_support::tls_peer::{self, frame};

use crate::helpers::live::{connect_error, credentials};

const SHORT: Duration = Duration::from_millis(150);

fn connect(peer: &ScriptedPeer, timeouts: Timeouts) -> Error {
    let builder = Bridge::builder()
        .endpoint(ENDPOINT)
        .connect_to(peer.address().to_string())
        .user("lambda-user")
        .credentials(credentials())
        .timeouts(timeouts);
    connect_error(builder)
}

fn short_tls() -> Timeouts {
    Timeouts {
        tls: SHORT,
        ..Timeouts::default()
    }
}

#[test]
fn who_waits_for_the_client_to_begin() {
    let peer = ScriptedPeer::start(vec![Line::Hold]);
    let error = connect(&peer, short_tls());
    assert!(
        matches!(error.kind(), ErrorKind::Timeout(limit) if *limit == SHORT),
        "{error}"
    );
    assert_eq!(error.stage(), Stage::InitialHandshake);
    assert_eq!(error.category(), Category::Network);
    assert!(
        error.causes()[0].why.contains("HTTP, TLS and PostgreSQL"),
        "{error:?}"
    );
    assert_eq!(peer.received(), b"");
}

/// The limit applies to the whole stage: bytes that keep arriving do not extend it.
#[test]
fn one_byte_at_a_time() {
    // A packet of 60,000 bytes, each of them valid.
    let packet = frame(0, &[&b"\x0A8.0.39"[..], &[b'x'; 60_000]].concat());
    let interval = Duration::from_millis(5);
    let peer = ScriptedPeer::start(vec![Line::Trickle {
        bytes: packet,
        interval,
    }]);
    let begun = Instant::now();
    let error = connect(&peer, short_tls());
    assert!(matches!(error.kind(), ErrorKind::Timeout(_)), "{error}");
    assert_eq!(error.stage(), Stage::InitialHandshake);
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(peer.received(), b"");
}

#[test]
fn other_protocols() {
    for (greeting, cause) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"[..],
            "HTTP",
        ),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
        (b"220 mail.example.com ESMTP\r\n", "text protocol"),
        // An `unexpected_message` alert, and the beginning of a ServerHello.
        (
            b"\x15\x03\x01\x00\x02\x02\x0A",
            "speaks TLS from the first byte",
        ),
        (
            b"\x16\x03\x03\x00\x7A\x02\x00\x00\x76",
            "speaks TLS from the first byte",
        ),
        // An ErrorResponse of PostgreSQL.
        (
            b"E\x00\x00\x00\x5BSFATAL\0VFATAL\0C0A000\0Munsupported frontend protocol 255.255: server \
              supports 3.0 to 3.0\0\0",
            "does not speak the MySQL protocol",
        ),
        (b"\x05\x00\x00\x00\x0B\x08\x05\x1A\x00", "X Protocol"),
        (b"\x01\x00\x00\x07\x0A", "does not speak the MySQL protocol"),
        (b"\x00\x00\x00\x00", "does not speak the MySQL protocol"),
        (b"\x04\x00\x00\x00\x0A8.0", "does not speak the MySQL protocol"),
    ] {
        let peer = ScriptedPeer::start(vec![Line::Send(greeting.to_vec()), Line::Hold]);
        let error = connect(&peer, Timeouts::default());
        assert!(matches!(error.kind(), ErrorKind::Handshake(_)), "{error}");
        assert_eq!(error.stage(), Stage::Tls);
        assert_eq!(error.category(), Category::Protocol);
        assert!(error.causes()[0].why.contains(cause), "{cause}: {error:?}");
        assert_eq!(peer.received(), b"", "{cause}");
    }
}

#[test]
fn who_ends_at_once_or_in_the_middle() {
    let begun = frame(0, b"\x0A8.0.39\0");
    for script in [vec![], vec![Line::Send(begun[..6].to_vec())]] {
        let peer = ScriptedPeer::start(script);
        let error = connect(&peer, Timeouts::default());
        assert!(matches!(error.kind(), ErrorKind::Closed), "{error}");
        assert_eq!(
            (error.stage(), error.category()),
            (Stage::InitialHandshake, Category::Network)
        );
        assert!(
            error.causes()[0]
                .remedy
                .to_string()
                .contains(&peer.address().port().to_string())
        );
    }
}

/// Before the capabilities are negotiated, an `ERR_Packet` has no SQLSTATE.
#[test]
fn a_refusal_in_place_of_a_greeting() {
    let blocked = b"\xFF\x69\x04Host '10.0.0.1' is blocked because of many connection errors";
    let with_state = server_packets::error(1040, "08004", "Too many connections");
    for (payload, code, cause) in [
        (&blocked[..], 1129, "blocks this machine"),
        (
            b"\xFF\x10\x04Too many connections",
            1040,
            "connections are in use",
        ),
        (&with_state, 1040, "connections are in use"),
    ] {
        let peer = ScriptedPeer::start(vec![Line::Send(frame(0, payload)), Line::Hold]);
        let error = connect(&peer, Timeouts::default());
        assert!(
            matches!(error.kind(), ErrorKind::ServerBeforeTls(_)),
            "{error}"
        );
        assert_eq!(error.code(), Some(code));
        // TLS had not begun.
        assert_eq!(error.stage(), Stage::InitialHandshake);
        assert!(error.causes()[0].why.contains(cause), "{error:?}");
        assert_eq!(error.category(), Category::Login);
        assert!(error.to_string().contains("received before TLS"), "{error}");
        assert_eq!(peer.received(), b"");
    }
}

/// Bytes after the greeting could be mistaken for bytes received inside TLS.
#[test]
fn a_greeting_with_something_behind_it() {
    let greeting = tls_peer::greeting(tls_peer::MYSQL);
    let sent = [
        frame(0, &greeting),
        frame(2, b"\x00\x00\x00\x02\x00\x00\x00"),
    ]
    .concat();
    let peer = ScriptedPeer::start(vec![Line::Send(sent), Line::Hold]);
    let error = connect(&peer, Timeouts::default());
    let injected = matches!(
        error.kind(),
        ErrorKind::Handshake(HandshakeError::BytesBeforeTls)
    );
    assert!(injected, "{error}");
    assert_eq!(error.category(), Category::Protocol);
    assert_eq!(peer.received(), b"");
}

//! A server that requests a file of the client (`LOAD DATA LOCAL`): it receives none, and the connection stays usable.

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::Malformed;
use rds_bridge_test_support::server_packets::{Then, error, ok, result};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};

use crate::helpers::hostile_server::{connect, read};
use crate::helpers::live::block_on;

const REQUEST: &[u8] = b"\xFB/etc/passwd";

fn request() -> Vec<Say> {
    say([REQUEST.to_vec()])
}

fn mine() -> Vec<Say> {
    say(result("m", &["one", "two"], Then::Nothing))
}

/// `request` is the server's answer to a statement, and `answer` is what it sends after the client's refusal.
fn refused(request: Vec<Say>, answer: Vec<Say>) {
    let peer = TlsPeer::start(vec![request, answer, mine()]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let error = read(&mut connection).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::LocalInfile), "{error}");
        assert_eq!(read(&mut connection).await.unwrap(), 2);
    });
    assert_eq!(peer.asked(), [&b"\x03SELECT 1"[..], b"", b"\x03SELECT 1"]);
}

#[test]
fn it_gets_an_empty_packet_and_the_connection_goes_on() {
    refused(request(), say([ok(Then::Nothing)]));
    refused(request(), say([error(1148, "42000", "not allowed")]));
}

/// The next call discards the results after the request, and gets its own.
#[test]
fn in_the_middle_of_several_results() {
    let before = || say(result("a", &["x"], Then::More));
    let behind = || {
        say([
            vec![ok(Then::More)],
            result("b", &["not mine"; 5], Then::Nothing),
        ]
        .concat())
    };
    refused([before(), request()].concat(), behind());
    refused(request(), behind());
    refused(
        [before(), request()].concat(),
        say([error(1148, "42000", "not allowed")]),
    );
}

/// The request is in a reply that the caller dropped. The next call must not fail because of it.
#[test]
fn in_what_nobody_reads() {
    let asks = [say(result("a", &["x", "y"], Then::More)), request()].concat();
    let peer = TlsPeer::start(vec![asks, say([ok(Then::Nothing)]), mine()]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let mut rows = connection.query("SELECT 1").await.unwrap();
        rows.next().await.unwrap().unwrap();
        drop(rows);
        assert_eq!(read(&mut connection).await.unwrap(), 2);
    });
}

#[test]
fn whoever_asks_on_is_told_that_there_is_no_more() {
    let behind = say([
        vec![ok(Then::More)],
        result("b", &["not mine"], Then::Nothing),
    ]
    .concat());
    let asks = [say(result("a", &["x"], Then::More)), request()].concat();
    let peer = TlsPeer::start(vec![asks, behind, mine()]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let mut rows = connection.query("SELECT 1").await.unwrap();
        rows.next_result().await.unwrap_err();
        assert!(!rows.next_result().await.unwrap());
        assert!(rows.next().await.unwrap().is_none());
        drop(rows);
        assert_eq!(read(&mut connection).await.unwrap(), 2);
    });
}

#[test]
fn what_is_no_answer_to_the_refusal() {
    let peer = TlsPeer::start(vec![request(), request()]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let error = read(&mut connection).await.unwrap_err();
        let (packet, field) = ("OK_Packet", "header");
        assert!(
            matches!(error.kind(), ErrorKind::Malformed(malformed) if *malformed == Malformed::Field { packet, field }),
            "{error}"
        );
        let error = read(&mut connection).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unusable), "{error}");
    });
}

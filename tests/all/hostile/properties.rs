//! Arbitrary bytes from a server after the login lead to a value or an error. The connection never mistakes one
//! statement's answer for another's.

use proptest::collection::vec;
use proptest::prelude::*;
use rds_bridge::error::ErrorKind;
use rds_bridge_test_support::server_packets::{Then, result};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, frame};

use crate::helpers::hostile_server::{connect, read};
use crate::helpers::live::block_on;

/// The server sends these bytes and disconnects.
fn check(bytes: Vec<u8>) {
    let peer = TlsPeer::start(vec![vec![Say::Bytes(bytes), Say::HangUp]]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let first = read(&mut connection).await;
        let second = read(&mut connection).await.unwrap_err();
        match first.map_err(|error| error.to_string()) {
            Ok(_) => assert!(matches!(
                second.kind(),
                ErrorKind::Closed | ErrorKind::Malformed(_) | ErrorKind::Server(_)
            )),
            Err(first) => assert!(
                matches!(
                    second.kind(),
                    // The first error was the server's or that of a value, so the reply may continue.
                    ErrorKind::Unusable
                        | ErrorKind::Closed
                        | ErrorKind::Malformed(_)
                        | ErrorKind::Server(_)
                ),
                "{first}; {second}"
            ),
        }
    });
}

/// A valid reply.
fn whole() -> Vec<u8> {
    let payloads = [
        result("a", &["x", "longer than that"], Then::More),
        result("b", &["y"], Then::Nothing),
    ];
    let packets = payloads.concat();
    packets
        .iter()
        .zip(1..)
        .flat_map(|(payload, number)| frame(number, payload))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        check(bytes);
    }

    #[test]
    fn any_payloads(payloads in vec(vec(any::<u8>(), 0..12), 0..6)) {
        check(payloads.iter().zip(1..).flat_map(|(payload, number)| frame(number, payload)).collect());
    }

    #[test]
    fn a_right_reply_with_a_wrong_byte(at in 0..whole().len(), by in 1..=255_u8) {
        let mut bytes = whole();
        bytes[at] ^= by;
        check(bytes);
    }
}

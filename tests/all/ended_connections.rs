//! Connections that the server ends, while it answers and while nobody asks: what is said of it.

use rds_bridge::Stage;
use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::Malformed;
use rds_bridge_test_support::server_packets::{
    Then, VAR_STRING, column, end_of_rows, error, ok, text_row,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, frame};

use crate::hostile_server::{After, ask, connect, read, use_again};
use crate::live::block_on;

#[test]
fn a_server_that_ends_anywhere() {
    let whole: Vec<u8> = [
        vec![1],
        column("a", VAR_STRING),
        text_row(&["x"]),
        end_of_rows(Then::Nothing),
    ]
    .iter()
    .zip(1..)
    .flat_map(|(payload, number)| frame(number, payload))
    .collect();
    for length in 0..whole.len() {
        let (outcome, after) = ask(vec![Say::Bytes(whole[..length].to_vec()), Say::HangUp]);
        let error = outcome.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Closed),
            "{length}: {error}"
        );
        assert_eq!(after, After::Unusable);
    }
}

#[test]
fn bytes_that_nobody_asked_for() {
    // In one record, so that the second is there as soon as the first.
    let both = [frame(1, &ok(Then::Nothing)), frame(2, &ok(Then::Nothing))].concat();
    let peer = TlsPeer::start(vec![vec![Say::Bytes(both)]]);
    block_on(async {
        let mut connection = connect(&peer).await;
        assert_eq!(read(&mut connection).await.unwrap(), 0);
        let error = read(&mut connection).await.unwrap_err();
        let unasked = ErrorKind::Malformed(Malformed::Unasked);
        assert_eq!(error.kind().to_string(), unasked.to_string());
        assert_eq!(use_again(&mut connection).await, After::Unusable);
    });
}

/// As MySQL does when a connection has been idle for too long: it counts from 0, as nobody has asked.
#[test]
fn the_servers_parting_words_are_heard() {
    let words = error(
        4031,
        "HY000",
        "The client was disconnected by the server because of inactivity.",
    );
    let parting = || Say::Bytes(frame(0, &words));
    let answered = Say::Payload(ok(Then::Nothing));
    for script in [
        // Before the next statement is sent, and while its answer is waited for.
        vec![vec![answered.clone(), parting(), Say::HangUp]],
        vec![vec![answered], vec![parting(), Say::HangUp]],
    ] {
        let peer = TlsPeer::start(script);
        block_on(async {
            let mut connection = connect(&peer).await;
            assert_eq!(read(&mut connection).await.unwrap(), 0);
            let error = read(&mut connection).await.unwrap_err();
            assert_eq!(error.code(), Some(4031), "{error}");
            assert!(error.causes()[0].why.contains("idle"), "{error:?}");
            assert_eq!(use_again(&mut connection).await, After::Unusable);
        });
    }
}

#[test]
fn a_connection_that_died_while_it_was_idle() {
    let peer = TlsPeer::start(vec![vec![Say::Payload(ok(Then::Nothing))]]);
    block_on(async {
        let mut connection = connect(&peer).await;
        assert_eq!(read(&mut connection).await.unwrap(), 0);
        let error = read(&mut connection).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Closed), "{error}");
        assert_eq!(error.stage(), Stage::Statement);
        assert!(error.causes()[0].why.contains("idle"), "{error:?}");
    });
}

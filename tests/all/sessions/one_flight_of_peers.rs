//! A query is executed with the statement id that MySQL is expected to assign. These peers assign another id, refuse,
//! or close the connection.

use std::pin::pin;
use std::task::{Context, Waker};

use rds_bridge::Bridge;
use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, Protocol};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server_packets::{
    Then, VAR_STRING, binary_row, column, end_of_rows, error, ok, result,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};

use crate::helpers::hostile_server::connect_with;
use crate::helpers::live::{block_on, credentials};

const TEXT: u8 = 0x03;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;

const MINE: &str = "SELECT 'mine'";

/// `COM_STMT_PREPARE_OK` of a statement with one column, and the column.
fn prepared(id: u8) -> Vec<Say> {
    let head = vec![0, id, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    say([head, column("m", VAR_STRING)])
}

fn executed(value: &str) -> Vec<Say> {
    say([
        vec![1],
        column("m", VAR_STRING),
        binary_row(&[value]),
        end_of_rows(Then::Nothing),
    ])
}

fn as_text(value: &str) -> Vec<Say> {
    say(result("m", &[value], Then::Nothing))
}

fn unknown_statement() -> Vec<Say> {
    say([error(1243, "HY000", "Unknown prepared statement handler")])
}

async fn connect(peer: &TlsPeer) -> Connection {
    connect_with(peer, Protocol::Auto).await
}

/// The only value of a query.
async fn value(connection: &mut Connection, sql: &str) -> String {
    let mut rows = connection.query(sql).await.unwrap();
    let row = rows.next().await.unwrap().unwrap();
    let value = row.get(0).unwrap();
    assert!(rows.next().await.unwrap().is_none());
    value
}

/// The commands that the peer received; for a `COM_STMT_EXECUTE` also the statement id.
fn asked(peer: &TlsPeer) -> Vec<(u8, Option<u8>)> {
    let commands = peer.asked();
    let commands = commands.iter().map(|command| {
        let is_execution = command[0] == EXECUTE;
        (command[0], is_execution.then(|| command[1]))
    });
    commands.collect()
}

#[test]
fn ids_are_counted() {
    let peer = TlsPeer::start(vec![
        prepared(1),
        executed("a"),
        prepared(2),
        executed("b"),
        executed("a"),
    ]);
    block_on(async {
        let mut connection = connect(&peer).await;
        assert_eq!(value(&mut connection, "SELECT 'a'").await, "a");
        assert_eq!(value(&mut connection, "SELECT 'b'").await, "b");
        assert_eq!(value(&mut connection, "SELECT 'a'").await, "a");
    });
    let [prepare, one, two] = [(PREPARE, None), (EXECUTE, Some(1)), (EXECUTE, Some(2))];
    assert_eq!(asked(&peer), [prepare, one, prepare, two, one]);
}

/// The client discards whatever the server answers to the wrong id, executes the right one, and does not predict ids
/// any more.
#[test]
fn another_id_is_no_harm() {
    let more = say([
        result("t", &["theirs"], Then::More),
        vec![error(1317, "70100", "Query execution was interrupted")],
    ]
    .concat());
    for reply in [
        unknown_statement(),
        executed("theirs"),
        say([ok(Then::Nothing)]),
        say([error(1210, "HY000", "Incorrect arguments")]),
        more,
    ] {
        for id in [0, 2, 7] {
            let peer = TlsPeer::start(vec![
                prepared(id),
                reply.clone(),
                executed("mine"),
                as_text("text"),
            ]);
            block_on(async {
                let mut connection = connect(&peer).await;
                assert_eq!(value(&mut connection, MINE).await, "mine");
                assert_eq!(value(&mut connection, "SELECT 'text'").await, "text");
            });
            assert_eq!(
                asked(&peer),
                [
                    (PREPARE, None),
                    (EXECUTE, Some(1)),
                    (EXECUTE, Some(id)),
                    (TEXT, None)
                ]
            );
        }
    }
}

/// The predicted id is right, but the server does not know the statement yet when it is executed.
#[test]
fn a_server_that_does_not_know_its_own_id_is_told() {
    let peer = TlsPeer::start(vec![
        prepared(1),
        unknown_statement(),
        executed("mine"),
        as_text("text"),
    ]);
    block_on(async {
        let mut connection = connect(&peer).await;
        assert_eq!(value(&mut connection, MINE).await, "mine");
        assert_eq!(value(&mut connection, "SELECT 'text'").await, "text");
    });
    let executed = (EXECUTE, Some(1));
    assert_eq!(
        asked(&peer),
        [(PREPARE, None), executed, executed, (TEXT, None)]
    );
}

/// MySQL uses up a statement id for a statement that it refuses to prepare.
#[test]
fn a_refusal_is_told_and_counted() {
    let refusal = || say([error(1064, "42000", "You have an error near 'x'")]);
    let peer = TlsPeer::start(vec![
        refusal(),
        unknown_statement(),
        prepared(2),
        executed("mine"),
    ]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let error = connection.query("SELECT x").await.unwrap_err();
        assert_eq!(error.code(), Some(1064), "{error}");
        assert_eq!(value(&mut connection, MINE).await, "mine");
    });
    let [prepare, one, two] = [(PREPARE, None), (EXECUTE, Some(1)), (EXECUTE, Some(2))];
    assert_eq!(asked(&peer), [prepare, one, prepare, two]);
}

#[test]
fn what_is_not_to_be_prepared_is_sent_as_text() {
    for (code, then) in [(1295, PREPARE), (1461, TEXT)] {
        let peer = TlsPeer::start(vec![
            say([error(code, "HY000", "not this one")]),
            unknown_statement(),
            as_text("mine"),
            // After error 1461 (too many prepared statements) the client does not prepare again.
            match then {
                PREPARE => prepared(2),
                _ => as_text("next"),
            },
            executed("next"),
        ]);
        block_on(async {
            let mut connection = connect(&peer).await;
            assert_eq!(value(&mut connection, MINE).await, "mine");
            assert_eq!(value(&mut connection, "SELECT 'next'").await, "next");
        });
        let commands: Vec<u8> = asked(&peer).iter().map(|it| it.0).collect();
        assert_eq!(commands[..4], [PREPARE, EXECUTE, TEXT, then]);
    }
}

#[test]
fn a_server_that_ends_anywhere() {
    let whole = prepared(1);
    for script in [
        vec![vec![Say::HangUp]],
        vec![[&whole[..1], &[Say::HangUp]].concat()],
        vec![whole.clone(), vec![Say::HangUp]],
        // Another id, and then the end of the connection.
        vec![prepared(2), vec![Say::HangUp]],
    ] {
        let peer = TlsPeer::start(script);
        block_on(async {
            let mut connection = connect(&peer).await;
            let error = connection.query(MINE).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Closed), "{error}");
            assert!(!connection.is_usable());
        });
    }
    let killed = say([error(1927, "70100", "Connection was killed")]);
    let peer = TlsPeer::start(vec![killed, vec![Say::HangUp]]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let error = connection.query(MINE).await.unwrap_err();
        assert_eq!(error.code(), Some(1927), "{error}");
        assert!(connection.query(MINE).await.is_err());
    });
}

/// The query is dropped before a reply arrives. The next one reads the replies and does not predict an id.
#[test]
fn a_query_that_is_given_up() {
    for id in [1, 2] {
        let peer = TlsPeer::start(vec![prepared(id), executed("theirs"), as_text("mine")]);
        block_on(async {
            let mut connection = connect(&peer).await;
            {
                let mut query = pin!(connection.query("SELECT 'theirs'"));
                let mut cx = Context::from_waker(Waker::noop());
                assert!(query.as_mut().poll(&mut cx).is_pending());
            }
            assert_eq!(value(&mut connection, MINE).await, "mine");
        });
        let commands: Vec<u8> = asked(&peer).iter().map(|it| it.0).collect();
        assert_eq!(commands, [PREPARE, EXECUTE, TEXT]);
    }
}

/// These queries are also sent as text.
#[test]
fn what_is_never_executed_unseen() {
    let long = format!("SELECT '{}'", "x".repeat(16 << 10));
    let queries = ["SELECT '?'", "SELECT @@warning_count", &long];
    let peer = TlsPeer::start(vec![as_text("mine"); queries.len()]);
    block_on(async {
        let mut connection = connect(&peer).await;
        for sql in queries {
            assert_eq!(value(&mut connection, sql).await, "mine");
        }
    });
    assert_eq!(asked(&peer), [(TEXT, None); 3]);
}

/// At a proxy, and where the peer may be one, the second command waits for the reply to the first and has the id in
/// that reply.
#[test]
fn to_no_proxy() {
    for endpoint in [
        "my.proxy-abc123.eu-central-1.rds.amazonaws.com",
        "db.example.com",
        ENDPOINT,
    ] {
        let peer = TlsPeer::start(vec![prepared(7), executed("mine")]);
        block_on(async {
            let builder = Bridge::builder()
                .endpoint(endpoint)
                .region("eu-central-1")
                .tls_server_name(ENDPOINT)
                .connect_to(peer.address().to_string())
                .ca_file(peer.ca_file())
                .user("lambda-user")
                .credentials(credentials());
            let mut connection = builder.build().await.unwrap().connect().await.unwrap();
            connection.set_protocol(Protocol::Binary);
            assert_eq!(value(&mut connection, MINE).await, "mine");
        });
        assert_eq!(asked(&peer), [(PREPARE, None), (EXECUTE, Some(7))]);
    }
}

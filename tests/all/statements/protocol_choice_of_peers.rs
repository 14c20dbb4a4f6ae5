//! The choice between the text and the binary protocol, with scripted peers: which commands are sent, and what happens
//! after a refusal.

use rds_bridge::mysql::{Connection, Protocol};
use rds_bridge::{Bridge, Error};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server_packets::{
    Then, VAR_STRING, column, end_of_rows, error, ok, result,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};

use crate::helpers::counted_rows::rows;
use crate::helpers::hostile_server::connect_with;
use crate::helpers::live::{block_on, credentials};

async fn connect_to_peer(peer: &TlsPeer) -> Connection {
    connect_with(peer, Protocol::Auto).await
}

const COM_QUERY: u8 = 0x03;
const COM_STMT_PREPARE: u8 = 0x16;
const COM_STMT_EXECUTE: u8 = 0x17;
/// The statement id by which MariaDB executes the statement that was prepared last.
const LAST: [u8; 4] = [0xFF; 4];

#[test]
fn through_a_proxy_nothing_is_prepared_unasked() {
    let peer = TlsPeer::as_maria_db(vec![say(result("m", &["mine"], Then::Nothing))]);
    block_on(async {
        let builder = Bridge::builder()
            .endpoint("my.proxy-abc123.eu-central-1.rds.amazonaws.com")
            .tls_server_name(ENDPOINT)
            .connect_to(peer.address().to_string())
            .ca_file(peer.ca_file())
            .user("lambda-user")
            .credentials(credentials());
        let mut connection = builder.build().await.unwrap().connect().await.unwrap();
        assert_eq!(rows(&mut connection, "SELECT 'mine'").await, 1);
    });
    assert_eq!(commands(&peer), [COM_QUERY]);
}

fn commands(peer: &TlsPeer) -> Vec<u8> {
    let asked = peer.asked();
    asked.iter().map(|command| command[0]).collect()
}

/// `COM_STMT_PREPARE_OK` of a statement with one column, and the column.
fn prepared(id: u8) -> Vec<Say> {
    let head = vec![0, id, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    say([head, column("m", VAR_STRING)])
}

fn unknown_statement() -> Vec<Say> {
    say([error(1243, "HY000", "Unknown prepared statement handler")])
}

/// A row of the binary protocol: a header, a bitmap of NULLs, and here one string.
fn executed() -> Vec<Say> {
    let row = b"\0\0\x04mine".to_vec();
    say([
        vec![1],
        column("m", VAR_STRING),
        row,
        end_of_rows(Then::Nothing),
    ])
}

#[test]
fn a_server_that_does_not_know_which_was_the_last_is_told() {
    let script = vec![
        prepared(7),
        unknown_statement(),
        executed(),
        // The next query is prepared first, and executed after the reply.
        prepared(8),
        executed(),
    ];
    let peer = TlsPeer::as_maria_db(script);
    block_on(async {
        let mut connection = connect_to_peer(&peer).await;
        assert_eq!(rows(&mut connection, "SELECT 'mine'").await, 1);
        connection.set_protocol(Protocol::Binary);
        assert_eq!(rows(&mut connection, "SELECT 'mine' AS m").await, 1);
    });
    let asked = peer.asked();
    let ids: Vec<_> = asked
        .iter()
        .filter(|command| command[0] == COM_STMT_EXECUTE)
        .map(|command| command[1..5].to_vec())
        .collect();
    assert_eq!(ids, [LAST.to_vec(), vec![7, 0, 0, 0], vec![8, 0, 0, 0]]);
}

#[test]
fn a_statement_that_the_server_has_lost_is_prepared_again() {
    let script = vec![
        prepared(7),
        executed(),
        unknown_statement(),
        prepared(8),
        executed(),
    ];
    let peer = TlsPeer::as_maria_db(script);
    block_on(async {
        let mut connection = connect_to_peer(&peer).await;
        assert_eq!(rows(&mut connection, "SELECT 'mine'").await, 1);
        assert_eq!(rows(&mut connection, "SELECT 'mine'").await, 1);
    });
    assert_eq!(
        commands(&peer),
        [
            COM_STMT_PREPARE,
            COM_STMT_EXECUTE,
            COM_STMT_EXECUTE,
            COM_STMT_PREPARE,
            COM_STMT_EXECUTE
        ]
    );
}

/// The error may come from a procedure that has already written, so executing it again is not safe.
#[test]
fn what_is_not_a_query_is_not_executed_twice() {
    let parameters = say([vec![0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
    let script = vec![
        parameters.clone(),
        say([ok(Then::Nothing)]),
        unknown_statement(),
    ];
    let peer = TlsPeer::as_maria_db(script);
    block_on(async {
        let mut connection = connect_to_peer(&peer).await;
        let call = async |connection: &mut Connection| -> Result<(), Error> {
            let rows = connection.query_with("CALL p()", &[]).await?;
            rows.finish().await.map(drop)
        };
        call(&mut connection).await.unwrap();
        let error = call(&mut connection).await.unwrap_err();
        assert_eq!(error.code(), Some(1243), "{error}");
    });
}

/// MariaDB refuses the first of two commands but executes the second: without room for another statement, the id of the
/// last one means the statement before it. The client discards that result.
#[test]
fn what_is_executed_in_place_of_what_was_refused_is_passed_over() {
    let mine = say(result("m", &["mine"], Then::Nothing));
    let script = vec![say([error(1064, "42000", "near")]), executed(), mine];
    let peer = TlsPeer::as_maria_db(script);
    block_on(async {
        let mut connection = connect_to_peer(&peer).await;
        let error = connection.query("SELECT 'theirs'").await.unwrap_err();
        assert_eq!(error.code(), Some(1064), "{error}");
        connection.set_protocol(Protocol::Text);
        assert_eq!(rows(&mut connection, "SELECT 'mine'").await, 1);
    });
}

#[test]
fn why_it_is_refused_counts_and_not_that_it_hangs_up() {
    let script = vec![
        say([error(1927, "70100", "Connection was killed")]),
        vec![Say::HangUp],
    ];
    let peer = TlsPeer::as_maria_db(script);
    block_on(async {
        let mut connection = connect_to_peer(&peer).await;
        let error = connection.query("SELECT 'mine'").await.unwrap_err();
        assert_eq!(error.code(), Some(1927), "{error}");
        assert!(connection.query("SELECT 'mine'").await.is_err());
    });
}

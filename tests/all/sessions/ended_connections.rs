//! Connections that the server ends, while it answers and while the client is idle, and the errors of that.

use rds_bridge::Stage;
use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::Malformed;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rds_bridge_test_support::server_packets::{
    Then, VAR_STRING, column, end_of_rows, error, ok, text_row,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, frame};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::hostile_server::{After, ask, connect, read, use_again};
use crate::helpers::live::{block_on, credentials, to};

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
    // Both packets are in one TLS record, so the second arrives with the first.
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

/// As MySQL does when a connection has been idle for too long. The sequence id is 0, because the packet answers no
/// command.
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
        // The message arrives before the client sends the next statement, or while it waits for the answer.
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

/// The `net_write_timeout` of a real server.
#[apply(on_each_server)]
fn who_reads_too_slowly_is_told_so(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--net-write-timeout=1".to_owned()],
            ..Options::default()
        },
    );
    let bridge = to(&server).user("lambda-user").credentials(credentials());
    // More than all buffers between server and client can hold.
    let tables: Vec<String> = (0..8).map(|number| format!("items t{number}")).collect();
    let sql = format!("SELECT REPEAT('x', 60000) FROM {}", tables.join(", "));
    let error = block_on(async {
        let mut connection = bridge.build().await?.connect().await?;
        let mut rows = connection.query(&sql).await?;
        rows.next().await?;
        let is_sending =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'lambda-user'";
        while server.execute_as_admin(is_sending).trim() != "0" {}
        while rows.next().await?.is_some() {}
        Ok::<(), rds_bridge::Error>(())
    })
    .unwrap_err();
    assert_eq!(error.stage(), Stage::Rows, "{error}");
    let causes = error.causes();
    let is_said = causes
        .iter()
        .any(|cause| cause.why.contains("net_write_timeout"));
    assert!(is_said, "{error}: {causes:?}");
}

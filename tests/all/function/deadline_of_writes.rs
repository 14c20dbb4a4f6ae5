//! After a deadline no change is kept, whatever the server answers to the cancellation. Nothing that the server
//! sends delays the deadline.

use std::time::Duration;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rds_bridge_test_support::server_packets::{Then, ok, ok_in_transaction};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{AD_HOC, WRITES, items, of_type, rows, start};

const TIMEOUT: Duration = Duration::from_secs(2);

/// On MySQL a cancelled SLEEP succeeds, and with it the INSERT.
#[apply(on_each_server)]
fn are_not_committed(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "GRANT ALL ON iamtest.* TO 'lambda-user'@'%';
         DELIMITER //
         CREATE PROCEDURE iamtest.slow() BEGIN
           INSERT INTO items (name) VALUES ('x');
           DO SLEEP(300);
         END //",
    );
    let function = start(&server, &[AD_HOC, WRITES]);
    let _at = function.wait_for_start().ready_at();
    for sql in [
        "INSERT INTO items (name) SELECT SLEEP(300)",
        "UPDATE items SET price = price + SLEEP(300)",
        "CALL slow()",
        "SELECT SLEEP(300)",
        "DO SLEEP(300)",
    ] {
        let event = json!({"sql": sql}).to_string();
        let (kind, failure) = of_type(&function.start_invocation(event, TIMEOUT).wait().error());
        assert_eq!(kind, "Deadline", "{sql}: {failure}");
        // No lock is held either.
        let others = "SELECT COUNT(*), SUM(price) FROM iamtest.items FOR UPDATE";
        assert_eq!(server.execute_as_admin(others), "3\t16.75\n", "{sql}");
    }
    assert_eq!(rows(&function, &json!({})), items());
}

/// There is always something to read, so no timer is polled. The client gives up at the deadline, or after the largest
/// number of results in a reply, whichever comes first.
#[test]
fn come_although_results_do_not_end() {
    let endless = vec![Say::Forever(ok(Then::More))];
    let peer = TlsPeer::start(vec![endless.clone(), endless]);
    let address = peer.address().to_string();
    let ca_file = peer.ca_file().display().to_string();
    let changes = [
        ("DB_CONNECT_TO", &*address),
        ("DB_CA_FILE", &ca_file),
        // The statement is sent as text and not prepared.
        ("DB_QUERY", "CALL endless()"),
    ];
    let function = start(Server::shared(Product::MariaDb), &changes);
    let _at = function.wait_for_start().ready_at();
    let answer = function.start_invocation("{}", TIMEOUT).wait_for_answer();
    assert!(answer.took < TIMEOUT, "{answer:?}");
    let (kind, failure) = of_type(&answer.outcome.error());
    assert!(matches!(&*kind, "Deadline" | "Protocol"), "{failure}");
    assert!(
        !failure.to_string().contains("COM_STMT_PREPARE"),
        "{failure}"
    );
}

/// Only the server knows whether the transaction was committed.
#[test]
fn are_not_called_undone_where_the_commit_was_sent() {
    for (answer, kind) in [(Vec::new(), "Deadline"), (vec![Say::HangUp], "Network")] {
        an_unanswered_commit(answer, kind);
    }
}

fn an_unanswered_commit(answer: Vec<Say>, expected: &str) {
    let done = || vec![Say::Payload(ok_in_transaction())];
    // The roles of the login are asked in the first flight.
    let peer = TlsPeer::start(vec![done(), done(), done(), answer]);
    let address = peer.address().to_string();
    let ca_file = peer.ca_file().display().to_string();
    let changes = [
        ("DB_CONNECT_TO", &*address),
        ("DB_CA_FILE", &ca_file),
        ("DB_QUERY", "UPDATE items SET price = 1"),
        WRITES,
    ];
    let function = start(Server::shared(Product::MariaDb), &changes);
    let _at = function.wait_for_start().ready_at();
    let error = function.start_invocation("{}", TIMEOUT).wait().error();
    let (kind, failure) = of_type(&error);
    assert_eq!(
        peer.asked().last().unwrap(),
        b"\x03COMMIT AND NO CHAIN NO RELEASE"
    );
    assert_eq!(kind, expected, "{failure}");
    let hint = failure["hint"].as_str().unwrap();
    assert!(
        hint.contains("check whether the transaction was committed"),
        "{failure}"
    );
}

//! Clients that disconnect: their statements end on the server.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use super::time_limits::long;
use crate::helpers::command::send_signal;
use crate::helpers::gateway::{EXECUTE, Gateway, read_answer, until_executes};

#[apply(on_each_server)]
fn the_statement_of_a_client_that_disconnects_is_killed(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback", "--max-connections", "1"]);
    let body = json!({"query": "SELECT SLEEP(600) AS gateway_abandoned"}).to_string();
    let request = gateway.send(EXECUTE, &[], &body);
    until_executes(server, "gateway_abandoned", true);
    drop(request);
    until_executes(server, "gateway_abandoned", false);
    // The only connection serves another request.
    let reply = gateway.execute("SELECT 1", &Json::Null);
    assert!(reply.get("error").is_none(), "{reply}");
}

/// What its statement has done is not known to the client, so it must not be committed.
#[apply(on_each_server)]
fn its_transaction_is_rolled_back(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_for_writes(server);
    let table = format!("gateway_abandoned_{}", product.name());
    server.execute_as_admin(&format!("CREATE TABLE iamtest.{table} (a INT)"));
    let begun = gateway.execute("BEGIN", &Json::Null)["session"].clone();
    let insert = format!("INSERT INTO {table} VALUES (1)");
    let session = gateway.execute(&insert, &begun)["session"].clone();
    let sleep = "SELECT SLEEP(600) AS gateway_abandoned_in_transaction";
    let body = json!({"query": sleep, "session": session}).to_string();
    let request = gateway.send(EXECUTE, &[], &body);
    until_executes(server, "gateway_abandoned_in_transaction", true);
    drop(request);
    until_executes(server, "gateway_abandoned_in_transaction", false);
    let reply = gateway.execute("COMMIT", &session);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.contains("(errno 2006)"), "{message}");
    let count = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{table}"));
    assert_eq!(count, "0\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

#[apply(on_each_server)]
fn a_running_request_is_answered_while_the_gateway_drains(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    let body = json!({"query": "SELECT SLEEP(2), 'gateway_drains' AS a"}).to_string();
    let mut request = gateway.send(EXECUTE, &[], &body);
    until_executes(server, "gateway_drains", true);
    send_signal(gateway.process(), "-TERM");
    let answer = read_answer(&mut request);
    assert!(answer.json().get("error").is_none(), "{answer:?}");
    let (status, log) = gateway.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("that were still open"), "{log}");
}

/// The statement does not notice that its connection is lost: it ends only when it is killed.
#[test]
fn after_the_limit_the_rest_is_ended() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start(server, &["--trust-loopback", "--drain-timeout", "1"]);
    let body = json!({"query": long("gateway_limit")}).to_string();
    let _request = gateway.send(EXECUTE, &[], &body);
    until_executes(server, "gateway_limit", true);
    let (status, log) = gateway.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("requests that were still open after 1 s, and that the gateway ended: 1"),
        "{log}"
    );
    until_executes(server, "gateway_limit", false);
}

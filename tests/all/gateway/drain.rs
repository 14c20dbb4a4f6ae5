//! A gateway that is told to end: open transactions go on, and nothing new begins.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::command::send_signal;
use crate::helpers::gateway::{EXECUTE, Gateway};
use crate::helpers::waiting::until;

const ARGUMENTS: [&str; 6] = [
    "--trust-loopback",
    "--allow-writes",
    "--admin",
    "127.0.0.1:0",
    "--drain-timeout",
    "60",
];

fn begin_drain(gateway: &Gateway) {
    assert_eq!(gateway.get_admin("/ready").status, 200);
    send_signal(gateway.process(), "-TERM");
    until(|| match gateway.get_admin("/ready").status {
        503 => Ok(()),
        status => Err(format!("/ready answers {status}")),
    });
}

#[apply(on_each_server)]
fn a_transaction_is_finished(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_as_admin(server, &ARGUMENTS);
    let table = format!("drain_{}", product.name());
    server.execute_as_admin(&format!("CREATE TABLE iamtest.{table} (a INT)"));
    let place =
        json!({"resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any"});
    let post = |path: &str, members: Json| {
        let mut body = place.clone();
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        gateway.post(path, &[], &body.to_string())
    };
    let begun = post("/BeginTransaction", json!({})).json()["transactionId"].clone();
    let session = gateway.execute("BEGIN", &Json::Null)["session"].clone();
    let state = gateway.execute("SELECT 1 INTO @a", &Json::Null)["session"].clone();
    begin_drain(&gateway);

    // Each of these comes on a new connection.
    let insert = format!("INSERT INTO {table} VALUES (1)");
    let reply = gateway.execute(&insert, &session);
    assert!(reply.get("error").is_none(), "{reply}");
    let answer = post("/Execute", json!({"sql": insert, "transactionId": begun}));
    assert_eq!(answer.status, 200, "{answer:?}");
    // Requests without a session are answered, for the last time on their connection.
    let body = json!({"query": "SELECT 1"}).to_string();
    let answer = gateway.post(EXECUTE, &[("Connection", "keep-alive")], &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.head.contains("connection: close"), "{answer:?}");
    // Nothing begins.
    for sql in [
        "BEGIN",
        "START TRANSACTION",
        "SET @a = 1",
        "LOCK TABLES items READ",
    ] {
        let answer = gateway.post(EXECUTE, &[], &json!({"query": sql}).to_string());
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], "unavailable");
    }
    let answer = post("/BeginTransaction", json!({}));
    assert_eq!(answer.status, 503, "{answer:?}");
    // Nor in a session that is open.
    let reply = gateway.execute("SELECT @a", &state);
    assert!(reply.get("error").is_none(), "{reply}");
    let begin = json!({"query": "BEGIN", "session": state}).to_string();
    let answer = gateway.post(EXECUTE, &[], &begin);
    assert_eq!(answer.status, 503, "{answer:?}");

    let reply = gateway.execute("COMMIT", &session);
    assert!(reply.get("error").is_none(), "{reply}");
    let answer = post("/CommitTransaction", json!({"transactionId": begun}));
    assert_eq!(answer.status, 200, "{answer:?}");
    // The last transaction has ended, and with it the gateway.
    let (status, log) = gateway.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    let rows = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{table}"));
    assert_eq!(rows, "2\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

/// A client that never comes back does not keep the gateway for longer than the limit.
#[test]
fn after_the_limit_a_transaction_is_rolled_back() {
    let server = Server::shared(Product::MySql);
    let arguments = ["--trust-loopback", "--allow-writes", "--drain-timeout", "1"];
    let gateway = Gateway::start_as_admin(server, &arguments);
    server.execute_as_admin("CREATE TABLE iamtest.drain_limit (a INT)");
    let session = gateway.execute("BEGIN", &Json::Null)["session"].clone();
    let insert = "INSERT INTO drain_limit VALUES (1)";
    assert!(gateway.execute(insert, &session).get("error").is_none());
    let (status, log) = gateway.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    let rows = server.execute_as_admin("SELECT COUNT(*) FROM iamtest.drain_limit");
    assert_eq!(rows, "0\n");
    server.execute_as_admin("DROP TABLE iamtest.drain_limit");
}

/// Until a load balancer has noticed, the gateway accepts connections.
#[test]
fn a_load_balancer_has_time_to_notice() {
    let server = Server::shared(Product::MySql);
    let mut arguments = ARGUMENTS.to_vec();
    arguments.extend(["--drain-notice", "2"]);
    let gateway = Gateway::start_as_admin(server, &arguments);
    begin_drain(&gateway);
    let reply = gateway.execute("SELECT 1", &Json::Null);
    assert!(reply.get("error").is_none(), "{reply}");
    let (status, log) = gateway.wait();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn the_admin_address_ends_the_gateway() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start_as_admin(server, &ARGUMENTS);
    assert_eq!(gateway.get_admin("/quitquitquit").status, 405);
    let answer = gateway.post_admin("/quitquitquit", &[("Origin", "https://evil.example")]);
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(gateway.post_admin("/quitquitquit", &[]).status, 200);
    let (status, log) = gateway.wait();
    assert_eq!(status.code(), Some(0), "{log}");
}

/// A load balancer learns from responses which instance has which sessions.
#[test]
fn tokens_begin_with_the_name_of_their_instance() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let answer = gateway.post(EXECUTE, &[], &json!({"query": "BEGIN"}).to_string());
    let header = answer
        .head
        .lines()
        .find_map(|it| it.strip_prefix("rds-bridge-instance: "));
    let header = header.unwrap_or_else(|| panic!("{answer:?}"));
    let session = answer.json()["session"].as_str().unwrap().to_owned();
    assert_eq!(session.split_once('.').unwrap().0, header);
}

//! Sessions that cannot begin, or cannot go on as they are.

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use super::sessions::{failure, succeed};
use crate::helpers::gateway::{EXECUTE, Gateway, until_executes};
use crate::helpers::gateway_config::GatewayConfig;

/// The sessions of one database take no place of another's.
#[test]
fn each_database_has_its_own_limit_on_sessions() {
    let server = Server::shared(Product::MySql);
    let config = GatewayConfig::new("");
    let database = |name: &str| {
        format!(
            "[databases.{name}]\nendpoint = \"{ENDPOINT}\"\nuser = \"lambda-user\"\ndatabase = \"iamtest\"\n\
             max_connections = 3\n"
        )
    };
    let grant = |name: &str| {
        format!(
            "[[callers.loopback.grants]]\ndatabase = \"{name}\"\nstatements = \"any\"\nmax_sessions = 9\n"
        )
    };
    config.write_text(&format!(
        "{}{}[gateway]\ntrust_loopback = true\n[callers.loopback]\n{}{}",
        database("main"),
        database("other"),
        grant("main"),
        grant("other")
    ));
    let gateway = config.start(server);
    for name in ["main", "other"] {
        let place =
            json!({"resourceArn": format!("arn:aws:rds:any:{name}"), "secretArn": "arn:aws:any"});
        let begin = || gateway.post("/BeginTransaction", &[], &place.to_string());
        for _ in 0..2 {
            assert_eq!(begin().status, 200, "{name}");
        }
        let refused = begin();
        assert_eq!(refused.status, 503, "{name}: {refused:?}");
        let message = refused.json()["message"].to_string();
        assert!(
            message.contains("all 2 connections that sessions may keep"),
            "{message}"
        );
    }
}

/// The seventeenth setting needs a connection, which the caller may not keep. It was made all the same.
#[test]
fn a_statement_whose_session_is_not_kept_was_executed() {
    let server = Server::shared(Product::MySql);
    let config = GatewayConfig::new(
        "[gateway]\ntrust_loopback = true\n[callers.loopback]\n[[callers.loopback.grants]]\ndatabase = \"main\"\n\
         statements = \"any\"\nmax_sessions = 0\n",
    );
    let gateway = config.start(server);
    let mut session = Json::Null;
    for number in 0..16 {
        session = succeed(&gateway, &format!("SET @a{number} = 1"), &session);
    }
    let reply = gateway.execute("SET @a16 = 1", &session);
    assert_eq!(failure(&reply), (1105, session.clone()));
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message
            .starts_with("the statement was executed, but the gateway could not keep its session"),
        "{message}"
    );
    assert!(message.contains("0 open sessions"), "{message}");
    // The session is as it was.
    succeed(&gateway, "SELECT 1", &session);
}

#[apply(on_each_server)]
fn a_setting_that_fails_can_be_changed(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_for_writes(server);
    server.execute_as_admin("CREATE DATABASE gateway_dropped");
    let session = succeed(&gateway, "SET @a = 7", &Json::Null);
    let session = succeed(&gateway, "USE gateway_dropped", &session);
    server.execute_as_admin("DROP DATABASE gateway_dropped");
    let reply = gateway.execute("SELECT 1", &session);
    let (number, session) = failure(&reply);
    assert_eq!(number, 1049);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the session's setting \"USE gateway_dropped\" could not be applied to the connection of \
                             this request ("),
        "{message}"
    );
    let session = succeed(&gateway, "USE iamtest", &session);
    let reply = gateway.execute("SELECT name FROM items WHERE @a = 7 AND id = 1", &session);
    assert_eq!(
        reply["result"]["rows"][0]["lengths"],
        json!(["5"]),
        "{reply}"
    );
}

/// Without a queue a request is refused only while another one of its session is executed.
#[test]
fn a_session_without_a_queue_executes_one_request_after_another() {
    let server = Server::shared(Product::MySql);
    let config = GatewayConfig::new(
        "[gateway]\ntrust_loopback = true\nmax_queued_requests = 0\n[callers.loopback]\n\
         [[callers.loopback.grants]]\ndatabase = \"main\"\nstatements = \"any\"\n",
    );
    let gateway = config.start(server);
    let mut session = succeed(&gateway, "BEGIN", &Json::Null);
    for _ in 0..3 {
        session = succeed(&gateway, "SELECT 1", &session);
    }
    let body = json!({"query": "SELECT SLEEP(600) AS without_a_queue", "session": session});
    let open = gateway.send(EXECUTE, &[], &body.to_string());
    until_executes(server, "without_a_queue", true);
    let reply = gateway.execute("SELECT 1", &session);
    assert_eq!(failure(&reply), (1040, session.clone()));
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.contains("is being executed"), "{message}");
    drop(open);
    until_executes(server, "without_a_queue", false);
}

//! `@planetscale/database` unchanged, in front of both servers.

use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy};
use rds_bridge_test_support::node;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::command::stderr;
use crate::helpers::emulator::server::test_file;
use crate::helpers::gateway::{EXECUTE, Gateway, read_answer, until_executes};
use crate::helpers::waiting::until;

/// The script's assertions are the test.
#[apply(on_each_server)]
fn the_client_itself(product: Product) {
    let server = Server::start(
        product,
        &rds_bridge_test_support::server::Options::default(),
    );
    let gateway = Gateway::start_for_writes(&server);
    let mut command = node::command(&test_file("node/test_planetscale.mjs"));
    let output = command.env("GATEWAY_URL", gateway.url()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

/// What the client does not check.
#[apply(on_each_server)]
fn the_shape_of_a_reply(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let sql = "SELECT id, name, price, NULL AS nothing FROM items AS i WHERE id < 3 ORDER BY id";
    let mut reply = gateway.execute(sql, &Json::Null);
    assert!(reply["session"].is_string());
    assert!(reply["timing"].as_f64().unwrap() > 0.0);
    assert!(reply.get("error").is_none());
    let result = &mut reply["result"];
    // MQ== is 1, and so on: the values of a row stand one after another.
    let rows = json!([
        {"lengths": ["1", "5", "4", "-1"], "values": "MWFwcGxlMS4yNQ=="},
        {"lengths": ["1", "5", "4", "-1"], "values": "MmJyZWFkMy41MA=="},
    ]);
    assert_eq!(result["rows"], rows);
    let charset = result["fields"][1]["charset"].take();
    assert!(charset.as_u64().unwrap() != 63, "{charset}");
    let columns = &result["fields"];
    assert_eq!(
        columns[0],
        json!({
            "name": "id", "type": "INT32", "table": "i", "orgTable": "items", "database": "iamtest",
            "orgName": "id", "columnLength": 11, "charset": 63, "flags": columns[0]["flags"],
            "columnType": "int",
        })
    );
    assert_eq!(
        columns[1],
        json!({
            "name": "name", "type": "VARCHAR", "table": "i", "orgTable": "items", "database": "iamtest",
            "orgName": "name", "columnLength": 256, "charset": null, "flags": 0,
            "columnType": "varchar(64)",
        })
    );
    assert_eq!(columns[2]["type"], "DECIMAL");
    assert_eq!(columns[2]["decimals"], 2);
    assert_eq!(columns[2]["columnType"], "decimal(10,2)");
    assert!(columns[3].get("type").is_none(), "{}", columns[3]);
    // NOT NULL, PRI_KEY and AUTO_INCREMENT.
    assert_eq!(columns[0]["flags"].as_u64().unwrap() & 0x203, 0x203);
}

#[apply(on_each_server)]
fn a_reply_says_how_long_it_took(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let body = json!({"query": "SELECT SLEEP(0.2)"}).to_string();
    let answer = gateway.post(EXECUTE, &[], &body);
    let timing = answer.head.split_once("server-timing: db;dur=").unwrap().1;
    let milliseconds: f64 = timing.split(',').next().unwrap().parse().unwrap();
    assert!(milliseconds >= 200.0, "{answer:?}");
    assert!(timing.contains("total;dur="), "{answer:?}");
    assert!(answer.json()["timing"].as_f64().unwrap() >= 0.2);
}

/// A text is one statement, so that text injected into it cannot add another.
#[apply(on_each_server)]
fn a_text_is_one_statement(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let reply = gateway.execute("SELECT 1; SELECT 2", &Json::Null);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message.ends_with("(errno 1064) (sqlstate 42000)"),
        "{message}"
    );
    assert_eq!(reply["error"]["code"], "INVALID_ARGUMENT");
    assert!(reply.get("result").is_none());
}

#[apply(on_each_server)]
fn sessions_are_read_only(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_as_admin(server, &["--trust-loopback"]);
    let create = "CREATE TABLE gateway_read_only (a INT)";
    let reply = gateway.execute(create, &Json::Null);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message.ends_with("(errno 1792) (sqlstate 25006)"),
        "{message}"
    );
    // What one request changes is reset before another.
    let undone = gateway.execute("SET SESSION TRANSACTION READ WRITE", &Json::Null);
    assert!(undone.get("error").is_none(), "{undone}");
    let reply = gateway.execute(create, &Json::Null);
    assert!(reply["error"]["message"].as_str().unwrap().contains("1792"));
}

/// No number after which a client repeats the statement.
#[apply(on_each_server)]
fn a_lost_connection_leaves_the_outcome_unknown(product: Product) {
    let server = Server::shared(product);
    let relay = FaultProxy::start(server.address(), Fault::Pass);
    let address = relay.address().to_string();
    let gateway = Gateway::start(server, &["--trust-loopback", "--connect-to", &address]);
    let body = json!({"query": "SELECT SLEEP(600) AS planetscale_lost"}).to_string();
    let mut request = gateway.send(EXECUTE, &[], &body);
    until_executes(server, "planetscale_lost", true);
    relay.close_connections();
    let reply = read_answer(&mut request).json();
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.contains("its outcome is unknown"), "{message}");
    assert!(
        message.ends_with("(errno 2013) (sqlstate HY000)"),
        "{message}"
    );
}

/// Why there is no connection is in the log, since it names users and addresses.
#[test]
fn a_login_that_fails_is_explained_in_the_log() {
    let server = Server::shared(Product::MySql);
    let arguments = ["--trust-loopback", "--username", "unknown-to-the-server"];
    let gateway = Gateway::start(server, &arguments);
    let reply = gateway.execute("SELECT 1", &Json::Null);
    let message = reply["error"]["message"].as_str().unwrap();
    let known = "the gateway has no connection to the database: the gateway's log has the reason, with the id ";
    let id = message
        .strip_prefix(known)
        .unwrap_or_else(|| panic!("{message}"));
    let (id, numbers) = id.split_once(' ').unwrap();
    assert!(numbers.starts_with("(errno "), "{message}");
    until(|| {
        let log = gateway.log();
        let line = log.lines().find(|line| line.contains(id));
        // MySQL chooses a plugin for a user that it does not know, which may be one that is not supported.
        match line.is_some_and(|line| line.contains(", error login: ")) {
            true => Ok(()),
            false => Err(log),
        }
    });
}

/// The message of a syntax error quotes the statement, whose lines would hide the numbers.
#[apply(on_each_server)]
fn an_error_is_one_line(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let reply = gateway.execute("SELECT *\nFROM\nWHERE\r\nx", &Json::Null);
    let message = reply["error"]["message"].as_str().unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        message.ends_with(" (errno 1064) (sqlstate 42000)"),
        "{message}"
    );
}

#[test]
fn a_body_that_is_no_request_is_refused_without_a_part_of_it() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    for body in [
        "",
        "{",
        "[]",
        "{\"query\": 7}",
        "{\"hunter2\": \"x\"}",
        "\"hunter2\"",
    ] {
        let answer = gateway.post(EXECUTE, &[], body);
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert_eq!(answer.json()["error"]["code"], "invalid_argument");
        assert!(!answer.body.contains("hunter2"), "{answer:?}");
    }
    assert_eq!(gateway.post("/other", &[], "{}").status, 404);
}

//! Statements that take too long: the server ends them, and the answer says what is known of them.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use super::v1::{BATCH, NDJSON, QUERY, post};
use crate::helpers::command::endless;
use crate::helpers::gateway::{Answer, Gateway, until_executes};

const JSON: &str = "application/json";
const LIMIT: &[&str] = &[
    "--trust-loopback",
    "--allow-writes",
    "--statement-timeout",
    "1",
    "--max-connections",
    "1",
];

/// A statement that runs until it is killed, and then fails: unlike SLEEP, which may succeed.
pub(super) fn long(name: &str) -> String {
    let tables: Vec<String> = (0..20).map(|number| format!("items t{number}")).collect();
    format!(
        "SELECT /*+ NO_BNL() */ SUM(RAND()) AS {name} FROM {}",
        tables.join(", ")
    )
}

fn data_api(gateway: &Gateway, path: &str, members: &Json) -> Answer {
    let mut body =
        json!({"resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any"});
    let all = body.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    gateway.post(path, &[], &body.to_string())
}

#[apply(on_each_server)]
fn each_dialect_says_that_the_statement_was_ended(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_as_admin(server, LIMIT);
    let reply = gateway.execute(&long("limit_planetscale"), &Json::Null);
    assert_eq!(reply["error"]["code"], "DEADLINE_EXCEEDED", "{reply}");
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the statement took longer than 1 s: the server has ended it"),
        "{message}"
    );
    assert!(
        message.ends_with("(errno 3024) (sqlstate HY000)"),
        "{message}"
    );
    until_executes(server, "limit_planetscale", false);

    let answer = data_api(
        &gateway,
        "/Execute",
        &json!({"sql": long("limit_data_api")}),
    );
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(
        answer
            .head
            .contains("x-amzn-errortype: statementtimeoutexception"),
        "{answer:?}"
    );
    assert!(
        answer.json()["dbConnectionId"].as_u64().unwrap() > 0,
        "{answer:?}"
    );
    until_executes(server, "limit_data_api", false);

    let reply = post(&gateway, QUERY, JSON, &json!({"sql": long("limit_v1")}));
    assert_eq!(
        (reply.status, &reply.error()["type"]),
        (400, &json!("StatementTimeout"))
    );
    assert_eq!(reply.error()["code"], 3024);
    until_executes(server, "limit_v1", false);
    // The only connection serves the next request.
    assert!(
        gateway
            .execute("SELECT 1", &Json::Null)
            .get("error")
            .is_none()
    );
}

/// The transaction goes on: the server has rolled back the one statement.
#[apply(on_each_server)]
fn a_transaction_goes_on_without_the_statement(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_as_admin(server, LIMIT);
    let table = format!("limit_transaction_{}", product.name());
    server.execute_as_admin(&format!("CREATE TABLE iamtest.{table} (a INT)"));
    let session = gateway.execute("BEGIN", &Json::Null)["session"].clone();
    let insert = format!("INSERT INTO {table} VALUES (1)");
    let session = gateway.execute(&insert, &session)["session"].clone();
    let slow = format!("INSERT INTO {table} {}", long("a"));
    let reply = gateway.execute(&slow, &session);
    assert_eq!(reply["error"]["code"], "DEADLINE_EXCEEDED", "{reply}");
    let reply = gateway.execute(&insert, &reply["session"]);
    let reply = gateway.execute("COMMIT", &reply["session"]);
    assert!(reply.get("error").is_none(), "{reply}");
    let rows = server.execute_as_admin(&format!("SELECT a FROM iamtest.{table}"));
    assert_eq!(rows, "1\n1\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

/// A procedure commits what it has done before it is killed: the answer does not say that nothing was done.
#[apply(on_each_server)]
fn what_a_killed_procedure_has_done_is_unknown(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_as_admin(server, LIMIT);
    let name = format!("limit_procedure_{}", product.name());
    server.execute_as_admin(&format!("CREATE TABLE iamtest.{name} (a INT)"));
    let body = format!("INSERT INTO {name} VALUES (1); {}", long("b"));
    let create = format!("CREATE PROCEDURE {name}() BEGIN {body}; END");
    let created = gateway.execute(&create, &Json::Null);
    assert!(created.get("error").is_none(), "{created}");
    let call = format!("CALL {name}()");
    let reply = post(&gateway, QUERY, JSON, &json!({"sql": call}));
    assert_eq!(reply.status, 424, "{}", reply.text());
    let reply = gateway.execute(&call, &Json::Null);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message.ends_with("(errno 2013) (sqlstate HY000)"),
        "{message}"
    );
    let answer = data_api(&gateway, "/Execute", &json!({"sql": call}));
    assert!(
        answer
            .head
            .contains("x-amzn-errortype: databaseerrorexception"),
        "{answer:?}"
    );
    let rows = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{name}"));
    assert_eq!(rows, "3\n");
    server.execute_as_admin(&format!(
        "DROP TABLE iamtest.{name}; DROP PROCEDURE iamtest.{name}"
    ));
}

/// All statements of a batch have the time together, and are rolled back together.
#[apply(on_each_server)]
fn a_batch_is_rolled_back(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_as_admin(server, LIMIT);
    let table = format!("limit_batch_{}", product.name());
    server.execute_as_admin(&format!("CREATE TABLE iamtest.{table} (a INT)"));
    let insert = format!("INSERT INTO {table} VALUES (1)");
    let statements = json!([{"sql": insert}, {"sql": "DO SLEEP(0.7)"}, {"sql": "DO SLEEP(0.7)"}]);
    let reply = post(&gateway, BATCH, JSON, &json!({"statements": statements}));
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert_eq!(reply.error()["type"], "StatementTimeout");
    let sets = json!([[], [], []]);
    let batch =
        json!({"sql": format!("INSERT INTO {table} SELECT SLEEP(0.5)"), "parameterSets": sets});
    let answer = data_api(&gateway, "/BatchExecute", &batch);
    assert_eq!(answer.status, 400, "{answer:?}");
    let rows = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{table}"));
    assert_eq!(rows, "0\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

/// Also one whose client does not read.
#[apply(on_each_server)]
fn a_stream_is_broken_off(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_as_admin(server, LIMIT);
    let name = format!("limit_stream_{}", product.name());
    let named = endless().replacen("t0.name", &format!("'{name}' AS name, t0.name AS first"), 1);
    let reply = post(&gateway, QUERY, NDJSON, &json!({"sql": named}));
    assert_eq!((reply.status, reply.is_complete), (200, false));
    let last = reply.text().trim_end().lines().last().unwrap().to_owned();
    assert!(
        last.contains("\"incomplete\":{\"type\":\"StatementTimeout\""),
        "{last}"
    );
    let body = json!({"sql": named}).to_string();
    let _unread = gateway.send(QUERY, &[("Accept", NDJSON)], &body);
    until_executes(server, &name, true);
    until_executes(server, &name, false);
}

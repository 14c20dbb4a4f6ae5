//! The Data API: what the SDKs do not show, and what they must never be told.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::gateway::{Answer, Gateway, read_answer, until_executes};

const EXECUTE: &str = "/Execute";

/// The body of a request. The gateway is the only one with a database, so every name is that of the database.
fn body(sql: &str, more: &Json) -> String {
    let mut body = json!({
        "resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any", "sql": sql,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body.to_string()
}

fn execute(gateway: &Gateway, sql: &str, more: &Json) -> Answer {
    gateway.post(EXECUTE, &[], &body(sql, more))
}

/// The message of an error with this status and type.
#[track_caller]
fn message(answer: &Answer, status: u16, error_type: &str) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    let header = format!("x-amzn-errortype: {}", error_type.to_ascii_lowercase());
    assert!(answer.head.lines().any(|line| line == header), "{answer:?}");
    answer.json()["message"].as_str().unwrap().to_owned()
}

/// A client that has lost the id does not commit its statements one by one.
#[test]
fn an_empty_transaction_id_names_no_transaction() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let empty = json!({"transactionId": ""});
    for path in [
        "/Execute",
        "/BatchExecute",
        "/CommitTransaction",
        "/RollbackTransaction",
    ] {
        let answer = gateway.post(path, &[], &body("SELECT 1", &empty));
        message(&answer, 404, "TransactionNotFoundException");
    }
}

#[apply(on_each_server)]
fn the_bytes_of_a_response(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let answer = execute(
        &gateway,
        "SELECT id, name FROM items ORDER BY id LIMIT 1",
        &Json::Null,
    );
    assert_eq!(answer.status, 200);
    let records = r#""records":[[{"longValue":1},{"stringValue":"apple"}]]"#;
    assert_eq!(
        answer.body,
        format!(r#"{{{records},"numberOfRecordsUpdated":0}}"#)
    );
    assert!(
        answer.head.contains("content-type: application/json"),
        "{answer:?}"
    );
    let answer = execute(
        &gateway,
        "SELECT 1.1e0 AS a, NULL",
        &json!({"includeResultMetadata": true}),
    );
    let described = &answer.json()["columnMetadata"][0];
    let expected = json!({
        "arrayBaseColumnType": 0, "isAutoIncrement": false, "isCaseSensitive": false, "isCurrency": false,
        "isSigned": true, "label": "a", "name": "a", "nullable": 0, "precision": described["precision"],
        "scale": described["scale"], "schemaName": "", "tableName": "", "type": 8, "typeName": "DOUBLE",
    });
    assert_eq!(*described, expected);
    assert_eq!(
        answer.json()["records"],
        json!([[{"doubleValue": 1.1}, {"isNull": true}]])
    );
}

/// AWS accepts these as well.
#[apply(on_each_server)]
fn members_that_are_null_or_unknown_are_ignored(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let more = json!({
        "parameters": null, "transactionId": null, "database": null, "schema": "x", "resultSetOptions": null,
        "continueAfterTimeout": true, "formatRecordsAs": "NONE", "added": "later",
    });
    assert_eq!(execute(&gateway, "SELECT 1", &more).status, 200);
}

#[test]
fn what_is_no_request_is_refused() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let refused = |body: &str| gateway.post(EXECUTE, &[], body);
    message(&refused("{"), 400, "SerializationException");
    for (invalid, problem) in [
        (r#"{"sql": "SELECT 1"}"#, "missing field `resourceArn`"),
        (r#"{"resourceArn": "any"}"#, "missing field `sql`"),
        (r#"{"resourceArn": "any", "sql": 1}"#, "expected a string"),
    ] {
        let message = message(&refused(invalid), 400, "ValidationException");
        assert!(message.contains(problem), "{message}");
    }
    let form = gateway.post(EXECUTE, &[("Content-Type", "text/plain")], "{}");
    message(&form, 415, "UnsupportedMediaTypeException");
    let page = gateway.post(EXECUTE, &[("Origin", "https://evil.example")], "{}");
    message(&page, 403, "AccessDeniedException");
    for path in ["/CommitTransaction", "/RollbackTransaction"] {
        let answer = gateway.post(path, &[], r#"{"resourceArn": "any"}"#);
        message(&answer, 400, "ValidationException");
    }
}

#[apply(on_each_server)]
fn a_gateway_that_only_reads_refuses_to_write(product: Product) {
    let gateway = Gateway::start_as_admin(Server::shared(product), &["--trust-loopback"]);
    let insert = "INSERT INTO items (id, name, price) VALUES (99, 'no', 1)";
    let refused = execute(&gateway, insert, &Json::Null);
    let read_only = "; Error code: 1792; SQLState: 25006";
    assert!(
        message(&refused, 400, "DatabaseErrorException").ends_with(read_only),
        "{refused:?}"
    );
    let batch = json!({"parameterSets": [[]]});
    let refused = gateway.post("/BatchExecute", &[], &body(insert, &batch));
    assert!(
        message(&refused, 400, "DatabaseErrorException").ends_with(read_only),
        "{refused:?}"
    );
    let begun = gateway
        .post("/BeginTransaction", &[], &body("", &Json::Null))
        .json();
    let transaction = json!({"transactionId": begun["transactionId"]});
    let refused = execute(&gateway, insert, &transaction);
    assert!(
        message(&refused, 400, "DatabaseErrorException").ends_with(read_only),
        "{refused:?}"
    );
}

/// An SDK repeats a request after a status from 500 on, and `data-api-client` after `BadRequestException` and after words
/// such as these: the statement could be executed twice.
#[apply(on_each_server)]
fn a_statement_whose_outcome_is_unknown_is_not_repeated(product: Product) {
    let server = Server::start(product, &Options::default());
    let gateway = Gateway::start_as_admin(&server, &["--trust-loopback", "--allow-writes"]);
    server.execute_as_admin("CREATE TABLE iamtest.unknown_outcome (a INT)");
    let insert = "INSERT INTO unknown_outcome SELECT SLEEP(600)";
    let mut request = gateway.send(EXECUTE, &[], &body(insert, &Json::Null));
    until_executes(&server, "INSERT INTO unknown_outcome", true);
    server.kill();
    let message = message(&read_answer(&mut request), 400, "DatabaseErrorException");
    assert!(message.contains("its outcome is unknown"), "{message}");
    assert!(
        message.ends_with("; Error code: 2013; SQLState: HY000"),
        "{message}"
    );
    for words in [
        "Communications link failure",
        "timed out",
        "not available",
        "unavailable",
        "Can't connect to",
    ] {
        assert!(!message.contains(words), "{message}");
    }
    // Nothing of this statement was sent, so that it may be repeated.
    let answer = execute(&gateway, insert, &Json::Null);
    self::message(&answer, 504, "DatabaseUnavailableException");
}

#[apply(on_each_server)]
fn a_transaction_whose_connection_is_lost_is_not_found(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_for_writes(server);
    let begun = gateway
        .post("/BeginTransaction", &[], &body("", &Json::Null))
        .json();
    let transaction = json!({"transactionId": begun["transactionId"]});
    let id = execute(&gateway, "SELECT CONNECTION_ID()", &transaction).json();
    let id = &id["records"][0][0]["longValue"];
    server.execute_as_admin(&format!("KILL {id}"));
    let lost = execute(&gateway, "SELECT 1", &transaction);
    assert!([400, 404].contains(&lost.status), "{lost:?}");
    let commit = gateway.post("/CommitTransaction", &[], &body("", &transaction));
    message(&commit, 404, "TransactionNotFoundException");
}

//! Failures of valid events: statements that fail, logins that are refused, settings that are missing.

use std::process::Command;

use rds_bridge_test_support::fake_lambda_runtime::Start;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::command::program;
use crate::helpers::function::{
    AD_HOC, WRITES, connection_id, failure, invocation_lines, items, rows, start, url_request,
};

#[apply(on_each_server)]
fn a_statement_that_fails(product: Product) {
    let function = start(Server::shared(product), &[]);
    let connection = connection_id(&function);
    for _ in 0..2 {
        let (kind, failure) = failure(&function, &json!({"query": "nowhere"}));
        assert_eq!(kind, "Statement");
        assert_eq!(failure["stage"], "statement");
        assert_eq!(
            (&failure["code"], &failure["sqlState"]),
            (&json!(1146), &json!("42S02"))
        );
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains("nowhere"), "{failure}");
        assert!(failure["hint"].is_string(), "{failure}");
    }
    // The process and the connection are kept.
    assert_eq!(connection_id(&function), connection);
    assert_eq!(rows(&function, &json!({})), items());
    let lines = invocation_lines(&function, 5);
    assert_eq!(lines[1]["error"]["type"], "Statement", "{}", lines[1]);
    assert_eq!(lines[1]["level"], "ERROR");
}

#[apply(on_each_server)]
fn what_it_has_written_is_rolled_back(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "GRANT ALL ON iamtest.* TO 'lambda-user'@'%';
         DELIMITER //
         CREATE PROCEDURE iamtest.half() BEGIN
           INSERT INTO items VALUES (100, 'half', 1);
           SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'on purpose';
         END //
         CREATE PROCEDURE iamtest.whole() BEGIN
           INSERT INTO items VALUES (100, 'whole', 1);
           SELECT name FROM items WHERE id = 100;
         END //",
    );
    let function = start(&server, &[AD_HOC, WRITES]);
    let (kind, failure) = failure(&function, &json!({"sql": "CALL half()"}));
    assert_eq!(
        (kind.as_str(), &failure["code"]),
        ("Statement", &json!(1644))
    );
    assert_eq!(failure["sqlState"], "45000");
    // No lock is held either.
    let others = "SELECT COUNT(*) FROM iamtest.items FOR UPDATE";
    assert_eq!(server.execute_as_admin(others), "3\n");
    assert_eq!(
        rows(&function, &json!({"sql": "CALL whole()"})),
        json!([{"name": "whole"}])
    );
    assert_eq!(server.execute_as_admin(others), "4\n");
}

/// A statement that commits implicitly has taken effect, and there is nothing left to commit.
#[apply(on_each_server)]
fn a_statement_may_commit_but_not_end_the_transaction(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let function = start(&server, &[AD_HOC, WRITES]);
    for sql in ["BEGIN", "START TRANSACTION", "COMMIT", "/* x */ rollback"] {
        let (kind, failure) = failure(&function, &json!({ "sql": sql }));
        assert_eq!(kind, "InvalidEvent", "{sql}: {failure}");
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains("the function itself commits"), "{failure}");
        let body = json!({ "sql": sql }).to_string();
        let request = url_request("POST", "", &[], Some(&body));
        let response = function.invoke(request.to_string()).response().http();
        assert_eq!(response.status, 400, "{sql}");
        let error = &response.json()["error"];
        assert_eq!(error["message"], message, "{sql}");
    }
    for (sql, affected) in [
        ("CREATE TABLE made (a INT)", 0),
        ("INSERT INTO made VALUES (1)", 1),
    ] {
        let answer = rows(&function, &json!({ "sql": sql }));
        assert_eq!(answer["affectedRows"], affected, "{sql}");
    }
    assert_eq!(server.execute_as_admin("SELECT * FROM iamtest.made"), "1\n");
}

/// The error follows after some rows. A buffered response has not begun by then.
#[apply(on_each_server)]
fn an_error_behind_the_first_rows(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC]);
    let sql = &format!(
        "SELECT seq, IF(seq < 50000, 1, (SELECT id FROM items)) FROM {}",
        product.sequence(60_000)
    );
    let (kind, failure) = failure(&function, &json!({"sql": sql}));
    assert_eq!(
        (kind.as_str(), &failure["code"]),
        ("Statement", &json!(1242))
    );
    assert_eq!(rows(&function, &json!({})), items());
}

#[apply(on_each_server)]
fn logins_that_are_refused(product: Product) {
    let server = Server::start(product, &Options::default());
    for (changes, kind, code) in [
        (("AWS_SECRET_ACCESS_KEY", "another"), "Login", json!(1045)),
        (("DB_NAME", "elsewhere"), "Login", json!(1044)),
        (("DB_CA_FILE", ""), "Tls", json!(null)),
        (("DB_CONNECT_TO", "127.0.0.1:1"), "Network", json!(null)),
        (("AWS_SECRET_ACCESS_KEY", ""), "Credentials", json!(null)),
    ] {
        let function = start(&server, &[changes]);
        // The function starts nevertheless, because the problem may be solved before the next invocation.
        assert!(
            matches!(function.wait_for_start(), Start::Ready(_)),
            "{changes:?}"
        );
        let (own, failure) = failure(&function, &json!({}));
        assert_eq!(own, kind, "{changes:?}: {failure}");
        assert_eq!(failure["code"], code, "{changes:?}: {failure}");
        assert!(failure["hint"].is_string(), "{failure}");
    }

    // For an unknown user MySQL refuses the login or asks for an arbitrary plugin, so that clients cannot probe for
    // names.
    let function = start(&server, &[("DB_USER", "another-user")]);
    let (kind, failure) = failure(&function, &json!({}));
    assert_eq!(kind, "Login", "{failure}");
    assert!(failure["hint"].is_string(), "{failure}");
}

#[apply(on_each_server)]
fn what_keeps_it_from_starting_is_named(product: Product) {
    let server = Server::shared(product);
    for (name, value) in [
        ("DB_HOST", ""),
        ("DB_USER", ""),
        ("DB_PORT", "a port"),
        ("DB_QUERIES", "{"),
        (
            "DB_QUERIES",
            r#"{"a": {"sql": "SELECT ?", "parameters": ["date"]}}"#,
        ),
        ("DB_POOL_SIZE", "0"),
        ("DB_CONNECTIONS_PER_SECOND", "none"),
        ("ALLOW_AD_HOC_SQL", "perhaps"),
        ("ALLOW_WRITES", "2"),
        ("INVOKE_MODE", "STREAMED"),
        ("DB_CA_FILE", "/no/such/file.pem"),
    ] {
        let function = start(server, &[(name, value)]);
        let error = function.wait_for_start().init_error();
        assert_eq!(error.error_type, "RdsBridge.Settings", "{name}");
        assert_eq!(error.type_header.as_deref(), Some("RdsBridge.Settings"));
        let names = if name == "DB_CA_FILE" { value } else { name };
        assert!(error.message.contains(names), "{name}: {}", error.message);
        let (code, said) = function.wait_for_exit();
        assert_eq!(code, 2, "{name}: {said}");
        assert!(said.contains(names), "{name}: {said}");
    }
}

#[test]
fn it_tells_its_version() {
    let mut command = Command::new(program("bootstrap"));
    command.env_clear().arg("--version");
    let function = LambdaFunction::start(command);
    let Start::Ended(how) = function.wait_for_start() else {
        panic!("it serves");
    };
    assert!(how.starts_with("exit status: 0"), "{how}");
    assert!(function.stdout().starts_with("rds-bridge-function "));
}

/// A user runs `bootstrap` by hand.
#[test]
fn outside_of_lambda_it_says_what_to_use() {
    let mut command = Command::new(program("bootstrap"));
    let output = command.env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("use the command rds-bridge"), "{said}");
}

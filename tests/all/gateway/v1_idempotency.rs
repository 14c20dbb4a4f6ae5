//! Requests with the header `Idempotency-Key`: each is executed once.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use super::v1::{BATCH, QUERY, Reply, curl};
use crate::helpers::cutting_relay::{Cut, CuttingRelay};
use crate::helpers::gateway::{Gateway, read_answer, until_executes};
use crate::helpers::waiting::until;

/// As docs/gateway.md has it.
fn definition(table: &str) -> String {
    let page = include_str!("../../../docs/gateway.md");
    let (_, after) = page.split_once("CREATE TABLE idempotency_keys (").unwrap();
    let (columns, _) = after.split_once("```").unwrap();
    format!("CREATE TABLE iamtest.{table} ({columns}")
}

/// A gateway with a table of keys, and a table that requests write to.
struct Fixture<'s> {
    server: &'s Server,
    gateway: Gateway,
    table: String,
}

impl<'s> Fixture<'s> {
    fn new(server: &'s Server, product: Product, topic: &str, arguments: &[&str]) -> Self {
        let table = format!("idempotency_{topic}_{}", product.name());
        let keys = format!("{table}_keys");
        server.execute_as_admin(&format!(
            "{}; CREATE TABLE iamtest.{table} (id INT AUTO_INCREMENT PRIMARY KEY, a INT) ENGINE=InnoDB",
            definition(&keys).trim_end().trim_end_matches(';')
        ));
        let keys = format!("iamtest.{keys}");
        let mut all = vec![
            "--trust-loopback",
            "--allow-writes",
            "--idempotency-table",
            &keys,
        ];
        all.extend(arguments);
        let gateway = Gateway::start_as_admin(server, &all);
        Self {
            server,
            gateway,
            table,
        }
    }

    fn insert(&self) -> Json {
        json!({"sql": format!("INSERT INTO {} (a) VALUES (?)", self.table), "parameters": [7]})
    }

    fn count(&self, table: &str) -> String {
        let sql = format!("SELECT COUNT(*) FROM iamtest.{table}");
        self.server.execute_as_admin(&sql).trim().to_owned()
    }
}

impl Drop for Fixture<'_> {
    fn drop(&mut self) {
        let table = &self.table;
        let sql = format!("DROP TABLE iamtest.{table}, iamtest.{table}_keys");
        self.server.execute_as_admin(&sql);
    }
}

fn send(gateway: &Gateway, path: &str, key: &str, body: &Json) -> Reply {
    let header = format!("Idempotency-Key: {key}");
    curl(
        gateway,
        path,
        &["--header", &header],
        body.to_string().as_bytes(),
    )
}

#[apply(on_each_server)]
fn a_repeated_request_has_the_first_answer(product: Product) {
    let server = Server::shared(product);
    let fixture = Fixture::new(server, product, "repeated", &[]);
    let (gateway, table) = (&fixture.gateway, &fixture.table);
    let batch = json!({"statements": [
        fixture.insert(),
        {"sql": "SELECT LAST_INSERT_ID() AS id, CONNECTION_ID() AS connection, UUID() AS uuid"},
    ]});
    let requests = [
        (QUERY, "\"one\"", fixture.insert()),
        (BATCH, "two", batch),
        // Each caller, and each key, for itself.
        (QUERY, "\"three\"", fixture.insert()),
    ];
    let mut answers = Vec::new();
    for (path, key, body) in &requests {
        let first = send(gateway, path, key, body);
        assert_eq!(first.status, 200, "{}", first.text());
        assert_eq!(first.header("idempotent-replayed"), None);
        answers.push(first);
    }
    for ((path, key, body), first) in requests.iter().zip(&answers) {
        let again = send(gateway, path, key, body);
        assert_eq!((again.status, again.text()), (200, first.text()));
        assert_eq!(again.header("content-type"), first.header("content-type"));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    assert_eq!(answers[0].json()["lastInsertId"], 1);
    assert_eq!(fixture.count(table), "3");
}

#[apply(on_each_server)]
fn a_request_that_failed_is_executed_again(product: Product) {
    let server = Server::shared(product);
    let fixture = Fixture::new(server, product, "failed", &[]);
    let insert = json!({"sql": format!("INSERT INTO {} VALUES (1, 1)", fixture.table)});
    server.execute_as_admin(&format!(
        "INSERT INTO iamtest.{} VALUES (1, 1)",
        fixture.table
    ));
    let refused = send(&fixture.gateway, QUERY, "k", &insert);
    assert_eq!(
        (refused.status, &refused.error()["code"]),
        (409, &json!(1062))
    );
    server.execute_as_admin(&format!("DELETE FROM iamtest.{}", fixture.table));
    let done = send(&fixture.gateway, QUERY, "k", &insert);
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(fixture.count(&fixture.table), "1");
}

#[apply(on_each_server)]
fn a_key_is_for_one_request(product: Product) {
    let server = Server::shared(product);
    let fixture = Fixture::new(server, product, "other", &[]);
    let gateway = &fixture.gateway;
    assert_eq!(send(gateway, QUERY, "k", &fixture.insert()).status, 200);
    let mut other = fixture.insert();
    other["parameters"] = json!([8]);
    for (path, body) in [
        (QUERY, other),
        (BATCH, json!({"statements": [fixture.insert()]})),
    ] {
        let refused = send(gateway, path, "k", &body);
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(refused.error()["type"], "IdempotencyKey");
    }
    let body = fixture.insert().to_string();
    let csv = [
        "--header",
        "Idempotency-Key: k",
        "--header",
        "Accept: text/csv",
    ];
    assert_eq!(curl(gateway, QUERY, &csv, body.as_bytes()).status, 422);
    assert_eq!(fixture.count(&fixture.table), "1");
}

#[apply(on_each_server)]
fn a_key_whose_request_is_executed_is_refused(product: Product) {
    let server = Server::shared(product);
    let fixture = Fixture::new(server, product, "busy", &[]);
    let name = format!("idempotency_sleeps_{}", product.name());
    let slow = format!(
        "INSERT INTO {} (a) SELECT SLEEP(4) AS {name}",
        fixture.table
    );
    let body = json!({"sql": slow});
    let headers = [("Idempotency-Key", "k")];
    let mut first = fixture.gateway.send(QUERY, &headers, &body.to_string());
    until_executes(server, &name, true);
    let refused = send(&fixture.gateway, QUERY, "k", &body);
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert_eq!(refused.error()["type"], "IdempotencyKey");
    let answer = read_answer(&mut first);
    assert_eq!(answer.status, 200, "{answer:?}");
    let again = send(&fixture.gateway, QUERY, "k", &body);
    assert_eq!((again.status, again.text()), (200, answer.body));
    assert_eq!(fixture.count(&fixture.table), "1");
}

/// The connection is cut before and after each write, `COMMIT` included. Repeated with its key, a request is
/// executed once.
#[apply(on_each_server)]
fn an_unknown_outcome_is_asked_again(product: Product) {
    let server = Server::shared(product);
    let relay = CuttingRelay::start(server.address());
    let address = relay.address().to_string();
    let fixture = Fixture::new(server, product, "cut", &["--connect-to", &address]);
    let (gateway, table) = (&fixture.gateway, &fixture.table);
    let insert = fixture.insert();
    let mut unknown = 0;
    let mut requests = 0;
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            requests += 1;
            let key = format!("{cut:?} {number}");
            relay.cut_at(number, cut);
            let first = send(gateway, QUERY, &key, &insert);
            assert!(
                [200, 424, 502, 503].contains(&first.status),
                "{}",
                first.text()
            );
            let was_cut = relay.stop();
            if first.status == 424 {
                unknown += 1;
                let hint = first.error()["hint"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                assert!(
                    hint.contains("with the same Idempotency-Key"),
                    "{}",
                    first.text()
                );
            }
            until(|| match send(gateway, QUERY, &key, &insert).status {
                200 => Ok(()),
                status => Err(format!("{key}: {status}")),
            });
            assert_eq!(fixture.count(table), requests.to_string(), "{key}");
            if !was_cut {
                assert_eq!(first.status, 200, "{}", first.text());
                break;
            }
        }
    }
    // The statements of the transaction, and its COMMIT.
    assert!(unknown >= 4, "{unknown}");
}

#[apply(on_each_server)]
fn what_cannot_be_executed_once_is_refused(product: Product) {
    let server = Server::shared(product);
    let fixture = Fixture::new(server, product, "refused", &[]);
    let (gateway, table) = (&fixture.gateway, &fixture.table);
    for sql in [
        format!("CREATE TABLE {table}_2 (a INT)"),
        format!("TRUNCATE {table}"),
        "COMMIT".to_owned(),
        "SET autocommit = 0".to_owned(),
    ] {
        let refused = send(gateway, QUERY, "k", &json!({"sql": sql}));
        assert_eq!(refused.status, 400, "{}", refused.text());
    }
    for key in ["\"\"", "\"a", "é", &"x".repeat(256)] {
        let refused = send(gateway, QUERY, key, &fixture.insert());
        assert_eq!(refused.status, 400, "{key}: {}", refused.text());
    }
    let large = json!({"sql": "SELECT REPEAT('x', 70000) AS a"});
    let refused = send(gateway, QUERY, "large", &large);
    assert_eq!(
        (refused.status, &refused.error()["type"]),
        (422, &json!("ResultTooLarge"))
    );
    // A procedure that commits: its key is taken, and its outcome stays unknown.
    let body = format!("BEGIN INSERT INTO {table} (a) VALUES (1); COMMIT; END");
    let create = json!({"sql": format!("CREATE PROCEDURE {table}_p() {body}")});
    let created = curl(gateway, QUERY, &[], create.to_string().as_bytes());
    assert_eq!(created.status, 200, "{}", created.text());
    let call = json!({"sql": format!("CALL {table}_p()")});
    assert_eq!(send(gateway, QUERY, "p", &call).status, 424);
    assert_eq!(send(gateway, QUERY, "p", &call).status, 424);
    server.execute_as_admin(&format!("DROP PROCEDURE iamtest.{table}_p"));
    assert_eq!(fixture.count(table), "1");
}

#[test]
fn without_a_table_the_header_is_refused() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    let refused = send(&gateway, QUERY, "k", &json!({"sql": "SELECT 1"}));
    assert_eq!(refused.status, 400);
    let hint = refused.error()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("--idempotency-table"), "{hint}");
    let missing = [
        "--trust-loopback",
        "--allow-writes",
        "--idempotency-table",
        "iamtest.no_keys",
    ];
    let gateway = Gateway::start_as_admin(server, &missing);
    let refused = send(&gateway, QUERY, "k", &json!({"sql": "SELECT 1"}));
    assert_eq!(
        (refused.status, &refused.error()["type"]),
        (502, &json!("Settings"))
    );
    assert!(
        gateway
            .log()
            .contains("the table of idempotency keys cannot be used")
    );
}

//! Several statements in one transaction, in the gateway's own dialect.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use super::v1::{BATCH, CSV, Reply, curl, post};
use crate::helpers::gateway::{Gateway, until_executes};

fn batch(gateway: &Gateway, statements: &Json) -> Reply {
    post(
        gateway,
        BATCH,
        "application/json",
        &json!({"statements": statements}),
    )
}

/// A table with one row.
struct Table<'s> {
    server: &'s Server,
    name: String,
}

impl<'s> Table<'s> {
    fn create(server: &'s Server, product: Product, topic: &str) -> Self {
        let name = format!("v1_batch_{topic}_{}", product.name());
        server.execute_as_admin(&format!(
            "CREATE TABLE iamtest.{name} (id INT PRIMARY KEY, a DECIMAL(20, 2)) ENGINE=InnoDB; \
             INSERT INTO iamtest.{name} VALUES (1, 10.00)"
        ));
        Self { server, name }
    }

    /// All rows, as text.
    fn rows(&self) -> String {
        let sql = format!("SELECT * FROM iamtest.{} ORDER BY id", self.name);
        self.server.execute_as_admin(&sql)
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        let sql = format!("DROP TABLE iamtest.{}", self.name);
        self.server.execute_as_admin(&sql);
    }
}

#[apply(on_each_server)]
fn all_statements_are_committed_and_their_results_are_in_order(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "commits");
    let gateway = Gateway::start_for_writes(server);
    let name = &table.name;
    let statements = json!({"statements": [
        {"sql": format!("INSERT INTO {name} VALUES (?, ?)"), "parameters": [2, "NUMBER"]},
        {"sql": "SET @added = LAST_INSERT_ID()"},
        {"sql": format!("SELECT id, a FROM {name} WHERE id >= :id ORDER BY id"), "parameters": {"id": 1}},
        {"sql": format!("UPDATE {name} SET a = a - 1 WHERE id = 1")},
        {"sql": "SELECT 1 AS a FROM items WHERE FALSE"},
    ]});
    // serde_json would round it.
    let body = statements.to_string();
    let body = body.replace("\"NUMBER\"", "12345678901234567.25");
    let reply = curl(&gateway, BATCH, &[], body.as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.text());
    let summary = |rows: u8| json!({"affectedRows": rows, "lastInsertId": 0, "warnings": 0});
    let selected = json!([{"id": 1, "a": "10.00"}, {"id": 2, "a": "12345678901234567.25"}]);
    let expected = json!([summary(1), summary(0), selected, summary(1), []]);
    assert_eq!(reply.json(), json!({"results": expected}));
    assert_eq!(table.rows(), "1\t9.00\n2\t12345678901234567.25\n");
    assert!(reply.header("server-timing").is_some());
}

#[apply(on_each_server)]
fn a_failure_rolls_all_back_and_has_the_number_of_its_statement(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "rolls_back");
    let gateway = Gateway::start_for_writes(server);
    let name = &table.name;
    let update = json!({"sql": format!("UPDATE {name} SET a = 0")});
    for (failing, status, code) in [
        (format!("INSERT INTO {name} VALUES (1, 1)"), 409, 1062),
        ("SELECT * FROM v1_nothing".to_owned(), 404, 1146),
        ("SELECT SELECT".to_owned(), 400, 1064),
        ("CALL v1_nothing()".to_owned(), 400, 1305),
    ] {
        let statements = json!([update, {"sql": "SELECT 1"}, {"sql": failing}, update]);
        let reply = batch(&gateway, &statements);
        assert_eq!(reply.status, status, "{}", reply.text());
        let error = reply.error();
        assert_eq!(
            (&error["code"], &error["statement"]),
            (&json!(code), &json!(3))
        );
        assert_eq!(table.rows(), "1\t10.00\n", "{failing}");
    }
    // The connection goes on, and nothing is left of the transaction.
    assert_eq!(batch(&gateway, &json!([update])).status, 200);
    assert_eq!(table.rows(), "1\t0.00\n");
}

#[apply(on_each_server)]
fn statements_that_commit_are_refused_before_the_first(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "commits_itself");
    let gateway = Gateway::start_for_writes(server);
    let name = &table.name;
    for sql in [
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "SET autocommit = 1",
        "/* a */ TRUNCATE v1_nothing",
        "CREATE TABLE v1_batch_refused (a INT)",
    ] {
        let update = json!({"sql": format!("UPDATE {name} SET a = 0")});
        let reply = batch(&gateway, &json!([update, {"sql": sql}]));
        assert_eq!(reply.status, 400, "{}", reply.text());
        let error = reply.error();
        assert_eq!(error["statement"], 2);
        assert!(
            error["hint"].as_str().unwrap().contains("/v1/query"),
            "{error}"
        );
        assert_eq!(table.rows(), "1\t10.00\n", "{sql}");
    }
}

#[apply(on_each_server)]
fn a_session_that_may_only_read_does(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "read_only");
    let gateway = Gateway::start_as_admin(server, &["--trust-loopback"]);
    let name = &table.name;
    let select = json!({"sql": format!("SELECT id FROM {name}")});
    let reply = batch(&gateway, &json!([select, select]));
    assert_eq!(reply.json(), json!({"results": [[{"id": 1}], [{"id": 1}]]}));
    let reply = batch(
        &gateway,
        &json!([select, {"sql": format!("DELETE FROM {name}")}]),
    );
    assert_eq!(reply.status, 405, "{}", reply.text());
    let error = reply.error();
    assert_eq!(
        (&error["code"], &error["statement"]),
        (&json!(1792), &json!(2))
    );
    assert!(
        error["hint"].as_str().unwrap().contains("--allow-writes"),
        "{error}"
    );
    assert_eq!(table.rows(), "1\t10.00\n");
}

#[apply(on_each_server)]
fn a_client_that_disconnects_has_committed_nothing(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "abandoned");
    let gateway = Gateway::start_for_writes(server);
    let words = format!("v1_batch_sleeps_{}", product.name());
    let body = json!({"statements": [
        {"sql": format!("UPDATE {} SET a = 0", table.name)},
        {"sql": format!("SELECT SLEEP(600) AS {words}")},
    ]});
    let request = gateway.send(BATCH, &[], &body.to_string());
    until_executes(server, &words, true);
    drop(request);
    until_executes(server, &words, false);
    // Waits for the lock, if the transaction is still open.
    let update = format!("UPDATE {} SET a = a + 1", table.name);
    assert_eq!(batch(&gateway, &json!([{"sql": update}])).status, 200);
    assert_eq!(table.rows(), "1\t11.00\n");
}

#[test]
fn a_batch_is_json() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let body = json!({"statements": [{"sql": "SELECT 1"}]});
    let reply = post(&gateway, BATCH, CSV, &body);
    assert_eq!(reply.status, 406, "{}", reply.text());
    assert_eq!(
        post(&gateway, BATCH, "text/csv, */*;q=0.1", &body).status,
        200
    );
    for (body, words) in [
        (json!({"statements": []}), "\"statements\" is empty"),
        (json!({"sql": "SELECT 1"}), "unknown field `sql`"),
        (
            json!({"statements": [{"sql": "SELECT 1"}, {"sql": ""}]}),
            "\"sql\" is empty",
        ),
    ] {
        let reply = post(&gateway, BATCH, "*/*", &body);
        assert_eq!(reply.status, 400, "{}", reply.text());
        let error = reply.error();
        assert!(
            error["message"].as_str().unwrap().contains(words),
            "{error}"
        );
    }
}

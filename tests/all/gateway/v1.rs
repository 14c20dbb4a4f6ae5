//! Requests of the gateway's own dialect, by curl.

use std::io::Write;
use std::process::{Command, Stdio};

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::gateway::Gateway;

pub(super) const QUERY: &str = "/v1/query";
pub(super) const BATCH: &str = "/v1/batch";

pub(super) const NDJSON: &str = "application/x-ndjson";
pub(super) const CSV: &str = "text/csv";
pub(super) const ARROW: &str = "application/vnd.apache.arrow.stream";

/// What curl has received.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// In lower case.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Whether the body has an end. A body that was broken off has no end.
    pub(super) is_complete: bool,
}

impl Reply {
    #[track_caller]
    pub(super) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The error of the reply.
    #[track_caller]
    pub(super) fn error(&self) -> Json {
        let json = self.json();
        let error = &json["error"];
        assert!(
            error["message"].is_string() && error["code"].is_u64(),
            "{json}"
        );
        assert!(
            error["type"].is_string() && error["sql_state"].is_string(),
            "{json}"
        );
        error.clone()
    }
}

/// Sends a request with more arguments of curl.
pub(super) fn curl(gateway: &Gateway, path: &str, arguments: &[&str], body: &[u8]) -> Reply {
    let folder = tempfile::tempdir().unwrap();
    let head = folder.path().join("head");
    let mut child = Command::new("curl")
        .args(["--silent", "--show-error", "--data-binary", "@-"])
        .args(["--header", "Content-Type: application/json"])
        // curl would ask for leave to send a long body.
        .args(["--header", "Expect:"])
        .arg("--dump-header")
        .arg(&head)
        .args(arguments)
        .arg(format!("{}{path}", gateway.url()))
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(body).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let head = std::fs::read_to_string(head).unwrap().to_ascii_lowercase();
    let code = output.status.code();
    // 18: a partial body.
    assert!(matches!(code, Some(0 | 18)), "{output:?}");
    Reply {
        status: head[9..12].parse().unwrap(),
        head,
        body: output.stdout,
        is_complete: code == Some(0),
    }
}

/// Posts JSON, and accepts this format.
pub(super) fn post(gateway: &Gateway, path: &str, accept: &str, body: &Json) -> Reply {
    let accept = format!("Accept: {accept}");
    curl(
        gateway,
        path,
        &["--header", &accept],
        body.to_string().as_bytes(),
    )
}

/// Executes a statement, and returns its JSON.
#[track_caller]
pub(super) fn rows(gateway: &Gateway, sql: &str, parameters: &Json) -> Json {
    let body = json!({"sql": sql, "parameters": parameters});
    let reply = post(gateway, QUERY, "application/json", &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[apply(on_each_server)]
fn a_reply_says_how_long_it_took_and_is_not_stored(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let body = json!({"sql": "SELECT id, name FROM items WHERE id < 3 ORDER BY id"});
    let reply = post(&gateway, QUERY, "*/*", &body);
    assert_eq!(reply.status, 200);
    let expected = json!([{"id": 1, "name": "apple"}, {"id": 2, "name": "bread"}]);
    assert_eq!(reply.json(), expected);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let timing = reply.header("server-timing").unwrap();
    assert!(
        timing.starts_with("db;dur=") && timing.contains("total;dur="),
        "{timing}"
    );
}

/// As the values of the function: see its page.
#[apply(on_each_server)]
fn parameters_keep_their_values(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let sql = "SELECT ? = 9007199254740993 AS a, ? = 18446744073709551615 AS b, \
               CAST(? AS DECIMAL(30, 4)) AS c, ? AS d, ? IS NULL AS e, ? + 1 AS f, ? AS g";
    let body = format!(
        "{{\"sql\": {}, \"parameters\": [9007199254740993, 18446744073709551615, \
         12345678901234567890123456.7891, \"' OR '1'='1 é\", null, true, 1.5e0]}}",
        json!(sql)
    );
    let reply = curl(&gateway, QUERY, &[], body.as_bytes());
    let expected = json!([{
        "a": 1, "b": 1, "c": "12345678901234567890123456.7891", "d": "' OR '1'='1 é", "e": 1, "f": 2, "g": 1.5,
    }]);
    assert_eq!(reply.json(), expected, "{}", reply.text());
    let named = json!({"id": 2, "other": 3});
    let sql = "SELECT id FROM items WHERE id = :id OR id = :other OR id = :id + 100 ORDER BY id";
    assert_eq!(rows(&gateway, sql, &named), json!([{"id": 2}, {"id": 3}]));
}

#[apply(on_each_server)]
fn parameters_that_do_not_fit_are_refused(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    for (sql, parameters, words) in [
        (
            "SELECT ?",
            json!([]),
            "question marks in the statement: 1; parameters given: 0",
        ),
        (
            "SELECT ?",
            json!([1, 2]),
            "question marks in the statement: 1; parameters given: 2",
        ),
        (
            "SELECT 1",
            json!([1]),
            "question marks in the statement: 0; parameters given: 1",
        ),
        ("SELECT :a", json!({"b": 1}), "a"),
        ("SELECT ?", json!([[1]]), "parameter 1: it is an array"),
    ] {
        let body = json!({"sql": sql, "parameters": parameters});
        let reply = post(&gateway, QUERY, "*/*", &body);
        assert_eq!(reply.status, 400, "{sql}: {}", reply.text());
        let error = reply.error();
        assert_eq!(error["type"], "InvalidParameters", "{error}");
        assert!(
            error["message"].as_str().unwrap().contains(words),
            "{error}"
        );
    }
}

#[apply(on_each_server)]
fn a_statement_without_rows_says_what_it_did(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_for_writes(server);
    let table = format!("v1_summary_{}", product.name());
    let create = format!("CREATE TABLE {table} (id INT AUTO_INCREMENT PRIMARY KEY, a BIGINT)");
    let created = rows(&gateway, &create, &Json::Null);
    assert_eq!(
        created,
        json!({"affectedRows": 0, "lastInsertId": 0, "warnings": 0})
    );
    let insert =
        json!({"sql": format!("INSERT INTO {table} (a) VALUES (?), (?)"), "parameters": [1, 2]});
    let reply = post(&gateway, QUERY, NDJSON, &insert);
    let summary = json!({"affectedRows": 2, "lastInsertId": 1, "warnings": 0});
    assert_eq!((reply.json(), reply.text().lines().count()), (summary, 1));
    for accept in [CSV, ARROW] {
        let reply = post(&gateway, QUERY, accept, &insert);
        assert_eq!(
            (reply.status, reply.body.len()),
            (204, 0),
            "{}",
            reply.text()
        );
    }
    let count = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{table}"));
    assert_eq!(count, "6\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

#[apply(on_each_server)]
fn a_transaction_cannot_be_left_open(product: Product) {
    let gateway = Gateway::start_for_writes(Server::shared(product));
    for begin in ["BEGIN", "START TRANSACTION"] {
        let reply = post(&gateway, QUERY, "*/*", &json!({"sql": begin}));
        assert_eq!(reply.status, 400, "{}", reply.text());
        let hint = reply.error()["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("/v1/batch"), "{hint}");
    }
}

/// The log of the statement, and of its request, is within a span with the ids of the client's trace.
#[test]
fn the_log_has_the_trace_of_the_client() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start(server, &["--trust-loopback", "--log", "json,debug"]);
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let header = format!("traceparent: 00-{trace}-{parent}-01");
    let body = json!({"sql": "SELECT 'hunter2'"}).to_string();
    for format in ["application/json", NDJSON] {
        let accept = format!("Accept: {format}");
        let arguments = ["--header", &header, "--header", &accept];
        let reply = curl(&gateway, QUERY, &arguments, body.as_bytes());
        assert_eq!(reply.status, 200);
    }
    curl(
        &gateway,
        QUERY,
        &["--header", "traceparent: hunter2"],
        body.as_bytes(),
    );
    let (_, log) = gateway.terminate();
    let lines: Vec<Json> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let is_of_trace = |line: &&Json| {
        let mut spans = line["spans"].as_array().into_iter().flatten();
        spans.any(|it| it["trace_id"] == trace && it["parent_id"] == parent)
    };
    for target in ["rds_bridge::statement", "rds_bridge_gateway::access"] {
        let of_target = lines.iter().filter(|line| line["target"] == target);
        assert!(of_target.clone().count() >= 3, "{log}");
        assert_eq!(of_target.filter(is_of_trace).count(), 2, "{target}: {log}");
    }
    assert!(!log.contains("hunter2"), "{log}");
}

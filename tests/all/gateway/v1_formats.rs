//! The formats of the gateway's own dialect: the same bytes that the command `query` writes.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use super::v1::{ARROW, BATCH, CSV, NDJSON, QUERY, curl, post};
use crate::helpers::command::{stderr, with};
use crate::helpers::gateway::Gateway;

/// The media types, and the formats of the command.
const FORMATS: [(&str, &str); 4] = [
    ("application/json", "json"),
    (NDJSON, "ndjson"),
    (CSV, "csv"),
    (ARROW, "arrow-stream"),
];

/// What the command writes. FLOAT is exact in the binary protocol alone.
fn written(server: &Server, sql: &str, format: &str) -> Vec<u8> {
    let arguments = [
        "query",
        "--protocol",
        "binary",
        "--format",
        format,
        "--quiet",
        sql,
    ];
    let admin = [("DB_USER", "admin"), ("DB_PASSWORD", PASSWORD)];
    let output = with(server, &admin, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    output.stdout
}

#[track_caller]
fn assert_same(server: &Server, gateway: &Gateway, sql: &str) {
    for (media_type, format) in FORMATS {
        let reply = post(gateway, QUERY, media_type, &json!({"sql": sql}));
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.is_complete);
        let content_type = reply.header("content-type").unwrap();
        assert!(content_type.starts_with(media_type), "{content_type}");
        let mut expected = written(server, sql, format);
        if format.ends_with("json") {
            // ISO 8601, as the function writes it.
            let text = String::from_utf8(expected).unwrap();
            expected = text
                .replace("2024-02-29 12:", "2024-02-29T12:")
                .into_bytes();
        }
        let (body, expected_text) = (reply.text(), String::from_utf8_lossy(&expected));
        assert!(
            reply.body == expected,
            "{format}: {body}\ninstead of\n{expected_text}"
        );
    }
}

#[apply(on_each_server)]
fn every_type(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_for_writes(server);
    let table = format!("v1_types_{}", product.name());
    server.execute_as_admin(&format!(
        "CREATE TABLE iamtest.{table} (
           id INT PRIMARY KEY, tiny TINYINT, big BIGINT, unsigned_big BIGINT UNSIGNED, exact DECIMAL(38, 10),
           single FLOAT, wide DOUBLE, day DATE, moment DATETIME(6), stamp TIMESTAMP(3) NULL, span TIME(3), y YEAR,
           bits BIT(10), name VARCHAR(64), bytes VARBINARY(16), doc JSON, choice ENUM('a', 'b'), several SET('a', 'b')
         ) CHARSET utf8mb4;
         INSERT INTO iamtest.{table} VALUES
           (1, -128, -9223372036854775808, 18446744073709551615, -1234567890123456789012345678.0123456789,
            16777217.0, 1e-300, '2024-02-29', '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789', '-838:59:59.000',
            2024, b'1111100000', 'a \"b\", \\'c\\'\\r\\nd\\té', X'00FF10', '{{\"a\": [1, 2.50, null]}}', 'b', 'a,b'),
           (2, 0, 9007199254740993, 9007199254740993, 0.1, 0.1, 0.1, '0001-01-01', '2024-02-29 12:00:00', NULL,
            '00:00:00', 1901, b'0', '', '', '[]', 'a', ''),
           (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);"
    ));
    assert_same(
        server,
        &gateway,
        &format!("SELECT * FROM iamtest.{table} ORDER BY id"),
    );
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

#[apply(on_each_server)]
fn results_of_any_size(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_as_admin(server, &["--trust-loopback"]);
    for sql in [
        "SELECT id, name FROM iamtest.items WHERE id < 0",
        "SELECT 1 AS a, 2 AS a, NULL AS `q\"uote,d`",
        // Several pieces of 64 KiB, and several batches of Arrow.
        "SELECT a.id, b.name, REPEAT('x', 900) AS long_text FROM iamtest.items a, iamtest.items b, iamtest.items c, \
         iamtest.items d, iamtest.items e, iamtest.items f, iamtest.items g, iamtest.items h ORDER BY a.id, b.id",
    ] {
        assert_same(server, &gateway, sql);
    }
}

#[test]
fn responses_are_compressed_for_clients_that_accept_it() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let sql = "SELECT REPEAT('x', 10000) AS x";
    let query = json!({"sql": sql});
    let batch = json!({"statements": [query]});
    let encoded = ["--header", "Accept-Encoding: br, gzip"];
    // curl decodes it.
    let decoded = ["--compressed"];
    for (path, body) in [(QUERY, query), (BATCH, batch)] {
        let plain = curl(&gateway, path, &[], body.to_string().as_bytes());
        assert_eq!(plain.header("content-encoding"), None);
        let reply = curl(&gateway, path, &encoded, body.to_string().as_bytes());
        assert_eq!(reply.header("content-encoding"), Some("gzip"));
        assert!(
            reply.body.len() < plain.body.len() / 10,
            "{}",
            reply.body.len()
        );
        let reply = curl(&gateway, path, &decoded, body.to_string().as_bytes());
        assert_eq!(reply.header("content-encoding"), Some("gzip"));
        assert_eq!(reply.body, plain.body);
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
    }
    let stream = [encoded[0], encoded[1], "--header", "Accept: text/csv"];
    let body = json!({"sql": sql}).to_string();
    let reply = curl(&gateway, QUERY, &stream, body.as_bytes());
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
}

#[apply(on_each_server)]
fn an_unknown_format_is_refused_before_the_statement(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    for accept in ["text/html", "application/xml", "application/json;q=0"] {
        let reply = post(&gateway, QUERY, accept, &json!({"sql": "no SQL"}));
        assert_eq!(reply.status, 406, "{}", reply.text());
        let error = reply.error();
        assert_eq!(error["type"], "NotAcceptable");
        assert!(
            error["message"].as_str().unwrap().contains(ARROW),
            "{error}"
        );
    }
    let body = json!({"sql": "SELECT 1 AS a"});
    let reply = post(
        &gateway,
        QUERY,
        "text/html, text/csv;q=0.5, */*;q=0.1",
        &body,
    );
    assert_eq!(reply.text(), "a\r\n1\r\n");
}

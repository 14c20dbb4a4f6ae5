//! Streams of rows in the gateway's own dialect: their memory, and their end.

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use super::v1::{ARROW, CSV, NDJSON, QUERY, curl, post};
use crate::helpers::command::endless;
use crate::helpers::gateway::{Gateway, until_executes};
use crate::helpers::waiting::until;

/// More than the gateway's pieces, and the allocator's room for them; less than a result of 50 MB.
const MEMORY: u64 = 12 << 20;

/// The most memory that the gateway has had, in bytes.
fn peak_memory(gateway: &Gateway) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gateway.process().id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes << 10
}

/// An endless result of this name.
fn endless_named(name: &str) -> String {
    endless().replacen("t0.name", &format!("'{name}' AS name, t0.name AS first"), 1)
}

/// Asks for a result, and leaves it to be read.
fn begin(gateway: &Gateway, accept: &str, sql: &str) -> TcpStream {
    let body = json!({"sql": sql}).to_string();
    gateway.send(QUERY, &[("Accept", accept)], &body)
}

#[apply(on_each_server)]
fn a_million_rows_take_no_more_memory_than_some(product: Product) {
    let gateway = Gateway::start(Server::shared(product), &["--trust-loopback"]);
    let rows = |accept, rows: u32| {
        let sql = format!("{} LIMIT {rows}", endless());
        let reply = post(&gateway, QUERY, accept, &json!({"sql": sql}));
        assert_eq!(reply.status, 200);
        assert!(reply.is_complete);
        reply.body
    };
    for accept in [NDJSON, CSV, ARROW] {
        rows(accept, 50_000);
    }
    let before = peak_memory(&gateway);
    for (accept, expected) in [(NDJSON, 1_000_000), (CSV, 1_000_001)] {
        let body = rows(accept, 1_000_000);
        let lines = body.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(lines, expected);
    }
    assert!(rows(ARROW, 1_000_000).len() > 20 << 20);
    let growth = peak_memory(&gateway).saturating_sub(before);
    assert!(growth < MEMORY, "{growth} bytes more than {before}");
}

/// The rows are those of the stream that is not compressed, and a client reads each piece when it has arrived.
#[apply(on_each_server)]
fn streams_are_compressed_for_clients_that_accept_it(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    let body = json!({"sql": format!("{} LIMIT 200000", endless())}).to_string();
    for accept in [NDJSON, CSV, ARROW] {
        let accept = format!("Accept: {accept}");
        let plain = curl(&gateway, QUERY, &["--header", &accept], body.as_bytes());
        assert_eq!(plain.header("content-encoding"), None);
        assert_eq!(plain.header("vary"), Some("accept-encoding"));
        let arguments = ["--header", &accept, "--compressed"];
        let decoded = curl(&gateway, QUERY, &arguments, body.as_bytes());
        assert_eq!(decoded.header("content-encoding"), Some("gzip"));
        assert!(
            decoded.is_complete && decoded.body == plain.body,
            "{accept}"
        );
        let arguments = ["--header", &accept, "--header", "Accept-Encoding: gzip"];
        let raw = curl(&gateway, QUERY, &arguments, body.as_bytes());
        assert!(
            raw.body.len() < plain.body.len() / 4,
            "{accept}: {}",
            raw.body.len()
        );
    }
    // One that is broken off has no end.
    let name = format!("v1_gzip_{}", product.name());
    let body = json!({"sql": endless_named(&name)}).to_string();
    let headers = [("Accept", NDJSON), ("Accept-Encoding", "gzip")];
    let mut stream = gateway.send(QUERY, &headers, &body);
    let mut received = vec![0; 4096];
    stream.read_exact(&mut received).unwrap();
    let found = format!(
        "SELECT id FROM information_schema.processlist \
         WHERE info LIKE '%{name}%' AND id <> CONNECTION_ID()"
    );
    let id = server.execute_as_admin(&found);
    server.execute_as_admin(&format!("KILL QUERY {}", id.trim()));
    stream.read_to_end(&mut received).unwrap();
    assert!(!received.ends_with(b"\r\n0\r\n\r\n"));
}

/// A stream is a request that is being answered: a gateway that drains waits for it, and then ends it.
#[test]
fn a_gateway_that_drains_ends_streams() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start(server, &["--trust-loopback", "--drain-timeout", "1"]);
    let mut stream = begin(&gateway, CSV, &endless_named("v1_drained"));
    stream.read_exact(&mut [0; 4096]).unwrap();
    let (status, log) = gateway.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("requests that were still open after 1 s, and that the gateway ended: 1"),
        "{log}"
    );
    until_executes(server, "v1_drained", false);
}

#[apply(on_each_server)]
fn a_slow_reader_costs_its_buffer_alone(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    let name = format!("v1_slow_{}", product.name());
    let mut stream = begin(&gateway, NDJSON, &endless_named(&name));
    let mut buffer = vec![0; 64 << 10];
    stream.read_exact(&mut buffer).unwrap();
    let before = peak_memory(&gateway);
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(500));
        stream.read_exact(&mut buffer).unwrap();
    }
    let growth = peak_memory(&gateway).saturating_sub(before);
    assert!(growth < MEMORY, "{growth} bytes more than {before}");
    until_executes(server, &name, true);
    // It has waited for the reader, and goes on.
    for _ in 0..200 {
        stream.read_exact(&mut buffer).unwrap();
    }
}

#[apply(on_each_server)]
fn a_reader_that_disconnects_has_its_statement_killed(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback", "--max-connections", "1"]);
    for (number, accept) in [NDJSON, CSV, ARROW].into_iter().enumerate() {
        let name = format!("v1_gone_{number}_{}", product.name());
        let mut stream = begin(&gateway, accept, &endless_named(&name));
        stream.read_exact(&mut [0; 4096]).unwrap();
        until_executes(server, &name, true);
        drop(stream);
        until_executes(server, &name, false);
        // The only connection serves another request.
        let reply = post(&gateway, QUERY, accept, &json!({"sql": "SELECT 1"}));
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let words = format!("v1_gone_asleep_{}", product.name());
    let sleep = begin(&gateway, "*/*", &format!("SELECT SLEEP(600) AS {words}"));
    until_executes(server, &words, true);
    drop(sleep);
    until_executes(server, &words, false);
}

/// The error comes in the middle of the rows: each format says so, and the body has no end.
#[apply(on_each_server)]
fn a_stream_that_fails_is_broken_off(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    for (number, accept, mark) in [
        (
            0,
            NDJSON,
            "{\"incomplete\":{\"type\":\"Statement\",\"code\":1317,",
        ),
        (1, CSV, "\"incomplete"),
        (2, ARROW, "incomplete"),
    ] {
        let name = format!("v1_fails_{number}_{}", product.name());
        let mut stream = begin(&gateway, accept, &endless_named(&name));
        let mut body = vec![0; 4096];
        stream.read_exact(&mut body).unwrap();
        assert!(body.starts_with(b"HTTP/1.1 200 OK\r\n"));
        let found = format!(
            "SELECT id FROM information_schema.processlist \
             WHERE info LIKE '%{name}%' AND id <> CONNECTION_ID()"
        );
        let id = server.execute_as_admin(&found);
        server.execute_as_admin(&format!("KILL QUERY {}", id.trim()));
        stream.read_to_end(&mut body).unwrap();
        let end = String::from_utf8_lossy(&body[body.len() - 1024..]).into_owned();
        assert!(end.contains(mark), "{accept}: {end}");
        // The last chunk of a complete body.
        assert!(!body.ends_with(b"\r\n0\r\n\r\n"), "{accept}: {end}");
        if accept == NDJSON {
            let line = end.trim_end().lines().last().unwrap();
            assert!(
                serde_json::from_str::<serde_json::Value>(line).is_err(),
                "{line}"
            );
            assert!(line.contains("\"sql_state\":\"70100\""), "{line}");
        }
    }
    until(
        || match gateway.log().matches("cut a response off").count() {
            3 => Ok(()),
            _ => Err(gateway.log()),
        },
    );
}

/// curl, and so a script, takes it for a failure.
#[apply(on_each_server)]
fn a_value_that_arrow_cannot_hold_breaks_the_stream_off(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    let table = format!("v1_zero_{}", product.name());
    server.execute_as_admin(&format!(
        "SET sql_mode = ''; CREATE TABLE iamtest.{table} (day DATE); \
         INSERT INTO iamtest.{table} VALUES ('0000-00-00')"
    ));
    // Several batches precede the last row.
    let many = endless().replacen("t0.name, t1.price, t2.id", "DATE'2024-02-29' AS day", 1);
    let sql = format!("({many} LIMIT 50000) UNION ALL SELECT day FROM {table}");
    let reply = post(&gateway, QUERY, ARROW, &json!({"sql": sql}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(!reply.is_complete);
    assert!(reply.body.ends_with(b"incomplete"), "{}", reply.body.len());
    let reply = post(&gateway, QUERY, CSV, &json!({"sql": sql}));
    assert!(reply.is_complete && reply.text().ends_with("0000-00-00\r\n"));
    // The first row of a result: there is a status for it.
    let sql = format!("SELECT day FROM {table}");
    let reply = post(&gateway, QUERY, ARROW, &json!({"sql": sql}));
    assert_eq!(reply.status, 422, "{}", reply.text());
    assert_eq!(reply.error()["type"], "UnsupportedResult");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

#[test]
fn json_has_a_limit() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let sql = "SELECT REPEAT('x', 1000000) AS x FROM items a, items b, items c, items d";
    let reply = post(&gateway, QUERY, "application/json", &json!({"sql": sql}));
    assert_eq!(reply.status, 422, "{}", reply.body.len());
    let error = reply.error();
    assert_eq!(error["type"], "ResultTooLarge");
    assert!(error["hint"].as_str().unwrap().contains(NDJSON), "{error}");
    let reply = post(&gateway, QUERY, NDJSON, &json!({"sql": sql}));
    assert!(reply.status == 200 && reply.is_complete);
    assert!(reply.body.len() > 81_000_000, "{}", reply.body.len());
}

//! The admin address.

use std::io::Write;
use std::net::TcpStream;

use rds_bridge_test_support::server::{Options, Product, Server};
use serde_json::Value as Json;

use crate::helpers::gateway::{Gateway, read_answer};

#[test]
fn health_and_metrics() {
    let server = Server::start(Product::MySql, &Options::default());
    let gateway = Gateway::start(&server, &["--trust-loopback", "--admin", "127.0.0.1:0"]);
    assert_eq!(gateway.get_admin("/live").status, 200);
    assert_eq!(gateway.get_admin("/ready").status, 200);
    assert_eq!(gateway.get_admin("/other").status, 404);

    gateway.execute("SELECT 1", &Json::Null);
    gateway.execute("SELECT wrong", &Json::Null);
    gateway.execute("BEGIN", &Json::Null);
    let metrics = gateway.get_admin("/metrics").body;
    for line in [
        "rds_bridge_gateway_open_requests 0",
        "rds_bridge_gateway_open_sessions 1",
        "rds_bridge_gateway_answered_total 3",
        "rds_bridge_gateway_failed_total 1",
        "rds_bridge_gateway_refused_total 0",
        "# TYPE rds_bridge_gateway_failed_total counter",
        "# TYPE rds_bridge_gateway_open_sessions gauge",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
}

/// Names that callers choose, values and texts of statements: none is where it must not be.
#[test]
fn the_status_page_counts_requests() {
    let server = Server::shared(Product::MySql);
    let arguments = [
        "--trust-loopback",
        "--admin",
        "127.0.0.1:0",
        "--log",
        "json,rds_bridge_gateway=info",
    ];
    let gateway = Gateway::start(server, &arguments);
    for number in 0..3 {
        let sql = format!("SELECT 'hunter2', {number} AS statusmarker");
        gateway.execute(&sql, &Json::Null);
    }
    gateway.execute("SELECT wrong", &Json::Null);
    gateway.post("/v1/query", &[], "{}");
    gateway.post("/Execute", &[], "{}");
    let page = gateway.get_admin("/");
    assert_eq!(page.status, 200);
    assert!(
        page.head
            .contains("content-security-policy: default-src 'none'; script-src 'sha256-"),
        "{page:?}"
    );
    let status = gateway.get_admin("/status.json").json();
    assert_eq!(status["requests"]["answered_total"], 4);
    assert_eq!(status["requests"]["refused_total"], 2);
    assert_eq!(status["pools"][0]["database"], "iamtest");
    assert_eq!(status["callers"][0]["name"], "loopback");
    let statements = status["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 2, "{status}");
    assert!(statements.iter().any(|it| it["count"] == 3), "{status}");
    let causes: Vec<_> = status["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["cause"].as_str().unwrap())
        .collect();
    assert_eq!(
        causes,
        ["InvalidRequest", "MySQL 1054", "ValidationException"]
    );
    let metrics = gateway.get_admin("/metrics").body;
    assert!(
        metrics.contains("rds_bridge_gateway_failures_total{cause=\"MySQL 1054\"} 1\n"),
        "{metrics}"
    );
    assert!(metrics.contains("quantile=\"0.95\"} "), "{metrics}");
    let all = format!("{status}{metrics}{}", gateway.log());
    for text in ["hunter2", "statusmarker", "wrong"] {
        assert!(!all.contains(text), "{text}: {all}");
    }
}

/// A page whose name was rebound to this machine reads nothing.
#[test]
fn a_request_names_the_admin_address() {
    let server = Server::shared(Product::MySql);
    let arguments = [
        "--trust-loopback",
        "--admin",
        "127.0.0.1:0",
        "--allow-host",
        "gateway.internal",
    ];
    let gateway = Gateway::start(server, &arguments);
    for path in ["/", "/live", "/ready", "/metrics", "/status.json"] {
        let rebound = gateway.get_admin_as(path, "evil.example:8080");
        assert_eq!(rebound.status, 421, "{path}: {rebound:?}");
        assert!(
            rebound.body.ends_with("a name of --allow-host\n"),
            "{rebound:?}"
        );
        for host in ["localhost", "10.0.0.1:9802", "gateway.internal"] {
            let answer = gateway.get_admin_as(path, host);
            assert_eq!(answer.status, 200, "{path}, {host}: {answer:?}");
        }
    }
    let host = [("Host", "evil.example")];
    assert_eq!(gateway.post_admin("/quitquitquit", &host).status, 421);
    // As haproxy's health checks, which have no header.
    let mut stream = TcpStream::connect(gateway.admin_address()).unwrap();
    stream.write_all(b"GET /live HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(read_answer(&mut stream).status, 200);
}

#[test]
fn the_status_page_shows_texts_where_that_is_allowed() {
    let server = Server::shared(Product::MySql);
    let arguments = [
        "--trust-loopback",
        "--admin",
        "127.0.0.1:0",
        "--show-statements",
    ];
    let gateway = Gateway::start(server, &arguments);
    gateway.execute("SELECT 'hunter2' AS statusmarker", &Json::Null);
    let status = gateway.get_admin("/status.json").json();
    let text = status["statements"][0]["text"].as_str().unwrap();
    assert_eq!(text, "SELECT ? AS statusmarker");
}

#[test]
fn a_gateway_without_its_database_is_alive_and_not_ready() {
    let server = Server::start(Product::MySql, &Options::default());
    let arguments = [
        "--trust-loopback",
        "--admin",
        "127.0.0.1:0",
        "--connect-timeout",
        "3",
    ];
    let gateway = Gateway::start(&server, &arguments);
    server.kill();
    assert_eq!(gateway.get_admin("/live").status, 200);
    let ready = gateway.get_admin("/ready");
    assert_eq!(ready.status, 503);
    assert!(ready.body.starts_with("iamtest: "), "{ready:?}");
    let reply = gateway.execute("SELECT 1", &Json::Null);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.contains("(sqlstate "), "{message}");
}

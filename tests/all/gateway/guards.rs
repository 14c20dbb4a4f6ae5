//! Requests that a web page in a browser on this machine can send.

use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::gateway::{EXECUTE, Gateway};

const BODY: &str = "{\"query\": \"SELECT 1\"}";

#[test]
fn pages_are_refused() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start(
        server,
        &["--trust-loopback", "--allow-host", "gateway.internal"],
    );
    let port = gateway.address().port();
    let named = format!("localhost:{port}");
    for headers in [
        &[][..],
        &[("Host", &*named)],
        &[("Host", "gateway.internal")],
        &[("Content-Type", "application/json; charset=utf-8")],
    ] {
        let answer = gateway.post(EXECUTE, headers, BODY);
        assert_eq!(answer.status, 200, "{headers:?}: {answer:?}");
        assert!(!answer.head.contains("access-control"), "{answer:?}");
    }
    let rebound = format!("evil.example:{port}");
    let own_origin = gateway.url();
    for (headers, status) in [
        (("Host", &*rebound), 421),
        (("Origin", "https://evil.example"), 403),
        (("Origin", "null"), 403),
        (("Origin", &own_origin), 403),
        (("Content-Type", "text/plain"), 415),
        (("Content-Type", "application/x-www-form-urlencoded"), 415),
    ] {
        for path in [EXECUTE, "/psdb.v1alpha1.Database/CreateSession"] {
            let answer = gateway.post(path, &[headers], BODY);
            assert_eq!(answer.status, status, "{headers:?}: {answer:?}");
            assert!(answer.json()["error"]["message"].is_string());
        }
        let answer = gateway.post("/Execute", &[headers], "{}");
        assert_eq!(answer.status / 100, 4, "{headers:?}: {answer:?}");
    }
}

#[test]
fn a_body_has_a_limit() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let body = format!("{{\"query\": \"SELECT '{}'\"}}", "x".repeat(17 << 20));
    // The gateway may close the connection before it has read everything.
    let answer = std::panic::catch_unwind(|| gateway.post(EXECUTE, &[], &body));
    if let Ok(answer) = answer {
        assert_eq!(answer.status, 413, "{}", answer.head);
    }
    let below = format!(
        "{{\"query\": \"SELECT LENGTH('{}')\"}}",
        "x".repeat(8 << 20)
    );
    let answer = gateway.post(EXECUTE, &[], &below);
    assert_eq!(answer.status, 200, "{}", answer.head);
}

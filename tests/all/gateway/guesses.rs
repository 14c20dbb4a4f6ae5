//! A source that guesses keys is slowed down, and other callers are not.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::gateway::{Answer, EXECUTE, Gateway};

const KEY: &str = "0123456789abcdef";

fn gateway() -> Gateway {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.txt");
    fs::write(
        &file,
        format!("app:{KEY}\nother:{KEY}\nsigner:sigv4:{KEY}\n"),
    )
    .unwrap();
    let arguments = [
        "--behind-tls-proxy",
        "--api-key-file",
        file.to_str().unwrap(),
    ];
    Gateway::start(Server::shared(Product::MySql), &arguments)
}

/// Sends a statement as a proxy does, for a client with this address.
fn post(gateway: &Gateway, path: &str, source: &str, authorization: &str) -> Answer {
    let headers = [
        ("Authorization", authorization),
        ("X-Forwarded-For", source),
    ];
    let body = r#"{"query": "SELECT 7", "sql": "SELECT 7", "resourceArn": "any"}"#;
    let body = if path == "/v1/query" {
        r#"{"sql": "SELECT 7"}"#
    } else {
        body
    };
    gateway.post(path, &headers, body)
}

fn basic(name: &str, key: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{key}")))
}

#[test]
fn a_source_that_guesses_waits() {
    let gateway = gateway();
    let guess = || {
        post(
            &gateway,
            EXECUTE,
            "192.0.2.1",
            &basic("app", "wrong-wrong-wrong"),
        )
    };
    let mut answers: Vec<Answer> = (0..12).map(|_| guess()).collect();
    let last = answers.pop().unwrap();
    // The twelfth comes within a second of the eleventh, which is the first that has a consequence.
    for answer in answers {
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    assert_eq!(last.status, 429, "{last:?}");
    assert!(last.head.contains("retry-after: 1\r\n"), "{last:?}");
    assert_eq!(last.json()["error"]["code"], "resource_exhausted");
    let right = |path, source, name| post(&gateway, path, source, &basic(name, KEY));
    // Not even the right key is verified now, in any dialect.
    let refused = right("/v1/query", "192.0.2.1", "app");
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(refused.json()["error"]["type"], "TooManyRequests");
    assert!(refused.head.contains("retry-after: 1\r\n"), "{refused:?}");
    // Other sources and other names are answered. What the client itself sends as its address counts for nothing.
    assert_eq!(right("/v1/query", "192.0.2.2", "app").status, 200);
    assert_eq!(right("/v1/query", "192.0.2.1", "other").status, 200);
    assert_eq!(
        right("/v1/query", "192.0.2.1, 192.0.2.3", "app").status,
        200
    );
    assert_eq!(
        right("/v1/query", "192.0.2.3, 192.0.2.1", "app").status,
        429
    );
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(right("/v1/query", "192.0.2.1", "app").status, 200);
}

#[test]
fn a_wrong_clock_is_no_guess() {
    let gateway = gateway();
    let authorization = |key: &str| {
        let scope = format!("{key}/20260101/us-east-1/rds-data/aws4_request");
        format!(
            "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={}",
            "0".repeat(64)
        )
    };
    // The date is wrong, which is a fault of a clock and no guess.
    for _ in 0..20 {
        let answer = post(&gateway, "/Execute", "192.0.2.1", &authorization("signer"));
        assert_eq!(answer.status, 403, "{answer:?}");
    }
}

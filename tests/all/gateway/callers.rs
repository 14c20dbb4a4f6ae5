//! API keys, and what the log tells of their callers.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::server::{Product, Server};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::helpers::gateway::{Answer, EXECUTE, Gateway, read_answer};

const KEY: &str = "0123456789abcdef/+=";
const HASHED: &str = "fedcba9876543210";

/// A gateway with two API keys, one of which is stored as its hash.
fn gateway(arguments: &[&str]) -> Gateway {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.txt");
    let hash: String = Sha256::digest(HASHED)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    fs::write(&file, format!("# two\napp:{KEY}\n\nhashed:sha256:{hash}\n")).unwrap();
    let arguments = [arguments, &["--api-key-file", file.to_str().unwrap()]].concat();
    Gateway::start(Server::shared(Product::MySql), &arguments)
}

fn execute(gateway: &Gateway, credentials: &str, session: &Json) -> Answer {
    let authorization = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let body = json!({"query": "BEGIN", "session": session}).to_string();
    gateway.post(EXECUTE, &[("Authorization", &authorization)], &body)
}

/// A gateway that read the body first would answer after its time limit, of 30 seconds.
#[test]
fn the_body_of_an_unknown_sender_is_not_read() {
    let gateway = gateway(&[]);
    let basic = format!("Basic {}", BASE64_STANDARD.encode("app:wrong-wrong-wrong"));
    let now = time::OffsetDateTime::now_utc();
    let (day, hour) = (now.date().to_string().replace('-', ""), now.hour());
    let date = format!("{day}T{hour:02}{:02}{:02}Z", now.minute(), now.second());
    let signed = format!(
        "AWS4-HMAC-SHA256 Credential=UNKNOWN/{day}/us-east-1/rds-data/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature={}",
        "0".repeat(64)
    );
    for (path, authorization, status) in [
        (EXECUTE, &basic, 401),
        ("/v1/query", &basic, 401),
        ("/Execute", &basic, 403),
        ("/Execute", &signed, 403),
    ] {
        let mut stream = TcpStream::connect(gateway.address()).unwrap();
        let timeout = Some(Duration::from_secs(20));
        stream.set_read_timeout(timeout).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1000000\r\n\
             Content-Type: application/json\r\nX-Amz-Date: {date}\r\nAuthorization: {authorization}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let answer = read_answer(&mut stream);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
}

#[test]
fn a_caller_has_a_key() {
    let gateway = gateway(&[]);
    let app = format!("app:{KEY}");
    // The client takes them out of a URL as they stand there.
    let encoded = "app:0123456789abcdef%2F+%3D";
    let hashed = format!("hashed:{HASHED}");
    for credentials in [&*app, encoded, &hashed] {
        let answer = execute(&gateway, credentials, &Json::Null);
        assert_eq!(answer.status, 200, "{credentials}: {answer:?}");
        assert!(answer.json().get("error").is_none(), "{answer:?}");
    }
    for credentials in [
        ":",
        "app:",
        "app:wrong",
        "app:fedcba9876543210",
        "other:x",
        "hashed",
    ] {
        let answer = execute(&gateway, credentials, &Json::Null);
        assert_eq!(answer.status, 401, "{credentials}");
        let error = answer.json()["error"].clone();
        assert_eq!(error["code"], "unauthenticated");
        assert!(error["message"].is_string());
    }
    let answer = gateway.post(EXECUTE, &[], "{\"query\": \"SELECT 1\"}");
    assert_eq!(answer.status, 401, "{answer:?}");
    let session = "/psdb.v1alpha1.Database/CreateSession";
    assert_eq!(gateway.post(session, &[], "{}").status, 401);
}

#[test]
fn a_session_is_its_callers() {
    let gateway = gateway(&[]);
    let (app, hashed) = (format!("app:{KEY}"), format!("hashed:{HASHED}"));
    let begun = execute(&gateway, &app, &Json::Null).json();
    let session = &begun["session"];
    let stolen = execute(&gateway, &hashed, session).json();
    // It begins a transaction of its own: the first one is still its caller's.
    assert_ne!(&stolen["session"], session);
    let own = execute(&gateway, &app, session).json();
    assert_eq!(&own["session"], session, "{own}");
}

#[test]
fn the_log_has_neither_sql_nor_values_nor_secrets() {
    let gateway = gateway(&["--log", "json,trace"]);
    let app = format!("app:{KEY}");
    let authorization = format!("Basic {}", BASE64_STANDARD.encode(&app));
    let body = |query: &str| json!({"query": query}).to_string();
    let sent = gateway.post(
        EXECUTE,
        &[("Authorization", &authorization)],
        &body("SELECT 'hunter2' AS hunter3, 7 AS hunter4"),
    );
    assert_eq!(sent.status, 200);
    execute(&gateway, "app:hunter5hunter5hunter5", &Json::Null);
    let session = execute(&gateway, &app, &Json::Null).json()["session"].clone();
    let (_, log) = gateway.terminate();
    let lines: Vec<Json> = log
        .lines()
        .filter(|line| line.contains("rds_bridge_gateway::access"))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3, "{log}");
    assert_eq!(lines[0]["caller"], "app");
    assert_eq!(lines[0]["status"], 200);
    assert_eq!(lines[0]["route"], EXECUTE);
    assert!(lines[0]["elapsed_us"].as_u64().unwrap() > 0);
    assert!(lines[0]["database_us"].as_u64().unwrap() > 0);
    assert_eq!(lines[1]["status"], 401);
    assert!(lines[1].get("caller").is_none());
    let secret = Expectation::default().secret_access_key;
    let encoded = BASE64_STANDARD.encode(&app);
    for forbidden in [
        "hunter",
        KEY,
        HASHED,
        &secret,
        &encoded,
        session.as_str().unwrap(),
    ] {
        assert!(!log.contains(forbidden), "{forbidden} is in the log");
    }
}

//! Requests that a web page in a browser on this machine can send.

use std::io::Write;
use std::net::TcpStream;

use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::gateway::{EXECUTE, Gateway, read_answer};

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
    // The length alone decides: the body is not read.
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    let head = format!(
        "POST {EXECUTE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        (16 << 20) + 1
    );
    stream.write_all(head.as_bytes()).unwrap();
    let answer = read_answer(&mut stream);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], "resource_exhausted");
    // Without a length, the limit is found while the body is read.
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    let head = head.replace("Content-Length: 16777217", "Transfer-Encoding: chunked");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(b"1000001\r\n").unwrap();
    stream.write_all(&vec![b' '; (16 << 20) + 1]).unwrap();
    assert_eq!(read_answer(&mut stream).status, 413);
    let below = format!(
        "{{\"query\": \"SELECT LENGTH('{}')\"}}",
        "x".repeat(8 << 20)
    );
    let answer = gateway.post(EXECUTE, &[], &below);
    assert_eq!(answer.status, 200, "{}", answer.head);
}

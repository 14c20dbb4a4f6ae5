//! The options of `serve`.

use std::fs;

use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::command::{stderr, stdout, with};
use crate::helpers::gateway::Gateway;

fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let server = Server::shared(Product::MySql);
    let output = with(server, &[], &[&["serve"], arguments].concat());
    (output.status.code(), stderr(&output).to_owned())
}

#[test]
fn somebody_must_be_named_who_may_call() {
    let (code, error) = refused(&["--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("--api-key-file FILE") && error.contains("--trust-loopback"),
        "{error}"
    );
    let both = ["--trust-loopback", "--api-key-file", "keys.txt"];
    let (code, error) = refused(&both);
    assert_eq!(code, Some(2), "{error}");
}

#[test]
fn other_machines_reach_it_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.txt");
    fs::write(&keys, "app:0123456789abcdef").unwrap();
    let keys = ["--api-key-file", keys.to_str().unwrap()];
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        for callers in [&["--trust-loopback"][..], &keys] {
            let (code, error) = refused(&[callers, &["--listen", address]].concat());
            assert_eq!(code, Some(2), "{error}");
            for option in ["--api-key-file", "--tls-certificate", "--behind-tls-proxy"] {
                assert!(error.contains(option), "{error}");
            }
        }
    }
    for arguments in [
        &["--trust-loopback", "--behind-tls-proxy"][..],
        &[
            "--trust-loopback",
            "--tls-certificate",
            "c",
            "--tls-key",
            "k",
            "--client-ca-file",
            "f",
        ],
        &["--tls-certificate", "c"],
        &["--client-ca-file", "f"],
    ] {
        let (code, error) = refused(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {error}");
    }
}

#[test]
fn behind_a_proxy_other_machines_reach_it() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.txt");
    fs::write(&keys, "app:0123456789abcdef").unwrap();
    let arguments = [
        "--behind-tls-proxy",
        "--api-key-file",
        keys.to_str().unwrap(),
        "--listen",
        "0.0.0.0:0",
    ];
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start_at(server, &arguments);
    assert!(
        gateway.log().contains("--allow-host NAME"),
        "{}",
        gateway.log()
    );
    let basic = "Basic YXBwOjAxMjM0NTY3ODlhYmNkZWY=";
    let post = |host| {
        let headers = [("Authorization", basic), ("Host", host)];
        gateway.post("/v1/query", &headers, "{\"sql\": \"SELECT 1\"}")
    };
    assert_eq!(post("localhost").status, 200);
    assert_eq!(post("gateway.example").status, 421);
    drop(gateway);
    let named = [&arguments[..], &["--allow-host", "gateway.example"]].concat();
    let gateway = Gateway::start_at(server, &named);
    assert!(
        !gateway.log().contains("--allow-host NAME"),
        "{}",
        gateway.log()
    );
    let headers = [("Authorization", basic), ("Host", "gateway.example")];
    let answer = gateway.post("/v1/query", &headers, "{\"sql\": \"SELECT 1\"}");
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn a_wrong_file_of_keys_is_named_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.txt");
    fs::write(&file, "app:hunter2").unwrap();
    let path = file.to_str().unwrap();
    let (code, error) = refused(&["--listen", "127.0.0.1:0", "--api-key-file", path]);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("keys.txt") && error.contains("line 1: the key is shorter"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
    let (code, error) = refused(&["--listen", "127.0.0.1:0", "--api-key-file", "/missing"]);
    assert_eq!(code, Some(5), "{error}");
}

#[test]
fn a_taken_address_is_named() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    let address = gateway.address().to_string();
    let (code, error) = refused(&["--trust-loopback", "--listen", &address]);
    assert_eq!(code, Some(5), "{error}");
    assert!(
        error.contains(&format!("cannot listen on {address}")),
        "{error}"
    );
}

#[test]
fn it_prints_lines_to_paste() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let (log, address) = (gateway.log(), gateway.address());
    for expected in [
        format!("http://{address} for lambda-user at "),
        "read-only".to_owned(),
        format!("connect({{ url: 'http://any:any@{address}' }})"),
        format!("endpoint_url='http://{address}'"),
    ] {
        assert!(log.contains(&expected), "{expected}: {log}");
    }
}

#[test]
fn a_program_finds_the_gateway_and_ends_it() {
    let server = Server::shared(Product::MySql);
    let script =
        "test -z \"$DB_CONNECT_TO\" && echo \"$AWS_ENDPOINT_URL_RDS_DATA $RDS_BRIDGE_URL\"; exit 7";
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--trust-loopback",
        "--",
        "/bin/sh",
        "-c",
        script,
    ];
    let output = with(server, &[], &arguments);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    let printed = stdout(&output);
    let (one, other) = printed.trim().split_once(' ').unwrap();
    assert!(
        one.starts_with("http://127.0.0.1:") && one == other,
        "{printed}"
    );
}

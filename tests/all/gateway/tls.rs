//! TLS of the gateway, by curl and by clients that keep their connections.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rds_bridge_test_support::certificates::Authority;
use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::gateway::Gateway;
use crate::helpers::proxy::{RELOADED, UNCHANGED};
use crate::helpers::proxy_files::ProxyFiles;

const KEY: &str = "0123456789abcdef";
const BODY: &str = r#"{"sql": "SELECT 7 AS seven"}"#;

fn write_keys(files: &ProxyFiles, keys: &str) -> [String; 2] {
    fs::write(files.path("keys.txt"), keys).unwrap();
    ["--api-key-file".to_owned(), files.text("keys.txt")]
}

/// Starts a gateway that other machines can reach, with a key for the caller `app`.
pub(super) fn start(files: &ProxyFiles, more: &[&str]) -> Gateway {
    let keys = write_keys(files, &format!("app:{KEY}\n"));
    let own = files.of_gateway();
    let all: Vec<&str> = own
        .iter()
        .chain(&keys)
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    Gateway::start_at(Server::shared(Product::MySql), &all)
}

/// Posts a statement with curl.
fn curl(gateway: &Gateway, ca: &str, more: &[&str]) -> Output {
    Command::new("curl")
        .args(["--silent", "--show-error", "--cacert", ca, "--json", BODY])
        .args([
            "--user",
            &format!("app:{KEY}"),
            "--write-out",
            " %{http_version} %{http_code}",
        ])
        .args(more)
        .arg(format!("{}/v1/query", gateway.url()))
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

#[test]
fn both_versions_of_http() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &["--allow-host", "gateway.example"]);
    assert!(gateway.url().starts_with("https://"));
    let ca = files.text("ca.pem");
    for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let answer = shown(&curl(&gateway, &ca, &[option]));
        assert_eq!(
            answer,
            format!("[\n{{\"seven\":7}}\n]\n {version} 200"),
            "{option}"
        );
        let refused = shown(&curl(
            &gateway,
            &ca,
            &[option, "--user", "app:wrong-wrong-wrong"],
        ));
        assert!(refused.ends_with(&format!("{version} 401")), "{refused}");
        for (host, status) in [("gateway.example", 200), ("evil.example", 421)] {
            let header = format!("Host: {host}");
            let answer = shown(&curl(&gateway, &ca, &[option, "--header", &header]));
            assert!(answer.ends_with(&format!("{version} {status}")), "{answer}");
        }
    }
    // curl verifies the gateway's certificate.
    let other = files.path("other.pem");
    fs::write(&other, Authority::new().pem()).unwrap();
    let output = curl(&gateway, other.to_str().unwrap(), &[]);
    assert_eq!(output.status.code(), Some(60), "{}", shown(&output));
    // No request is answered without TLS.
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    stream
        .write_all(b"POST /v1/query HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

/// curl 7.88 loses some responses that are followed by the reset of their stream.
#[test]
fn a_refusal_does_not_reset_its_stream() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &[]);
    let ca = files.text("ca.pem");
    for (header, status) in [
        ("Host: evil.example", 421),
        ("Origin: https://evil.example", 403),
        ("Content-Type: text/plain", 415),
    ] {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--cacert", &ca, "--http2"])
            .args(["--parallel", "--parallel-max", "20", "--parallel-immediate"])
            .args(["--write-out", "%{http_version} %{http_code}\n"])
            .args(["--json", BODY, "--header", header, "--output", "/dev/null"])
            .arg(format!("{}/v1/query?[1-200]", gateway.url()))
            .output()
            .unwrap();
        let answers = String::from_utf8(output.stdout).unwrap();
        let expected = format!("2 {status}\n").repeat(200);
        assert_eq!(answers, expected, "{header}");
    }
}

#[test]
fn a_handshake_that_never_ends_blocks_no_other() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &[]);
    // More than there may be open handshakes; this machine's are not counted, and each is ended in time.
    let slow: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(gateway.address()).unwrap();
            // The head of a ClientHello, which announces 512 bytes.
            stream.write_all(b"\x16\x03\x01\x02\x00").unwrap();
            stream
        })
        .collect();
    let answer = shown(&curl(&gateway, &files.text("ca.pem"), &[]));
    assert!(answer.ends_with("200"), "{answer}");
    for mut stream in slow {
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut read = Vec::new();
        // It is closed, in whatever way.
        if let Err(error) = stream.read_to_end(&mut read) {
            assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "{error}");
        }
    }
}

/// A client that keeps its connection, and opens a new one for every tenth request.
const CLIENT: &str = r#"
import base64, http.client, json, ssl, sys
port, ca, rounds = int(sys.argv[1]), sys.argv[2], sys.stdin
context = ssl.create_default_context(cafile=ca)
headers = {"Content-Type": "application/json",
           "Authorization": "Basic " + base64.b64encode(b"app:0123456789abcdef").decode()}
sent, connection = 0, None
for line in rounds:
    if sent % 10 == 0:
        if connection: connection.close()
        connection = http.client.HTTPSConnection("localhost", port, context=context)
    connection.request("POST", "/v1/query", json.dumps({"sql": "SELECT 7 AS seven"}), headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200 and b"seven" in body, (answer.status, body)
    sent += 1
print(sent)
"#;

#[test]
fn files_are_read_again_without_losing_a_request() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &[]);
    // The clients trust both authorities.
    let authority = Authority::new();
    let trusted = files.path("trusted.pem");
    fs::write(&trusted, files.authority.pem() + &authority.pem()).unwrap();
    let is_over = AtomicBool::new(false);
    let port = gateway.address().port().to_string();
    thread::scope(|scope| {
        let client = || {
            let mut client = Command::new(python::interpreter())
                .args(["-c", CLIENT, &port, trusted.to_str().unwrap()])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = client.stdin.take().unwrap();
            while !is_over.load(Ordering::Relaxed) && stdin.write_all(b"\n").is_ok() {
                thread::sleep(Duration::from_millis(1));
            }
            drop(stdin);
            client.wait_with_output().unwrap()
        };
        let clients: Vec<_> = (0..3).map(|_| scope.spawn(client)).collect();
        for round in 0..10 {
            files.replace(if round % 2 == 0 {
                &authority
            } else {
                &files.authority
            });
            write_keys(
                &files,
                &format!("app:{KEY}\nround{round}:0123456789abcdef\n"),
            );
            gateway.hang_up(RELOADED);
        }
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            let output = client.join().unwrap();
            assert!(output.status.success(), "{}", shown(&output));
            let sent: usize = shown(&output).trim().parse().unwrap();
            assert!(sent > 10, "{sent}");
        }
    });
    // The last certificate, and the last keys.
    let ca = files.text("ca.pem");
    assert!(shown(&curl(&gateway, &ca, &[])).ends_with("200"));
    let last = shown(&curl(&gateway, &ca, &["--user", "round9:0123456789abcdef"]));
    assert!(last.ends_with("200"), "{last}");
    let earlier = shown(&curl(&gateway, &ca, &["--user", "round8:0123456789abcdef"]));
    assert!(earlier.ends_with("401"), "{earlier}");

    // Invalid files change nothing, and are named without their content.
    for name in ["key.pem", "certificate.pem", "keys.txt"] {
        let valid = fs::read(files.path(name)).unwrap();
        fs::write(files.path(name), "hunter2").unwrap();
        gateway.hang_up(UNCHANGED);
        assert!(gateway.log().contains(name) && !gateway.log().contains("hunter2"));
        assert!(shown(&curl(&gateway, &ca, &[])).ends_with("200"));
        fs::write(files.path(name), valid).unwrap();
    }
    let (status, log) = gateway.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn the_log_at_its_most_verbose_has_no_credentials() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &["--log", "json,trace"]);
    let ca = files.text("ca.pem");
    let token = "Authorization: Bearer eyJhbGciOiJFUzI1NiJ9.aHVudGVyMg.c2lnbmF0dXJl";
    for option in ["--http1.1", "--http2"] {
        assert!(shown(&curl(&gateway, &ca, &[option])).ends_with("200"));
        let wrong = ["--user", "app:hunter2-hunter2-hunter2", option];
        assert!(shown(&curl(&gateway, &ca, &wrong)).ends_with("401"));
        let output = Command::new("curl")
            .args([
                "--silent", "--cacert", &ca, "--json", BODY, "--header", token, option,
            ])
            .arg(format!("{}/v1/query", gateway.url()))
            .output()
            .unwrap();
        assert!(
            shown(&output).contains("Unauthenticated"),
            "{}",
            shown(&output)
        );
    }
    let (_, log) = gateway.terminate();
    assert!(log.contains("rds_bridge_gateway"), "{log}");
    let key = fs::read_to_string(files.path("key.pem")).unwrap();
    let of_key = key.lines().nth(1).unwrap();
    for forbidden in [
        KEY,
        "hunter2",
        "YXBwOjAxMjM0NTY3ODlhYmNkZWY",
        "YXBwOmh1bnRlcjI",
        "aHVudGVyMg",
        "c2lnbmF0dXJl",
        of_key,
    ] {
        let line = log.lines().find(|line| line.contains(forbidden));
        assert_eq!(line, None, "{forbidden}");
    }
}

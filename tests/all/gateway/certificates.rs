//! Callers that authenticate with a certificate.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use rds_bridge_test_support::certificates::{Authority, Issued};
use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{Product, Server};
use serde_json::Value as Json;

use crate::helpers::gateway::{EXECUTE, Gateway};
use crate::helpers::proxy::RELOADED;
use crate::helpers::proxy_files::ProxyFiles;

use super::tls::start as start_with_keys;

const QUERY: &str = r#"{"query": "SELECT 7"}"#;

/// Starts a gateway whose callers need a certificate.
fn start(files: &ProxyFiles, more: &[&str]) -> Gateway {
    let own = files.of_gateway();
    let ca = files.text("ca.pem");
    let mut all: Vec<&str> = own.iter().map(String::as_str).collect();
    all.extend([
        "--client-ca-file",
        &ca,
        "--log",
        "json,rds_bridge_gateway=debug",
    ]);
    all.extend(more);
    Gateway::start_at(Server::shared(Product::MySql), &all)
}

/// Sends a statement with curl. Returns what curl prints, after its exit code if that is not 0.
fn curl(
    gateway: &Gateway,
    files: &ProxyFiles,
    certificate: Option<&Issued>,
    more: &[&str],
) -> String {
    curl_to(gateway, files, certificate, [EXECUTE, QUERY], more)
}

/// As [`curl`], to this path with this body.
fn curl_to(
    gateway: &Gateway,
    files: &ProxyFiles,
    certificate: Option<&Issued>,
    [path, body]: [&str; 2],
    more: &[&str],
) -> String {
    let mut command = Command::new("curl");
    command.args([
        "--silent",
        "--show-error",
        "--cacert",
        &files.text("ca.pem"),
    ]);
    command.args(["--json", body, "--write-out", " %{http_code}"]);
    if let Some(issued) = certificate {
        fs::write(files.path("client.pem"), &issued.certificate).unwrap();
        fs::write(files.path("client-key.pem"), &issued.key).unwrap();
        command.args([
            "--cert",
            &files.text("client.pem"),
            "--key",
            &files.text("client-key.pem"),
        ]);
    }
    let output = command
        .args(more)
        .arg(format!("{}{path}", gateway.url()))
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    let printed = [&*output.stdout, &*output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    if code == 0 {
        printed
    } else {
        format!("{code}: {printed}")
    }
}

/// The callers of the access log.
fn callers(gateway: Gateway) -> Vec<String> {
    let (_, log) = gateway.terminate();
    let lines = log
        .lines()
        .filter(|line| line.contains("rds_bridge_gateway::access"));
    lines
        .map(|line| {
            let line: Json = serde_json::from_str(line).unwrap();
            line["caller"].as_str().unwrap_or("-").to_owned()
        })
        .collect()
}

#[test]
fn a_certificate_names_its_caller() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &[]);
    let issue = |common_name: &str, names: &[&str], is_expired| {
        files
            .authority
            .issue_for_client(common_name, names, is_expired)
    };
    let app = issue("app", &[], false);
    let batch = issue("other", &["batch@example.com", "batch.example.com"], false);
    for (issued, version) in [(&app, "--http1.1"), (&batch, "--http2")] {
        let answer = curl(&gateway, &files, Some(issued), &[version]);
        assert!(answer.ends_with(" 200"), "{answer}");
    }
    // PlanetScale's client sends this without credentials; any others must be valid.
    let empty = curl(&gateway, &files, Some(&app), &["--user", ":"]);
    assert!(empty.ends_with(" 200"), "{empty}");
    let wrong = curl(
        &gateway,
        &files,
        Some(&app),
        &["--user", "app:0123456789abcdef"],
    );
    assert!(wrong.ends_with(" 401"), "{wrong}");
    let unnamed = curl(&gateway, &files, Some(&issue("", &[], false)), &[]);
    assert!(unnamed.ends_with(" 401"), "{unnamed}");
    let stranger = Authority::new().issue_for_client("app", &[], false);
    for refused in [None, Some(&stranger), Some(&issue("app", &[], true))] {
        let answer = curl(&gateway, &files, refused, &[]);
        assert!(
            ["35: ", "55: ", "56: "]
                .iter()
                .any(|it| answer.starts_with(it)),
            "{answer}"
        );
    }
    assert_eq!(
        callers(gateway),
        ["app", "batch@example.com", "app", "-", "-"]
    );
}

#[test]
fn a_key_decides_where_there_are_both() {
    let files = ProxyFiles::new();
    let ca = files.text("ca.pem");
    let log = [
        "--client-ca-file",
        &ca,
        "--log",
        "json,rds_bridge_gateway=info",
    ];
    let gateway = start_with_keys(&files, &log);
    let other = files.authority.issue_for_client("other", &[], false);
    let answer = curl(
        &gateway,
        &files,
        Some(&other),
        &["--user", "app:0123456789abcdef"],
    );
    assert!(answer.ends_with(" 200"), "{answer}");
    let answer = curl(&gateway, &files, Some(&other), &[]);
    assert!(answer.ends_with(" 200"), "{answer}");
    // The Data API too.
    let arn = "arn:aws:rds:any";
    let statement =
        format!(r#"{{"resourceArn": "{arn}", "secretArn": "{arn}", "sql": "SELECT 7"}}"#);
    let to = ["/Execute", &statement];
    for (user, status) in [("app:0123456789abcdef", 200), ("app:0123456789abcdeg", 403)] {
        let answer = curl_to(&gateway, &files, Some(&other), to, &["--user", user]);
        assert!(answer.ends_with(&format!(" {status}")), "{answer}");
    }
    assert_eq!(callers(gateway), ["app", "other", "app", "-"]);
}

/// The SDKs sign every request, with whatever credentials they have.
#[test]
fn an_sdk_with_a_certificate_needs_no_key_of_the_gateway() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &[]);
    let issued = files.authority.issue_for_client("lambda", &[], false);
    fs::write(files.path("client.pem"), &issued.certificate).unwrap();
    fs::write(files.path("client-key.pem"), &issued.key).unwrap();
    let program = "import boto3, botocore.config, sys\n\
                   url, ca, certificate, key = sys.argv[1:]\n\
                   config = botocore.config.Config(client_cert=(certificate, key))\n\
                   client = boto3.client('rds-data', 'us-east-1', endpoint_url=url, verify=ca, config=config,\n\
                       aws_access_key_id='AKIDEXAMPLE', aws_secret_access_key='x', aws_session_token='y')\n\
                   arn = 'arn:aws:rds:any'\n\
                   print(client.execute_statement(resourceArn=arn, secretArn=arn, sql='SELECT 7')['records'])";
    let output = Command::new(python::interpreter())
        .args(["-c", program, &gateway.url()])
        .args(["ca.pem", "client.pem", "client-key.pem"].map(|name| files.text(name)))
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        printed.trim(),
        "[[{'longValue': 7}]]",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(callers(gateway), ["lambda"]);
}

/// Sends a request for each line that it reads, on one connection. Prints the status, and whether the gateway closes the
/// connection.
const KEEPING_CLIENT: &str = r#"
import http.client, json, ssl, sys
port, ca, certificate, key = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(certificate, key)
connection = http.client.HTTPSConnection("localhost", int(port), context=context)
for line in sys.stdin:
    connection.request("POST", "/v1/query", json.dumps({"sql": "SELECT 7"}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    print(answer.status, "closed" if answer.will_close else "kept", flush=True)
"#;

struct KeepingClient {
    process: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl KeepingClient {
    fn start(gateway: &Gateway, files: &ProxyFiles, issued: &Issued) -> Self {
        fs::write(files.path("client.pem"), &issued.certificate).unwrap();
        fs::write(files.path("client-key.pem"), &issued.key).unwrap();
        // The gateway's own authority, also when that of clients is replaced.
        fs::write(files.path("trusted.pem"), files.authority.pem()).unwrap();
        let mut process = Command::new(python::interpreter())
            .args(["-c", KEEPING_CLIENT])
            .arg(gateway.address().port().to_string())
            .args(["trusted.pem", "client.pem", "client-key.pem"].map(|name| files.text(name)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, answers }
    }

    fn send(&mut self) -> String {
        self.process
            .stdin
            .as_mut()
            .unwrap()
            .write_all(b"\n")
            .unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }
}

impl Drop for KeepingClient {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _waited = self.process.wait();
    }
}

#[test]
fn a_certificate_expires_on_an_open_connection() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &[]);
    let not_after = SystemTime::now() + Duration::from_secs(15);
    let issued = files.authority.issue_for_client_until("app", not_after);
    let mut client = KeepingClient::start(&gateway, &files, &issued);
    assert_eq!(client.send(), "200 kept");
    let left = not_after
        .duration_since(SystemTime::now())
        .unwrap_or_default();
    sleep(left + Duration::from_secs(2));
    assert_eq!(client.send(), "401 closed");
}

#[test]
fn an_authority_that_was_removed_authenticates_no_open_connection() {
    let files = ProxyFiles::new();
    let gateway = start(&files, &[]);
    let issued = files.authority.issue_for_client("app", &[], false);
    let mut client = KeepingClient::start(&gateway, &files, &issued);
    assert_eq!(client.send(), "200 kept");
    let other = Authority::new().pem();
    fs::write(files.path("ca.pem"), files.authority.pem() + &other).unwrap();
    gateway.hang_up(RELOADED);
    assert_eq!(client.send(), "200 kept");
    fs::write(files.path("ca.pem"), other).unwrap();
    gateway.hang_up(RELOADED);
    assert_eq!(client.send(), "401 closed");
}

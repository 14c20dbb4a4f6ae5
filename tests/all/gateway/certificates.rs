//! Callers that authenticate with a certificate.

use std::fs;
use std::process::Command;

use rds_bridge_test_support::certificates::{Authority, Issued};
use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{Product, Server};
use serde_json::Value as Json;

use crate::helpers::gateway::{EXECUTE, Gateway};
use crate::helpers::proxy_files::ProxyFiles;

use super::tls::start as start_with_keys;

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
    let mut command = Command::new("curl");
    command.args([
        "--silent",
        "--show-error",
        "--cacert",
        &files.text("ca.pem"),
    ]);
    command.args([
        "--json",
        r#"{"query": "SELECT 7"}"#,
        "--write-out",
        " %{http_code}",
    ]);
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
        .arg(format!("{}{EXECUTE}", gateway.url()))
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
    assert_eq!(callers(gateway), ["app", "other"]);
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

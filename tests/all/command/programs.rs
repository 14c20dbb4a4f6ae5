//! The command as a user runs it: its output and its exit code.

use std::process::{Command, Stdio};

use rds_bridge::component::{COMPONENT, COMPONENT_SHA256};
use rds_bridge::tls::bundled;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use serde_json::{Value as Json, json};

use crate::helpers::command::{HOST, KEYS, executable, run, stderr, stdout};
use crate::helpers::vectors;

#[test]
fn token_prints_what_botocore_would_and_nothing_else() {
    for vector in vectors::read("presign/vectors.json", "vectors") {
        let text = |record: &str, name: &str| vector[record][name].as_str().map(str::to_owned);
        let [id, secret] =
            ["access-key-id", "secret-access-key"].map(|n| text("credentials", n).unwrap());
        let session_token = text("credentials", "session-token").unwrap_or_default();
        let port = vector["request"]["port"].to_string();
        let expires_in = vector["lifetime"]["expires-in-seconds"].to_string();
        let date = vector["steps"]["string-to-sign"]
            .as_str()
            .unwrap()
            .lines()
            .nth(1)
            .unwrap();
        let signed_at = format!(
            "{}-{}-{}T{}:{}:{}Z",
            &date[..4],
            &date[4..6],
            &date[6..8],
            &date[9..11],
            &date[11..13],
            &date[13..15]
        );
        let output = run(
            &[
                "token",
                "--hostname",
                vector["request"]["host"].as_str().unwrap(),
                "--port",
                &port,
                "--region",
                vector["request"]["region"].as_str().unwrap(),
                &format!(
                    "--username={}",
                    vector["request"]["db-user"].as_str().unwrap()
                ),
                "--expires-in",
                &expires_in,
                "--signed-at",
                &signed_at,
            ],
            &[
                ("AWS_ACCESS_KEY_ID", &id),
                ("AWS_SECRET_ACCESS_KEY", &secret),
                ("AWS_SESSION_TOKEN", &session_token),
            ],
            "",
        );
        assert_eq!(
            stdout(&output),
            format!("{}\n", vector["token"].as_str().unwrap()),
            "{} {output:?}",
            vector["name"]
        );
        assert!(output.stderr.is_empty() && output.status.success());
    }
}

/// Wasmtime reads this variable, and does not load machine code that was compiled with another value.
#[test]
fn wasmtimes_own_variables_change_nothing() {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "akid"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("WASMTIME_BACKTRACE_DETAILS", "1"),
    ];
    let arguments = ["token", "--hostname", "db.us-east-1.rds.amazonaws.com"];
    let output = run(
        &[&arguments[..], &["--username", "u"]].concat(),
        &variables,
        "",
    );
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn token_takes_everything_from_the_environment() {
    let variables = [
        &KEYS[..],
        &[("DB_HOST", HOST), ("DB_PORT", "3307"), ("DB_USER", "peccy")],
    ]
    .concat();
    let output = run(&["token"], &variables, "");
    let token = stdout(&output);
    assert!(
        token.starts_with(&format!("{HOST}:3307/?Action=connect&DBUser=peccy&")),
        "{output:?}"
    );
    // The region in the endpoint's name takes precedence over the environment.
    assert!(token.contains("%2Fus-east-1%2F"));
    let elsewhere = [&variables[..], &[("AWS_REGION", "eu-west-1")]].concat();
    assert!(stdout(&run(&["token"], &elsewhere, "")).contains("%2Fus-east-1%2F"));
    let output = run(&["token", "--region", "eu-west-3"], &elsewhere, "");
    assert!(stdout(&output).contains("%2Feu-west-3%2F"));
    // An alias has no region in its name, so the environment's is used.
    let alias = ["token", "--hostname", "db.example.com"];
    assert!(stdout(&run(&alias, &elsewhere, "")).contains("%2Feu-west-1%2F"));
}

#[test]
fn inspect_says_all_but_the_secrets() {
    let vectors = vectors::read("presign/vectors.json", "vectors");
    let vector = vectors
        .iter()
        .find(|v| v["name"] == "with a session token")
        .unwrap();
    let token = vector["token"].as_str().unwrap();
    let output = run(&["inspect"], &[], &format!("{token}\n"));
    let said = stdout(&output);
    for line in [
        "host:          prod-instance.us-east-1.rds.amazonaws.com",
        "port:          3306",
        "user:          peccy",
        "region:        us-east-1",
        "access key ID: akid",
        "credentials:   temporary (with a session token)",
        "signed at:     2024-08-26T22:00:00Z",
        "valid until:   2024-08-26T22:15:00Z",
        "valid now:     expired",
    ] {
        assert!(
            said.lines().any(|own| own == line),
            "{line} is not in {said}"
        );
    }
    let signature = vector["steps"]["signature"].as_str().unwrap();
    assert!(
        !said.contains(signature) && !said.contains("FwoGZX"),
        "{said}"
    );

    let variables = [&KEYS[..], &[("DB_HOST", HOST), ("DB_USER", "peccy")]].concat();
    let fresh = run(&["token"], &variables, "");
    let output = run(&["inspect"], &[], stdout(&fresh));
    assert!(stdout(&output).contains("valid now:     yes"), "{output:?}");
}

#[test]
fn component_writes_what_is_embedded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.wasm");
    let output = run(&["component", "--output", path.to_str().unwrap()], &[], "");
    let expected = format!("{} bytes, SHA-256 {COMPONENT_SHA256}\n", COMPONENT.len());
    assert_eq!(stdout(&output), expected);
    assert_eq!(std::fs::read(path).unwrap(), COMPONENT);
}

#[test]
fn roots_prints_the_bundled_certificates_as_pem() {
    let output = run(&["roots"], &[], "");
    let text = stdout(&output);
    let printed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    assert_eq!(printed.unwrap(), bundled().unwrap());
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n"), "{text}");
    assert!(text.ends_with("-----END CERTIFICATE-----\n"), "{text}");
    assert!(!text.contains('\r'));
    assert!(output.stderr.is_empty() && output.status.success());
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let variables = [&KEYS[..], &[("DB_HOST", HOST), ("DB_USER", "peccy")]].concat();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(executable())
        .arg("token")
        .env_clear()
        .envs(variables)
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn inspect_takes_an_argument_and_prints_json() {
    let variables = [&KEYS[..], &[("DB_HOST", HOST), ("DB_USER", "peccy")]].concat();
    let token = run(&["token"], &variables, "");
    let output = run(&["inspect", stdout(&token).trim(), "--json"], &[], "");
    let claims: Json = serde_json::from_str(stdout(&output)).unwrap();
    for (name, value) in [
        ("host", json!(HOST)),
        ("port", json!(3306)),
        ("user", json!("peccy")),
        ("region", json!("us-east-1")),
        ("access_key_id", json!("akid")),
        ("has_session_token", json!(false)),
        ("expires_in_seconds", json!(900)),
        ("valid_now", json!("yes")),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert_eq!(run(&["inspect", "x"], &[], "").status.code(), Some(4));
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    assert!(run(&["man", "--directory", path], &[], "").status.success());
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(page("rds-bridge.1"), stdout(&run(&["man"], &[], "")));
    for name in ["query", "doctor", "token", "emulate", "man"] {
        let output = run(&["man", name], &[], "");
        let text = stdout(&output);
        assert_eq!(page(&format!("rds-bridge-{name}.1")), text);
        assert!(text.contains(".SH SYNOPSIS"), "{text}");
    }
    let output = run(&["man", "proxy", "wait"], &[], "");
    assert_eq!(page("rds-bridge-proxy-wait.1"), stdout(&output));
    assert!(page("rds-bridge-proxy.1").contains("rds\\-bridge\\-proxy\\-wait(1)"));
    let output = run(&["man", "qurey"], &[], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("use one of query, "), "{output:?}");
}

#[test]
fn the_log_can_be_json() {
    let connection = [
        ("DB_HOST", HOST),
        ("DB_USER", "peccy"),
        ("DB_CONNECT_TO", "127.0.0.1:1"),
    ];
    let variables = [&KEYS[..], &connection].concat();
    let output = run(
        &["--log", "json,trace", "query", "SELECT 1"],
        &variables,
        "",
    );
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let lines: Vec<Json> = stderr(&output)
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!lines.is_empty(), "{output:?}");
    for line in lines {
        for name in ["timestamp", "level", "target"] {
            assert!(line[name].is_string(), "{line}");
        }
    }
}

//! Unmodified clients of the Data API, in front of both servers.

use std::process::Command;

use rds_bridge_test_support::python::interpreter;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rds_bridge_test_support::{node, on_each_server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::column_types::{columns_of, start_server};
use crate::helpers::command::stderr;
use crate::helpers::emulator::server::test_file;
use crate::helpers::gateway::Gateway;

fn python(name: &str) -> Command {
    let mut command = Command::new(interpreter());
    command.arg(test_file(&format!("python/gateway/{name}")));
    command
}

/// The script's assertions are the test. Its credentials are any, unless the command has some.
fn run(command: &mut Command, gateway: &Gateway, credentials: (&str, &str)) {
    let output = command
        .env("AWS_ENDPOINT_URL_RDS_DATA", gateway.url())
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", credentials.0)
        .env("AWS_SECRET_ACCESS_KEY", credentials.1)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{printed}", stderr(&output));
}

const ANY: (&str, &str) = ("any", "any");

#[apply(on_each_server)]
fn boto3(product: Product) {
    let gateway = Gateway::start_for_writes(Server::shared(product));
    run(&mut python("data_api.py"), &gateway, ANY);
}

#[apply(on_each_server)]
fn aurora_data_api_and_its_dialect_of_sqlalchemy(product: Product) {
    let gateway = Gateway::start_for_writes(Server::shared(product));
    run(&mut python("aurora_data_api_client.py"), &gateway, ANY);
}

#[apply(on_each_server)]
fn the_sdk_for_javascript(product: Product) {
    let gateway = Gateway::start_for_writes(Server::shared(product));
    let mut command = node::command(&test_file("node/test_data_api.mjs"));
    run(&mut command, &gateway, ANY);
}

/// The access key id of a caller, and its secret access key.
const PAIR: (&str, &str) = ("signer", "wJalrXUtnFEMI/K7MDENG");

fn gateway_with_keys(server: &Server) -> (tempfile::TempDir, Gateway) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    let lines = format!(
        "app:0123456789abcdef\n{}:sigv4:{}\nother:sigv4:fedcba9876543210\n",
        PAIR.0, PAIR.1
    );
    std::fs::write(&file, lines).unwrap();
    let gateway = Gateway::start(server, &["--api-key-file", file.to_str().unwrap()]);
    (folder, gateway)
}

#[test]
fn boto3_signs_with_a_key_pair_of_the_gateway() {
    let (_folder, gateway) = gateway_with_keys(Server::shared(Product::MySql));
    let mut command = python("data_api_signed.py");
    command
        .env("ACCESS_KEY_ID", PAIR.0)
        .env("SECRET_ACCESS_KEY", PAIR.1)
        .env("OTHER_KEY_ID", "other")
        .env("OTHER_KEY", "fedcba9876543210");
    run(&mut command, &gateway, ANY);
    let log = gateway.log();
    assert!(!log.contains(PAIR.1), "{log}");
}

#[test]
fn the_sdk_for_javascript_signs_with_a_key_pair_of_the_gateway() {
    let (_folder, gateway) = gateway_with_keys(Server::shared(Product::MySql));
    let mut command = node::command(&test_file("node/test_data_api.mjs"));
    run(command.env("SIGNED", "true"), &gateway, PAIR);
}

#[test]
fn a_request_without_a_signature_or_a_key_is_refused() {
    let (_folder, gateway) = gateway_with_keys(Server::shared(Product::MySql));
    // With a key it is read.
    let key = [("Authorization", "Basic YXBwOjAxMjM0NTY3ODlhYmNkZWY=")];
    assert_eq!(gateway.post("/Execute", &key, "{}").status, 400);
    for (headers, error_type) in [
        (&[][..], "missingauthenticationtokenexception"),
        (
            &[("Authorization", "Basic YXBwOndyb25nLXdyb25nLXdyb25n")],
            "unrecognizedclientexception",
        ),
    ] {
        let answer = gateway.post("/Execute", headers, "{}");
        assert_eq!(answer.status, 403);
        let header = format!("x-amzn-errortype: {error_type}");
        assert!(answer.head.contains(&header), "{answer:?}");
    }
}

#[apply(on_each_server)]
fn every_column_type(product: Product) {
    let server = start_server(product);
    let mut sql = String::from("SET NAMES utf8mb4;\n");
    let mut expected: Vec<Json> = Vec::new();
    for (number, (kind, values)) in columns_of(product).enumerate() {
        let table = format!("t{number}");
        let rows = (1..).zip(*values);
        let rows: Vec<String> = rows.map(|(n, value)| format!("({n}, {value})")).collect();
        let rows = rows.join(", ");
        sql.push_str(&format!(
            "CREATE TABLE iamtest.{table} (n INT PRIMARY KEY, v {kind});\n\
             INSERT INTO iamtest.{table} VALUES (0, NULL), {rows};\n"
        ));
        expected.push(json!({"table": table, "kind": kind, "rows": values.len() + 1}));
    }
    server.execute_as_admin(&sql);
    let gateway = Gateway::start(&server, &["--trust-loopback"]);
    let mut command = python("data_api_types.py");
    command
        .env("AT", server.address().to_string())
        .env("DB_PASSWORD", PASSWORD)
        .env("DB_CA_FILE", server.ca_file())
        .env("EXPECTED", json!(expected).to_string());
    run(&mut command, &gateway, ANY);
}

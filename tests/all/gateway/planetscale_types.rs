//! Every column type, read by `@planetscale/database` and by mysql2.

use std::process::Command;

use rds_bridge_test_support::node;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::column_types::{columns_of, start_server};
use crate::helpers::command::stderr;
use crate::helpers::emulator::server::test_file;
use crate::helpers::gateway::Gateway;

/// The types as `vitess` names them. MariaDB has a type `JSON` that is a text, and no others that differ.
fn expected_type(product: Product, kind: &str) -> &'static str {
    let name = kind.split(['(', ' ']).next().unwrap();
    let is_unsigned = kind.contains("UNSIGNED") || kind.contains("ZEROFILL");
    let signed_or = |signed, unsigned| if is_unsigned { unsigned } else { signed };
    match name {
        "TINYINT" | "BOOLEAN" => signed_or("INT8", "UINT8"),
        "SMALLINT" => signed_or("INT16", "UINT16"),
        "MEDIUMINT" => signed_or("INT24", "UINT24"),
        "INT" => signed_or("INT32", "UINT32"),
        "BIGINT" => signed_or("INT64", "UINT64"),
        "FLOAT" => "FLOAT32",
        "DOUBLE" => "FLOAT64",
        "DECIMAL" => "DECIMAL",
        "BIT" => "BIT",
        "DATE" => "DATE",
        "TIME" => "TIME",
        "DATETIME" => "DATETIME",
        "TIMESTAMP" => "TIMESTAMP",
        "YEAR" => "YEAR",
        "CHAR" | "UUID" | "INET6" => "CHAR",
        "VARCHAR" => "VARCHAR",
        "TEXT" | "LONGTEXT" => "TEXT",
        "BINARY" => "BINARY",
        "VARBINARY" => "VARBINARY",
        "BLOB" => "BLOB",
        "ENUM" => "ENUM",
        "SET" => "SET",
        "JSON" if product == Product::MySql => "JSON",
        "JSON" => "TEXT",
        "POINT" | "GEOMETRY" => "GEOMETRY",
        other => panic!("{other}"),
    }
}

#[apply(on_each_server)]
fn every_type_beside_mysql2(product: Product) {
    let server = start_server(product);
    let mut sql = String::new();
    let mut expected: Vec<Json> = Vec::new();
    for (number, (kind, values)) in columns_of(product).enumerate() {
        sql.push_str(&format!(
            "CREATE TABLE iamtest.t{number} (n INT PRIMARY KEY, v {kind});\n"
        ));
        sql.push_str(&format!("INSERT INTO iamtest.t{number} VALUES (0, NULL)"));
        for (at, value) in values.iter().enumerate() {
            sql.push_str(&format!(", ({}, {value})", at + 1));
        }
        sql.push_str(";\n");
        expected.push(json!({
            "table": format!("t{number}"),
            "kind": kind,
            "type": expected_type(product, kind),
            "rows": values.len() + 1,
        }));
    }
    server.execute_as_admin(&format!("SET NAMES utf8mb4;\n{sql}"));
    let gateway = Gateway::start(&server, &["--trust-loopback"]);

    let mut command = node::command(&test_file("node/test_planetscale_types.mjs"));
    run(command
        .env("GATEWAY_URL", gateway.url())
        .env("DB_PORT", server.port().to_string())
        .env("DB_PASSWORD", PASSWORD)
        .env("DB_CA_FILE", server.ca_file())
        .env("EXPECTED", json!(expected).to_string()));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

//! Every column type in both protocols: each value is compared with PyMySQL's.

use rds_bridge::mysql::{Column, Param, Protocol, Row, Value};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::Value as Json;

use crate::helpers::column_types::{columns_of, start_server};
use crate::helpers::live::{block_on, to};

#[apply(on_each_server)]
fn every_type_in_both_protocols_beside_pymysql(product: Product) {
    let server = start_server(product);
    let mut sql = String::new();
    for (number, (kind, values)) in columns_of(product).enumerate() {
        sql.push_str(&format!(
            "CREATE TABLE iamtest.t{number} (n INT PRIMARY KEY, v {kind});\n"
        ));
        sql.push_str(&format!("INSERT INTO iamtest.t{number} VALUES (0, NULL)"));
        for (at, value) in values.iter().enumerate() {
            sql.push_str(&format!(", ({}, {value})", at + 1));
        }
        sql.push_str(";\n");
    }
    server.execute_as_admin(&format!("SET NAMES utf8mb4;\n{sql}"));

    block_on(async {
        let bridge = to(&server).user("password-user").password(PASSWORD);
        let bridge = bridge.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        for (number, (kind, values)) in columns_of(product).enumerate() {
            let text = format!("SELECT v FROM t{number} ORDER BY n");
            let binary = format!("SELECT v FROM t{number} WHERE ? = 1 ORDER BY n");
            let theirs = read_with_pymysql(&server, &text);
            assert_eq!(theirs.len(), values.len() + 1);
            for protocol in ["text", "binary", "binary, with a parameter"] {
                connection.set_protocol(match protocol {
                    "text" => Protocol::Text,
                    _ => Protocol::Binary,
                });
                let mut rows = match protocol {
                    "text" | "binary" => connection.query(&text).await.unwrap(),
                    _ => connection
                        .query_with(&binary, &[Param::from(1)])
                        .await
                        .unwrap(),
                };
                for theirs in &theirs {
                    let row = rows.next().await.unwrap().unwrap();
                    compare(&row, &theirs[0], &format!("{kind}, {protocol}"));
                }
                assert!(rows.next().await.unwrap().is_none());
            }
        }
    });
}

fn read_with_pymysql(server: &Server, sql: &str) -> Vec<Json> {
    let (port, ca_file) = (server.port().to_string(), server.ca_file());
    let arguments = [&port, ca_file.to_str().unwrap(), PASSWORD, sql];
    let printed = python::run("read_with_pymysql.py", &arguments);
    serde_json::from_str(&printed).unwrap()
}

fn compare(row: &Row<'_>, theirs: &Json, what: &str) {
    let ours = row.value(0).unwrap();
    let text = theirs.as_str().unwrap_or_default();
    let column: &Column = &row.columns()[0];
    let digits = usize::from(column.decimals().min(6));
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let same = match ours {
        Value::Null => theirs.is_null(),
        Value::Int(number) => text.parse() == Ok(number),
        Value::UnsignedInt(number) => text.parse() == Ok(number),
        // The text protocol returns six significant digits of a FLOAT.
        Value::Float(number) => {
            let theirs: f32 = text.parse().unwrap();
            (number - theirs).abs() <= theirs.abs() * 1e-5
        }
        Value::Double(number) => text.parse() == Ok(number),
        Value::Decimal(it) | Value::Text(it) | Value::Json(it) => theirs.is_string() && it == text,
        Value::Date(date) => date.to_string() == text,
        Value::Time(time) => format!("{time:.digits$}") == text,
        Value::DateTime(time) => format!("{time:.digits$}") == text,
        Value::Bit(bytes) | Value::Bytes(bytes) | Value::Geometry(bytes) => {
            theirs["hex"].as_str() == Some(&hex(bytes))
        }
        _ => false,
    };
    assert!(same, "{what}: {ours:?} and {theirs}");
}

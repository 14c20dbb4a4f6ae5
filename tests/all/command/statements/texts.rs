//! The sources of a statement's text for `rds-bridge query`, and settings that are empty.

use std::fs;

use rds_bridge_test_support::server::{Product, Server};
use tempfile::TempDir;

use crate::helpers::command::{query, run, stderr, stdout, with};
use crate::helpers::live::{borrowed, environment};

/// Editors and shells of Windows save files with a byte order mark.
#[test]
fn a_byte_order_mark_is_no_part_of_it() {
    let server = Server::shared(Product::MySql);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("report.sql");
    let file = path.to_str().unwrap();
    fs::write(&path, "\u{FEFF}SELECT 'é' AS e").unwrap();
    let output = query(server, &["--file", file]);
    assert_eq!(stdout(&output), "{\"e\":\"é\"}\n", "{}", stderr(&output));

    let variables = environment(server);
    let output = run(&["query"], &borrowed(&variables), "\u{FEFF}SELECT 1 AS n");
    assert_eq!(stdout(&output), "{\"n\":1}\n", "{}", stderr(&output));

    let utf16 = "\u{FEFF}SELECT 1".encode_utf16().flat_map(u16::to_le_bytes);
    fs::write(&path, utf16.collect::<Vec<u8>>()).unwrap();
    let output = query(server, &["--file", file]);
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("UTF-16"), "{}", stderr(&output));

    // The CA file may have one, too.
    let ca_file = folder.path().join("ca.pem");
    let pem = fs::read_to_string(server.ca_file()).unwrap();
    fs::write(&ca_file, format!("\u{FEFF}{pem}")).unwrap();
    let ca_file = [("DB_CA_FILE", ca_file.to_str().unwrap())];
    let output = with(server, &ca_file, &["query", "SELECT 1 AS n"]);
    assert_eq!(stdout(&output), "{\"n\":1}\n", "{}", stderr(&output));
}

#[test]
fn a_statement_may_begin_with_a_comment() {
    let server = Server::shared(Product::MySql);
    let sql = "-- how many\nSELECT 1 AS n";
    for arguments in [&[sql][..], &["--format", "ndjson", sql], &["--", sql]] {
        let output = query(server, arguments);
        assert_eq!(stdout(&output), "{\"n\":1}\n", "{}", stderr(&output));
    }
    let output = query(server, &["SELECT ? AS n", "--param", "-- x"]);
    assert_eq!(stdout(&output), "{\"n\":\"-- x\"}\n", "{}", stderr(&output));
}

#[test]
fn an_empty_variable_is_not_set() {
    let output = with(
        Server::shared(Product::MySql),
        &[
            ("DB_PORT", ""),
            ("DB_SECRET_ARN", ""),
            ("RDS_BRIDGE_LOG", ""),
        ],
        &["query", "SELECT 1 AS n"],
    );
    assert_eq!(stdout(&output), "{\"n\":1}\n", "{}", stderr(&output));
    for (name, words) in [("DB_HOST", "no endpoint"), ("DB_USER", "no user")] {
        let output = with(Server::shared(Product::MySql), &[(name, "")], &["token"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    let output = run(
        &["setup", "--region", "eu-central-1"],
        &[("DB_HOST", ""), ("DB_USER", "u"), ("DB_NAME", "")],
        "",
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// JavaScript and jq round integers beyond 2^53.
#[test]
fn a_bigint_may_be_a_text_in_json() {
    let sql = "SELECT CAST(18446744073709551615 AS UNSIGNED) AS big, CAST(NULL AS SIGNED) AS nothing, id, name \
               FROM items WHERE id = 1";
    for (form, big) in [
        ("text", "\"18446744073709551615\""),
        ("number", "18446744073709551615"),
    ] {
        for protocol in ["text", "binary"] {
            let arguments = [sql, "--json-bigint", form, "--protocol", protocol];
            let output = query(Server::shared(Product::MySql), &arguments);
            let line = format!("{{\"big\":{big},\"nothing\":null,\"id\":1,\"name\":\"apple\"}}\n");
            assert_eq!(stdout(&output), line, "{}", stderr(&output));
        }
    }
}

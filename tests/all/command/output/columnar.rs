//! `query --format parquet`, `arrow` and `arrow-stream`, read with pyarrow and DuckDB.

use std::fs;
use std::path::Path;
use std::process::Command;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::helpers::column_types::columns_of;
use crate::helpers::command::{query, stderr, stdout};

const FORMATS: [&str; 3] = ["parquet", "arrow", "arrow-stream"];

/// Columns in addition to those of all readers: types at the boundary between two Arrow types, and columns that are
/// never NULL.
const MORE_COLUMNS: [(&str, &[&str]); 8] = [
    (
        "DECIMAL(38,10)",
        &[
            "9999999999999999999999999999.9999999999",
            "-0.0000000001",
            "0",
        ],
    ),
    (
        "DECIMAL(39,0)",
        &["-999999999999999999999999999999999999999"],
    ),
    ("DECIMAL(10,2) UNSIGNED", &["99999999.99", "0.01"]),
    ("DECIMAL(20,20)", &["-0.99999999999999999999"]),
    ("BIGINT UNSIGNED NOT NULL", &["18446744073709551615", "0"]),
    ("VARCHAR(20) NOT NULL", &["'😀'", "''"]),
    ("DATETIME(6) NOT NULL", &["'1000-01-01 00:00:00.000001'"]),
    ("MEDIUMBLOB NOT NULL", &["x'00'", "''"]),
];

fn arrow_type(kind: &str) -> &'static str {
    let kind = kind.trim_end_matches(" NOT NULL").trim_end_matches(" NULL");
    match kind {
        "TINYINT" | "BOOLEAN" => "int8",
        "TINYINT UNSIGNED" => "uint8",
        "SMALLINT" => "int16",
        "SMALLINT UNSIGNED" | "YEAR" => "uint16",
        "MEDIUMINT" | "INT" => "int32",
        "MEDIUMINT UNSIGNED" | "INT UNSIGNED" | "INT(8) ZEROFILL" => "uint32",
        "BIGINT" => "int64",
        "BIGINT UNSIGNED" | "BIT(1)" | "BIT(9)" | "BIT(64)" => "uint64",
        "FLOAT" => "float",
        "DOUBLE" => "double",
        "DECIMAL(65,30)" => "decimal256(65, 30)",
        "DECIMAL(39,0)" => "decimal256(39, 0)",
        "DECIMAL(38,10)" => "decimal128(38, 10)",
        "DECIMAL(20,20)" => "decimal128(20, 20)",
        "DECIMAL(10,2) UNSIGNED" => "decimal128(10, 2)",
        "DECIMAL(5,0)" => "decimal128(5, 0)",
        "DATE" => "date32[day]",
        _ if kind.starts_with("TIMESTAMP") || kind.starts_with("DATETIME") => "timestamp[us]",
        _ if kind.starts_with("TIME") => "duration[us]",
        _ if kind.contains("BINARY") => "binary",
        "BLOB" | "MEDIUMBLOB" | "POINT" | "GEOMETRY" => "binary",
        _ => "string",
    }
}

/// Without dates that are not days of the calendar.
fn values(values: &[&'static str]) -> Vec<&'static str> {
    let is_day = |value: &&str| !value.contains("0000-00-00") && !value.contains("-00-00'");
    values.iter().copied().filter(is_day).collect()
}

/// Creates a table with a column of every type. Each value is in some row, and every nullable column has a NULL.
/// Returns the expected Arrow types.
fn table_of_every_type(server: &Server) -> Vec<&'static str> {
    let columns: Vec<_> = columns_of(server.product()).chain(&MORE_COLUMNS).collect();
    let mut types = vec!["int32"];
    let mut sql = "CREATE TABLE iamtest.every (n INT PRIMARY KEY".to_owned();
    for (index, (kind, _)) in columns.iter().enumerate() {
        sql.push_str(&format!(", c{index} {kind}"));
        types.push(arrow_type(kind));
    }
    sql.push_str(");\n");
    let most = columns
        .iter()
        .map(|(_, it)| values(it).len())
        .max()
        .unwrap();
    for row in 0..=most {
        sql.push_str(&format!("INSERT INTO iamtest.every VALUES ({row}"));
        for (kind, given) in &columns {
            let given = values(given);
            let value = match row {
                0 if !kind.ends_with("NOT NULL") => "NULL",
                _ => given[row % given.len()],
            };
            sql.push_str(&format!(", {value}"));
        }
        sql.push_str(");\n");
    }
    server.execute_as_admin(&format!("SET NAMES utf8mb4;\n{sql}"));
    types
}

/// Writes the rows of a statement in each format, in the text and in the binary protocol.
fn write_all(server: &Server, folder: &Path, sql: &str) -> Vec<(String, &'static str)> {
    let mut files = Vec::new();
    for format in FORMATS {
        for (protocol, condition, param) in [
            ("text", "1", &["--protocol", "text"][..]),
            ("binary", "? = 1", &["--param-json", "1"][..]),
        ] {
            let path = folder.join(format!("{protocol}.{format}"));
            let path = path.to_str().unwrap();
            let sql = sql.replace("{condition}", condition);
            let arguments = [&[&sql, "--format", format, "--output", path], param].concat();
            let output = query(server, &arguments);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            assert_eq!(stdout(&output), "");
            files.push((path.to_owned(), format));
        }
    }
    files
}

fn compare(server: &Server, sql: &str, types: &[&str], files: &[(String, &str)]) {
    let asked = json!({
        "port": server.port(),
        "ca": server.ca_file(),
        "password": PASSWORD,
        "sql": sql.replace("{condition}", "1"),
        "types": types,
        "files": files,
    });
    let _printed = python::run("columns_beside_pymysql.py", &[&asked.to_string()]);
}

#[apply(on_each_server)]
fn every_type_beside_pymysql(product: Product) {
    let server = Server::start(
        product,
        &Options {
            // The default SQL mode refuses the year 0.
            arguments: vec!["--sql-mode=".to_owned()],
            ..Options::default()
        },
    );
    let types = table_of_every_type(&server);
    for condition in ["", " AND n < 0"] {
        let folder = TempDir::new().unwrap();
        let sql = format!("SELECT * FROM every WHERE {{condition}}{condition} ORDER BY n");
        let files = write_all(&server, folder.path(), &sql);
        compare(&server, &sql, &types, &files);
    }
}

/// Columns that no table has: one that is always NULL, duplicate names, sums, and a NULL in a column that the server
/// announces as `NOT NULL`.
#[apply(on_each_server)]
fn expressions_beside_pymysql(product: Product) {
    let server = Server::shared(product);
    let folder = TempDir::new().unwrap();
    let sql = "SELECT NULL, id, id, 'a' AS ID, SUM(price), AVG(price), COUNT(*), 1.5, SUM(id) / 7, \
               COUNT(*) > 2 FROM items WHERE {condition} GROUP BY id WITH ROLLUP";
    let files = write_all(server, folder.path(), sql);
    let types = [
        "null",
        "int32",
        "int32",
        "string",
        "decimal128(32, 2)",
        "decimal128(14, 6)",
        "int64",
        "decimal128(2, 1)",
        "decimal128(36, 4)",
        // The type of a comparison.
        match product {
            Product::MySql => "int64",
            Product::MariaDb => "int32",
        },
    ];
    compare(server, sql, &types, &files);
}

#[apply(on_each_server)]
fn many_row_groups_of_bounded_size(product: Product) {
    const ROWS: u64 = 200_000;
    let folder = TempDir::new().unwrap();
    let sql = format!(
        "SELECT seq AS n, SHA2(seq, 512) AS digest FROM {}",
        product.sequence(ROWS)
    );
    let mut arguments = Vec::new();
    for format in FORMATS {
        let path = folder.path().join(format).to_str().unwrap().to_owned();
        let output = query(
            Server::shared(product),
            &[&sql, "--format", format, "--output", &path],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        arguments.push(path);
    }
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let rows = ROWS.to_string();
    arguments.push(&rows);
    let printed = python::run("many_row_groups.py", &arguments);
    let parts: Json = serde_json::from_str(&printed).unwrap();
    let number = |name: &str| parts[name].as_u64().unwrap();
    assert!(number("row groups") > 1, "{parts}");
    assert!(number("largest row group") < 64 << 20, "{parts}");
    assert!(number("batches") > 10, "{parts}");
    assert!(number("largest batch") < 2 << 20, "{parts}");
}

#[apply(on_each_server)]
fn what_arrow_has_no_value_for_is_an_error_with_a_way_out(product: Product) {
    // MySQL's default SQL mode replaces such dates with NULL.
    let server = &Server::start(
        product,
        &Options {
            arguments: vec!["--sql-mode=".to_owned()],
            ..Options::default()
        },
    );
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows");
    let path = path.to_str().unwrap();
    for (sql, words) in [
        (
            "SELECT CAST('2026-01-01' AS DATE) AS day UNION ALL SELECT CAST('0000-00-00' AS DATE)",
            "row 2, column day: 0000-00-00 is not a calendar date",
        ),
        (
            &format!(
                "SELECT seq, IF(seq = 20000, CAST('2026-00-00 01:02:03' AS DATETIME), NOW()) AS t \
             FROM {}",
                product.sequence(30_000)
            ),
            "row 20000, column t: 2026-00-00 01:02:03 is not a calendar date",
        ),
    ] {
        for format in FORMATS {
            let output = query(server, &[sql, "--format", format, "--output", path]);
            let error = stderr(&output);
            assert_eq!(output.status.code(), Some(5), "{error}");
            assert!(error.contains(words), "{error}");
            assert!(
                error.contains("NULLIF(…, 0)") && error.contains("CAST("),
                "{error}"
            );
            assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        }
    }
    // The remedy in the error message works.
    let sql = "SELECT NULLIF(CAST('0000-00-00' AS DATE), 0) AS a, \
               CAST(CAST('2026-00-00' AS DATE) AS CHAR) AS b WHERE {condition}";
    let files = write_all(server, folder.path(), sql);
    compare(server, sql, &["date32[day]", "string"], &files);
}

#[apply(on_each_server)]
fn a_second_result_is_an_error(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "GRANT EXECUTE ON iamtest.* TO 'lambda-user'@'%';
         DELIMITER //
         CREATE PROCEDURE iamtest.twice() BEGIN SELECT 1 AS a; SELECT 2 AS b; END //",
    );
    for format in FORMATS {
        let output = query(&server, &["CALL twice()", "--format", format]);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("there are several"), "{error}");
        refused_by_readers(&[(format, &output.stdout)]);
    }
}

/// The second row of the inner query makes the third row of the outer one fail. Rows and whole batches have been
/// written by then.
#[apply(on_each_server)]
fn cut_off_output_is_unreadable(product: Product) {
    let sql = &format!(
        "SELECT seq, SHA2(seq, 512) AS x, IF(seq < 150000, 1, (SELECT id FROM items)) AS y \
               FROM {}",
        product.sequence(160_000)
    );
    for format in FORMATS {
        let output = query(Server::shared(product), &[sql, "--format", format]);
        assert_eq!(output.status.code(), Some(9));
        assert!(stderr(&output).contains("1242"), "{}", stderr(&output));
        assert!(output.stdout.len() > 1 << 20, "{}", output.stdout.len());
        refused_by_readers(&[(format, &output.stdout)]);
    }
}

/// Readers accept a stream that ends after any message. The command therefore appends a mark to an incomplete stream,
/// and readers refuse that mark.
#[apply(on_each_server)]
fn a_stream_that_ends_between_two_batches(product: Product) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.arrows");
    let path = path.to_str().unwrap();
    let written = query(
        Server::shared(product),
        &["SELECT * FROM items", "-o", path],
    );
    assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
    let whole = fs::read(path).unwrap();
    // The regular end of a stream: a message of length 0.
    let messages = whole.strip_suffix(b"\xFF\xFF\xFF\xFF\0\0\0\0").unwrap();
    fs::write(path, messages).unwrap();
    let read =
        "import sys, pyarrow; print(pyarrow.ipc.open_stream(sys.argv[1]).read_all().num_rows)";
    let output = Command::new(python::interpreter())
        .args(["-c", read, path])
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "3\n", "{}", stderr(&output));
    let marked = [messages, b"\xFF\xFF\xFF\xFF\x10\0\0\0incomplete"].concat();
    refused_by_readers(&[("arrow-stream", &marked)]);
}

fn refused_by_readers(files: &[(&str, &[u8])]) {
    let folder = TempDir::new().unwrap();
    let mut arguments = Vec::new();
    for (format, bytes) in files {
        let path = folder.path().join(format!("partial.{format}"));
        fs::write(&path, bytes).unwrap();
        arguments.extend([(*format).to_owned(), path.to_str().unwrap().to_owned()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let _printed = python::run("refuses_columns.py", &arguments);
}

//! The output of `rds-bridge query` in each format, for a table with every type and its boundary values, in both
//! protocols. It is read with Python's own readers and compared with PyMySQL's values and the lines of the `mariadb`
//! command.

use std::fs;
use std::path::Path;
use std::process::Command;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::column_types::{columns_of, start_server};
use crate::helpers::command::run;
use crate::helpers::live::{borrowed, environment};

const FORMATS: [&str; 6] = ["table", "vertical", "json", "ndjson", "csv", "tsv"];

const ALL: &str = "SELECT * FROM every ORDER BY n";
const ALL_WITH_A_PARAMETER: &str = "SELECT * FROM every WHERE ? = 1 ORDER BY n";

/// Creates a table with a column for each type, a row for each value of the column with the most values, and a row of
/// NULLs.
fn fill(server: &Server) {
    let columns: String = columns_of(server.product())
        .enumerate()
        .map(|(number, (kind, _))| format!(", c{number} {kind} NULL"))
        .collect();
    // The column's name has to be quoted in a header.
    let odd_name = "`a \"b\",\\c`";
    let mut sql =
        format!("CREATE TABLE iamtest.every (n INT PRIMARY KEY, {odd_name} INT{columns});\n");
    let most = columns_of(server.product())
        .map(|(_, values)| values.len())
        .max()
        .unwrap();
    for row in 0..=most {
        let values: String = columns_of(server.product())
            .map(|(_, values)| {
                let value = row.checked_sub(1).and_then(|at| values.get(at));
                format!(", {}", value.unwrap_or(&"NULL"))
            })
            .collect();
        sql.push_str(&format!(
            "INSERT INTO iamtest.every VALUES ({row}, NULL{values});\n"
        ));
    }
    server.execute_as_admin(&format!("SET NAMES utf8mb4;\n{sql}"));
}

fn write_ours(server: &Server, folder: &Path) {
    let variables = environment(server);
    for format in FORMATS {
        for (protocol, arguments) in [
            ("text", &[ALL, "--protocol", "text"][..]),
            ("binary", &[ALL_WITH_A_PARAMETER, "--param-json", "1"]),
        ] {
            let arguments = [&["query"], arguments, &["--format", format]].concat();
            let output = run(&arguments, &borrowed(&variables), "");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{said}");
            fs::write(folder.join(format!("{format}.{protocol}")), output.stdout).unwrap();
        }
    }
}

/// Binary values are printed in hexadecimal, because their bytes may contain line ends.
fn write_mariadbs(server: &Server, folder: &Path) {
    let output = Command::new("mariadb")
        .args(["--no-defaults", "--batch", "--binary-as-hex"])
        .args(["--protocol=tcp", "--host=localhost", "--user=password-user"])
        .args(["--default-character-set=utf8mb4", "iamtest"])
        .arg(format!("--port={}", server.port()))
        .arg(format!("--ssl-ca={}", server.ca_file().display()))
        .args(["--execute", ALL])
        .env("MYSQL_PWD", PASSWORD)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    fs::write(folder.join("mariadb"), output.stdout).unwrap();
}

#[apply(on_each_server)]
fn every_format_value_by_value_beside_pymysql_and_mariadb(product: Product) {
    let server = start_server(product);
    fill(&server);
    let folder = tempfile::tempdir().unwrap();
    write_ours(&server, folder.path());
    write_mariadbs(&server, folder.path());

    let compared = python::run(
        "compare_formats.py",
        &[
            &server.port().to_string(),
            server.ca_file().to_str().unwrap(),
            folder.path().to_str().unwrap(),
            PASSWORD,
            ALL,
        ],
    );
    // Two protocols and six formats, compared with each other and with the mariadb command.
    assert_eq!(compared.lines().count(), 14, "{compared}");
}

//! The command `mysql` of MySQL 9.

use std::process::Output;

use rds_bridge_test_support::server::Product;

use crate::helpers::emulator::server::{Environment, Server, token};

fn mysql(environment: &Environment, arguments: &[&str]) -> Output {
    Product::MySql
        .client()
        .args(["--protocol=tcp", "--host=localhost"])
        .arg(format!("--port={}", environment["DB_PORT"]))
        .arg(format!("--user={}", environment["DB_USER"]))
        .arg(format!("--ssl-ca={}", environment["DB_CA_FILE"]))
        .args(["--ssl-mode=VERIFY_IDENTITY", "--enable-cleartext-plugin"])
        .args(arguments)
        .arg("iamtest")
        .env("MYSQL_PWD", token(environment, 0))
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_table_of_results() {
    let server = Server::start();
    let output = mysql(
        &server.environment(),
        &[
            "--table",
            "--execute",
            "SELECT id, name, price FROM items; SHOW TABLES",
        ],
    );
    let expected = "\
+------+--------+-------+
| id   | name   | price |
+------+--------+-------+
|    1 | apple  |  1.25 |
|    2 | bread  |  3.50 |
|    3 | cheese | 12.00 |
+------+--------+-------+
+-------------------+
| Tables_in_iamtest |
+-------------------+
| items             |
+-------------------+
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn its_status() {
    let server = Server::start();
    let output = mysql(&server.environment(), &["--commands", "--execute", "\\s"]);
    let status = stdout(&output);
    for part in [
        "lambda-user@%",
        "iamtest",
        "Cipher in use is",
        "utf8mb4",
        "Uptime:",
    ] {
        assert!(status.contains(part), "{part}: {status}");
    }
}

#[test]
fn an_error() {
    let server = Server::start();
    let output = mysql(
        &server.environment(),
        &["--execute", "SELECT * FROM nowhere"],
    );
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = "ERROR 1146 (42S02) at line 1: Table 'iamtest.nowhere' doesn't exist";
    assert!(error.contains(expected), "{error}");
}

//! The `mariadb` command.

use std::process::{Command, Output};

use crate::helpers::command::stderr;
use crate::helpers::emulator::clients::{
    assert_another_authority_is_refused, assert_refused_for_each_mistake, assert_success,
    assert_tls_is_demanded, run,
};
use crate::helpers::emulator::server::{Environment, Server, token};

/// Runs the command with a token signed so many seconds ago. MySQL's command sends one only with
/// `--enable-cleartext-plugin`; MariaDB's does so without, and calls the option obsolete.
fn mariadb(environment: &Environment, seconds_ago: u64, more: &[&str]) -> Output {
    let mut command = Command::new("mariadb");
    command
        .args([
            "--no-defaults",
            "--batch",
            "--protocol=tcp",
            "--host=localhost",
        ])
        .arg(format!("--port={}", environment["DB_PORT"]))
        .arg(format!("--user={}", environment["DB_USER"]))
        .arg(format!("--ssl-ca={}", environment["DB_CA_FILE"]))
        .args(["--ssl-verify-server-cert", "iamtest"])
        .args(more);
    let mut environment = environment.clone();
    environment.insert("MYSQL_PWD".to_owned(), token(&environment, seconds_ago));
    run(&mut command, &environment)
}

fn refused(environment: &Environment, more: &[&str]) -> String {
    let output = mariadb(environment, 0, more);
    assert!(!output.status.success() && output.stdout.is_empty());
    stderr(&output).to_owned()
}

#[test]
fn batch_output() {
    let server = Server::start();
    for (sql, expected) in [
        (
            "SELECT * FROM items",
            "id\tname\tprice\n1\tapple\t1.25\n2\tbread\t3.50\n3\tcheese\t12.00\n",
        ),
        (
            "SELECT 'a\\tb' AS t, 'c\\\\d' AS s, NULL AS n, '' AS e; SHOW TABLES",
            "t\ts\tn\te\na\\tb\tc\\\\d\tNULL\t\nTables_in_iamtest\nitems\n",
        ),
        (
            "START TRANSACTION; INSERT INTO items (name) VALUES ('x'); ROLLBACK; \
             SELECT COUNT(*) AS n FROM iamtest.items",
            "n\n3\n",
        ),
        (
            "SELECT USER(), DATABASE()",
            "USER()\tDATABASE()\nlambda-user@%\tiamtest\n",
        ),
    ] {
        let output = mariadb(&server.environment(), 0, &["--execute", sql]);
        assert_success(&output);
        assert_eq!(str::from_utf8(&output.stdout), Ok(expected));
    }
    server.assert_all_were_let_in();
}

#[test]
fn errors() {
    let server = Server::start();
    for (sql, expected) in [
        (
            "SELECT * FROM nowhere",
            "ERROR 1146 (42S02) at line 1: Table 'iamtest.nowhere' doesn't exist\n",
        ),
        (
            "SELEKT 1",
            "ERROR 1064 (42000) at line 1: near \"SELEKT\": syntax error",
        ),
    ] {
        let output = mariadb(&server.environment(), 0, &["--execute", sql]);
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn it_is_refused_for_the_right_reasons() {
    assert_refused_for_each_mistake(|environment| refused(environment, &[]));
    assert_another_authority_is_refused(|environment| refused(environment, &[]));
    assert_tls_is_demanded(|environment| {
        refused(
            environment,
            &["--skip-ssl", "--skip-ssl-verify-server-cert"],
        )
    });
}

/// The server's clock is right; the token itself is old.
#[test]
fn a_token_of_twenty_minutes_ago() {
    let server = Server::start();
    let output = mariadb(&server.environment(), 20 * 60, &["--execute", "SELECT 1"]);
    assert!(stderr(&output).starts_with("ERROR 1045 (28000): Access denied"));
    let reason = server.next_reason();
    assert!(reason.starts_with("the token expired at "), "{reason}");
    // A token shortly before its expiration is valid.
    let output = mariadb(&server.environment(), 14 * 60, &["--execute", "SELECT 1"]);
    assert_success(&output);
}

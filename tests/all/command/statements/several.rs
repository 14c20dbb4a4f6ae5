//! Several statements in one text.

use std::fs;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tempfile::TempDir;

use crate::helpers::command::{executable, query, run, stderr, stdout};
use crate::helpers::live::{borrowed, environment};

#[apply(on_each_server)]
fn each_result_in_turn(product: Product) {
    let server = Server::shared(product);
    let sql = "SELECT 1 AS a; -- the second\nSELECT 'x;y' AS b UNION ALL SELECT 'z'; DO 1;";
    for (format, expected) in [
        ("ndjson", "{\"a\":1}\n{\"b\":\"x;y\"}\n{\"b\":\"z\"}\n"),
        (
            "json",
            "[\n{\"a\":1}\n]\n[\n{\"b\":\"x;y\"},\n{\"b\":\"z\"}\n]\n",
        ),
        ("csv", "a\r\n1\r\n\r\nb\r\nx;y\r\nz\r\n"),
        (
            "table",
            "+---+\n| a |\n+---+\n| 1 |\n+---+\n\n+-----+\n| b   |\n+-----+\n| x;y |\n| z   |\n+-----+\n",
        ),
    ] {
        let output = query(server, &[sql, "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(stdout(&output), expected);
    }
    // From standard input.
    let variables = environment(server);
    let output = run(&["query"], &borrowed(&variables), sql);
    assert_eq!(stdout(&output).lines().count(), 3, "{}", stderr(&output));
}

#[apply(on_each_server)]
fn an_error_names_its_statement(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "GRANT ALL ON iamtest.* TO 'lambda-user'@'%';
         DELIMITER //
         CREATE PROCEDURE iamtest.two() BEGIN SELECT 1 AS a; SELECT 2 AS a; END //",
    );
    for (sql, beginning, rows) in [
        (
            "SELECT 1 AS a; SELECT nothing; SELECT 3 AS a",
            "rds-bridge: statement 2 of 3: ",
            1,
        ),
        (
            "SELECT nothing; SELECT 1",
            "rds-bridge: statement 1 of 2: ",
            0,
        ),
        (
            "CALL two(); SELECT 1 AS a; DO 1; SELECT nothing",
            "rds-bridge: statement 4 of 4: ",
            3,
        ),
    ] {
        let output = query(&server, &[sql]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(9), "{said}");
        assert!(said.starts_with(beginning), "{said}");
        assert!(said.contains("1054"), "{said}");
        assert_eq!(stdout(&output).matches("\"a\":").count(), rows);
    }
}

#[apply(on_each_server)]
fn all_of_them_are_one_transaction(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let count = || {
        let output = query(&server, &["SELECT COUNT(*) AS n FROM items"]);
        stdout(&output).to_owned()
    };
    let insert = |id: u32| format!("INSERT INTO items VALUES ({id}, 'more', 1);");
    let write = |sql: &str, options: &[&str]| {
        let output = query(&server, &[&[sql, "--allow-writes"], options].concat());
        (output.status.code(), stderr(&output).to_owned())
    };
    let failing = [insert(10), insert(11), insert(10)].concat();

    let (code, said) = write(&failing, &[]);
    assert_eq!(code, Some(9));
    assert!(said.contains("statement 3 of 3: "), "{said}");
    assert_eq!(count(), "{\"n\":3}\n");

    let (code, said) = write(&[insert(10), insert(11)].concat(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.starts_with("statements: 2, affected rows: 2"),
        "{said}"
    );
    assert_eq!(count(), "{\"n\":5}\n");

    let failing = [insert(12), insert(12)].concat();
    let (code, said) = write(&failing, &["--no-transaction"]);
    assert_eq!(code, Some(9));
    assert!(said.contains("are not in a transaction"), "{said}");
    assert_eq!(count(), "{\"n\":6}\n");

    let failing = [&insert(13), "CREATE TABLE other (a INT);", &insert(13)].concat();
    let (code, said) = write(&failing, &[]);
    assert_eq!(code, Some(9));
    assert!(
        said.contains("some of the statements end the transaction"),
        "{said}"
    );
    assert_eq!(count(), "{\"n\":7}\n");

    // Without --allow-writes nothing is written.
    let output = query(&server, &[&[insert(20), insert(21)].concat()]);
    assert_eq!(output.status.code(), Some(9));
    assert!(
        stderr(&output).contains("--allow-writes"),
        "{}",
        stderr(&output)
    );
    assert_eq!(count(), "{\"n\":7}\n");
}

#[apply(on_each_server)]
fn what_several_statements_cannot_have(product: Product) {
    let server = Server::shared(product);
    for (arguments, words) in [
        (
            &["SELECT 1; SELECT ?", "--param", "a"][..],
            "parameters work only with a single statement, but 2 are given",
        ),
        (
            &["SELECT 1; SELECT 2", "--protocol", "binary"],
            "--protocol binary",
        ),
        (
            &["START TRANSACTION READ WRITE; DELETE FROM items"],
            "--allow-writes",
        ),
        (
            &["SET SESSION transaction_read_only = 0; DELETE FROM items"],
            "--allow-writes",
        ),
        (
            &["DELIMITER //\nSELECT 1//"],
            "DELIMITER is a command of the mysql client",
        ),
        (&["SELECT 1\\G"], "add --format vertical"),
    ] {
        let output = query(server, arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(stdout(&output), "");
    }
}

#[apply(on_each_server)]
fn a_file_of_one_result_takes_no_second(product: Product) {
    let server = Server::shared(product);
    let folder = TempDir::new().unwrap();
    for (name, words) in [
        ("rows.csv", "a csv file holds one result"),
        ("rows.tsv", "a tsv file holds one result"),
        ("rows.json", "a json file holds one result"),
        ("rows.parquet", "parquet holds one result"),
        ("rows.arrow", "arrow holds one result"),
    ] {
        let path = folder.path().join(name);
        let path_text = path.to_str().unwrap();
        let output = query(server, &["SELECT 1 AS a; SELECT 2 AS a", "-o", path_text]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(!path.exists());
        // Statements without a result do not count.
        let output = query(
            server,
            &["SET @a = 1; SELECT @a AS a; DO 1", "-o", path_text],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(path.exists());
    }
    let path = folder.path().join("rows.ndjson");
    let path_text = path.to_str().unwrap();
    query(server, &["SELECT 1 AS a; SELECT 2 AS a", "-o", path_text]);
    assert_eq!(fs::read_to_string(path).unwrap(), "{\"a\":1}\n{\"a\":2}\n");
}

#[apply(on_each_server)]
fn warnings_of_all_statements(product: Product) {
    let server = Server::shared(product);
    let output = query(server, &["SELECT 1/0 AS a; SELECT 1 + 'x' AS a"]);
    let said = stderr(&output);
    assert!(
        said.contains("warnings: 1, warnings of earlier statements: 1\nWarning 1292"),
        "{said}"
    );
}

#[test]
fn the_emulator_takes_several_statements() {
    let output = run(
        &[
            "emulate",
            "--port",
            "0",
            "--",
            "sh",
            "-c",
            "\"$0\" query 'SELECT 1 AS a; SELECT 2 AS a'",
            executable().to_str().unwrap(),
        ],
        &[("PATH", "/usr/bin:/bin")],
        "",
    );
    assert_eq!(
        stdout(&output),
        "{\"a\":1}\n{\"a\":2}\n",
        "{}",
        stderr(&output)
    );
}

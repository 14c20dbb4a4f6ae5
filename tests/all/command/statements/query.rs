//! `rds-bridge query` and `doctor` with real servers: their output and their exit codes.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::Value as Json;

use crate::helpers::command::{end, query, start, stderr, stdout, with};

const MIXED: &str =
    "SELECT id, name, NULL AS nothing, '' AS `empty` FROM items WHERE id < 3 ORDER BY id";

#[apply(on_each_server)]
fn every_format(product: Product) {
    for (format, expected) in [
        (
            "table",
            "+----+-------+---------+-------+\n\
             | id | name  | nothing | empty |\n\
             +----+-------+---------+-------+\n\
             |  1 | apple | NULL    |       |\n\
             |  2 | bread | NULL    |       |\n\
             +----+-------+---------+-------+\n",
        ),
        (
            "vertical",
            "*** row 1 ***\n     id: 1\n   name: apple\nnothing: NULL\n  empty: \n\
             *** row 2 ***\n     id: 2\n   name: bread\nnothing: NULL\n  empty: \n",
        ),
        (
            "json",
            "[\n{\"id\":1,\"name\":\"apple\",\"nothing\":null,\"empty\":\"\"},\n\
             {\"id\":2,\"name\":\"bread\",\"nothing\":null,\"empty\":\"\"}\n]\n",
        ),
        (
            "ndjson",
            "{\"id\":1,\"name\":\"apple\",\"nothing\":null,\"empty\":\"\"}\n\
             {\"id\":2,\"name\":\"bread\",\"nothing\":null,\"empty\":\"\"}\n",
        ),
        (
            "csv",
            "id,name,nothing,empty\r\n1,apple,,\"\"\r\n2,bread,,\"\"\r\n",
        ),
        (
            "tsv",
            "id\tname\tnothing\tempty\n1\tapple\t\\N\t\n2\tbread\t\\N\t\n",
        ),
    ] {
        let output = query(Server::shared(product), &[MIXED, "--format", format]);
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
        assert_eq!(output.status.code(), Some(0));
    }
    let lone = "SELECT NULL AS x UNION ALL SELECT ''";
    let output = query(Server::shared(product), &[lone, "--format", "csv"]);
    assert_eq!(stdout(&output), "x\r\n\r\n\"\"\r\n");
    // In a pipe, as here, the default format is ndjson.
    let output = query(Server::shared(product), &["SELECT 1 AS one"]);
    assert_eq!(stdout(&output), "{\"one\":1}\n");
}

#[apply(on_each_server)]
fn parameters_in_their_order(product: Product) {
    let sql = "SELECT ? AS a, ? AS b, ? AS c, ? AS d";
    let output = query(
        Server::shared(product),
        &[
            sql,
            "--param",
            "x' OR 1",
            "--param-json",
            "7",
            "--param",
            "-1",
            "--param-json",
            "null",
        ],
    );
    assert_eq!(
        stdout(&output),
        "{\"a\":\"x' OR 1\",\"b\":7,\"c\":\"-1\",\"d\":null}\n",
        "{}",
        stderr(&output)
    );
    let output = query(Server::shared(product), &[sql, "--param", "a"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[apply(on_each_server)]
fn every_exit_code_of_a_failure(product: Product) {
    let server = Server::shared(product);
    for (code, words, changes) in [
        (2, "no endpoint", vec![("DB_HOST", "")]),
        (
            2,
            "the file does not exist",
            vec![("DB_CA_FILE", "/no/such/file.pem")],
        ),
        (2, "DB_PORT", vec![("DB_PORT", "x")]),
        (
            3,
            "AWS_SECRET_ACCESS_KEY",
            vec![("AWS_SECRET_ACCESS_KEY", "")],
        ),
        (
            6,
            "no address accepted a connection",
            vec![("DB_CONNECT_TO", "127.0.0.1:1")],
        ),
        (7, "unknown authority", vec![("DB_CA_FILE", "")]),
        (8, "Access denied", vec![("AWS_SECRET_ACCESS_KEY", "other")]),
        (9, "doesn't exist", vec![]),
    ] {
        let output = with(server, &changes, &["query", "SELECT * FROM nowhere"]);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.contains(words), "{words}: {error}");
        assert_eq!(stdout(&output), "");
        assert!(!error.contains("X-Amz-Signature"), "{error}");
    }
}

/// The second row of the inner query makes the third row of the outer one fail.
#[apply(on_each_server)]
fn rows_that_were_cut_off_do_not_look_whole(product: Product) {
    let sql = &format!(
        "SELECT seq, IF(seq < 50000, 1, (SELECT id FROM items)) AS x FROM {}",
        product.sequence(60_000)
    );
    for (format, end) in [
        ("ndjson", "{\"incomplete\":"),
        ("csv", "\"incomplete"),
        ("tsv", "\\!incomplete"),
        ("table", "(incomplete)\n"),
    ] {
        let output = query(Server::shared(product), &[sql, "--format", format]);
        assert_eq!(output.status.code(), Some(9));
        assert!(stderr(&output).contains("1242"), "{}", stderr(&output));
        // The server may notice the error before it sends the first row.
        if !stdout(&output).is_empty() {
            assert!(stdout(&output).ends_with(end), "{format}");
        }
    }
}

#[apply(on_each_server)]
fn writing_is_asked_for_and_failing_writes_are_rolled_back(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "GRANT ALL ON iamtest.* TO 'lambda-user'@'%';
         DELIMITER //
         CREATE PROCEDURE iamtest.half() BEGIN
           INSERT INTO items VALUES (100, 'half', 1);
           SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'on purpose';
         END //",
    );
    let count = || {
        let output = query(&server, &["SELECT COUNT(*) AS n FROM items"]);
        stdout(&output).to_owned()
    };
    let insert = "INSERT INTO items VALUES (99, 'more', 1)";

    let output = query(&server, &[insert]);
    assert_eq!(output.status.code(), Some(9));
    assert!(stderr(&output).contains("1792"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--allow-writes"));
    assert_eq!(count(), "{\"n\":3}\n");

    let output = query(&server, &[insert, "--allow-writes"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("affected rows: 1"));
    assert_eq!(count(), "{\"n\":4}\n");

    let output = query(&server, &["CALL half()", "--allow-writes"]);
    assert!(stderr(&output).contains("on purpose (1644, 45000)"));
    assert_eq!(count(), "{\"n\":4}\n");
}

#[apply(on_each_server)]
fn a_reader_that_has_gone_is_no_error(product: Product) {
    let sql = format!("SELECT seq FROM {}", product.sequence(1_000_000));
    let mut child = start(Server::shared(product), &[&sql]);
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[apply(on_each_server)]
fn a_signal_ends_the_statement_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    let running = || {
        let processes =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'";
        server.execute_as_admin(processes).trim().ends_with('1')
    };
    for signal in ["-INT", "-TERM"] {
        let child = start(&server, &["SELECT SLEEP(300)"]);
        while !running() {}
        end(child, signal);
        assert!(!running());
    }
}

#[apply(on_each_server)]
fn the_doctor_says_how_far_it_gets(product: Product) {
    let server = Server::shared(product);
    let doctor = |changes: &[(&'static str, &str)]| {
        let output = with(server, changes, &["doctor", "--offline", "--json"]);
        let report: Json = serde_json::from_str(stdout(&output)).unwrap();
        let checks = report["checks"].as_array().unwrap().clone();
        let failed = checks
            .iter()
            .find(|check| check["outcome"] == "failed")
            .cloned();
        (output.status.code(), report["good"] == true, failed)
    };
    assert_eq!(doctor(&[]), (Some(0), true, None));
    for (change, check, code) in [
        (("AWS_SECRET_ACCESS_KEY", "other"), "login", 8),
        (("DB_CA_FILE", ""), "TLS", 7),
        (("DB_CONNECT_TO", "127.0.0.1:1"), "TCP", 6),
        (("DB_CONNECT_TO", "no.such.host.invalid"), "addresses", 6),
        (("AWS_SECRET_ACCESS_KEY", ""), "credentials", 3),
    ] {
        let (exit, good, failed) = doctor(&[change]);
        let failed = failed.unwrap();
        assert_eq!(failed["check"], check);
        assert!(!failed["causes"].as_array().unwrap().is_empty(), "{failed}");
        assert_eq!((exit, good), (Some(code), false));
    }
}

#[apply(on_each_server)]
fn a_row_may_have_a_limit(product: Product) {
    let server = Server::shared(product);
    let sql = "SELECT REPEAT('x', 70000) AS x";
    let output = query(server, &[sql, "--max-row-bytes", "65536"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("--max-row-bytes"), "{said}");
    assert_eq!(query(server, &[sql]).status.code(), Some(0));
}

#[apply(on_each_server)]
fn as_many_columns_as_a_result_can_have(product: Product) {
    let columns: Vec<String> = (0..4_096).map(|n| format!("{n} AS c{n}")).collect();
    let sql = format!("SELECT {}", columns.join(","));
    let output = query(Server::shared(product), &[&sql]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let row: Json = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(row.as_object().unwrap().len(), 4_096);
}

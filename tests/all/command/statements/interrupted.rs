//! `rds-bridge query` after Ctrl-C or SIGTERM: exit code 130 and no changes, whatever the server answers to the KILL
//! and even if the rows are not read.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tempfile::TempDir;

use crate::helpers::command::{
    end, endless, query, query_command, send_signal, start, stderr, stdout,
};
use crate::helpers::folders::names;

const BEGINNING: &str = "SELECT /*+ NO_BNL() */";

fn wait_until_running(server: &Server, words: &str) {
    let processes =
        format!("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '{words}%'");
    while server.execute_as_admin(&processes).trim() != "1" {}
}

/// MySQL ends `SLEEP` with a row and without an error, and `BENCHMARK` and `DO` likewise.
#[apply(on_each_server)]
fn a_statement_that_ends_without_an_error_is_interrupted(product: Product) {
    let server = Server::start(product, &Options::default());
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "old").unwrap();
    for sql in [
        "SELECT SLEEP(300) AS killed",
        "DO SLEEP(300)",
        "SELECT BENCHMARK(1000000000000, SHA2('x', 512))",
        "SELECT id, SLEEP(300) FROM items",
    ] {
        for arguments in [&[sql][..], &[sql, "-o", path.to_str().unwrap()]] {
            let child = start(&server, arguments);
            wait_until_running(&server, &sql[..12]);
            let output = end(child, "-INT");
            assert!(!stdout(&output).contains("killed"), "{sql}: {output:?}");
            assert!(
                stderr(&output).ends_with("rds-bridge: interrupted\n"),
                "{output:?}"
            );
        }
    }
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["rows.csv"]);
}

/// The reply with the session's identity is still on its way.
#[apply(on_each_server)]
fn a_statement_that_has_just_begun_is_ended_too(product: Product) {
    let server = Server::start(product, &Options::default());
    let late = Fault::Delay(Duration::from_millis(400));
    let proxy = FaultProxy::start(server.address(), late);
    let sql = "SELECT SLEEP(300)";
    let child = query_command(&server, &[sql])
        .env("DB_CONNECT_TO", proxy.address().to_string())
        .spawn()
        .unwrap();
    wait_until_running(&server, sql);
    send_signal(&child, "-INT");
    proxy.set(Fault::Pass);
    let output = child.wait_with_output().unwrap();
    let said = stderr(&output);
    assert!(said.ends_with("rds-bridge: interrupted\n"), "{said}");
}

#[apply(on_each_server)]
fn what_an_interrupted_statement_has_written_is_rolled_back(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "GRANT ALL ON iamtest.* TO 'lambda-user'@'%';
         DELIMITER //
         CREATE PROCEDURE iamtest.slow() BEGIN
           INSERT INTO items VALUES (100, 'slow', 1);
           SELECT SLEEP(300);
           INSERT INTO items VALUES (101, 'slow', 1);
         END //",
    );
    for (sql, running) in [
        (
            "INSERT INTO items SELECT 99, 'more', SLEEP(300)",
            "INSERT INTO",
        ),
        ("UPDATE items SET price = SLEEP(300) WHERE id = 1", "UPDATE"),
        ("CALL slow()", "SELECT SLEEP"),
    ] {
        for by in ["-INT", "-TERM"] {
            let child = start(&server, &[sql, "--allow-writes"]);
            wait_until_running(&server, running);
            let output = end(child, by);
            assert!(!stderr(&output).contains("affected"), "{output:?}");
            let items = "SELECT COUNT(*), SUM(price) FROM iamtest.items";
            assert_eq!(server.execute_as_admin(items).trim(), "3\t16.75", "{sql}");
        }
    }
}

/// The rows never pause, so the runtime has no idle time to deliver a signal in.
#[apply(on_each_server)]
fn rows_that_are_being_written_are_interrupted_in_every_format(product: Product) {
    let server = &Server::start(product, &Options::default());
    let folder = TempDir::new().unwrap();
    for format in [
        "table",
        "vertical",
        "json",
        "ndjson",
        "csv",
        "tsv",
        "parquet",
        "arrow",
        "arrow-stream",
    ] {
        let path = folder.path().join("out");
        let mut child = query_command(server, &[&endless(), "--format", format])
            .stdout(File::create(&path).unwrap())
            .spawn()
            .unwrap();
        wait_until_running(server, BEGINNING);
        // Parquet writes its first rows after a million.
        while format != "parquet"
            && fs::metadata(&path).unwrap().len() == 0
            && child.try_wait().unwrap().is_none()
        {}
        let output = end(child, "-INT");
        assert!(
            stderr(&output).ends_with("rds-bridge: interrupted\n"),
            "{output:?}"
        );
        let mark = match format {
            "table" => "(incomplete)\n",
            "vertical" => "*** incomplete ***\n",
            "json" => "}",
            "ndjson" => "\n{\"incomplete\":",
            "csv" => "\r\n\"incomplete",
            "tsv" => "\n\\!incomplete",
            // Without their footer these files are incomplete.
            _ => "",
        };
        let written = fs::read(&path).unwrap();
        assert!(written.ends_with(mark.as_bytes()), "{format}");
        fs::remove_file(&path).unwrap();

        let child = start(
            server,
            &[&endless(), "--format", format, "-o", path.to_str().unwrap()],
        );
        wait_until_running(server, BEGINNING);
        end(child, "-TERM");
        assert!(names(folder.path()).is_empty(), "{format}");
    }
}

/// As with a pager whose user reads the first page.
#[apply(on_each_server)]
fn a_reader_that_does_not_read_is_not_waited_for(product: Product) {
    let server = Server::shared(product);
    for arguments in [&[][..], &["--allow-writes"]] {
        let mut child = start(server, &[&[&*endless()], arguments].concat());
        let mut pipe = child.stdout.take().unwrap();
        pipe.read_exact(&mut [0; 100]).unwrap();
        send_signal(&child, "-INT");
        // The pipe is still open, and full.
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        drop(pipe);
    }
}

/// The connection to the server is cut, so the KILL gets no answer.
#[apply(on_each_server)]
fn a_second_signal_does_not_wait(product: Product) {
    let server = Server::start(product, &Options::default());
    let proxy = FaultProxy::start(server.address(), Fault::Pass);
    let sql = "SELECT SLEEP(300)";
    let mut child = query_command(&server, &[sql])
        .env("DB_CONNECT_TO", proxy.address().to_string())
        .spawn()
        .unwrap();
    wait_until_running(&server, sql);
    proxy.set(Fault::BlackHole);
    send_signal(&child, "-INT");
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    assert!(first.contains("again to exit without waiting"), "{first}");
    send_signal(&child, "-INT");
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("may still be running"), "{rest}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Once COMMIT is sent, the server decides. A committed transaction is not reported as interrupted.
#[apply(on_each_server)]
fn a_commit_that_was_sent_is_waited_for(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let proxy = FaultProxy::start(server.address(), Fault::Pass);
    let sql = "INSERT INTO items SELECT 99, 'more', SLEEP(2)";
    let child = query_command(&server, &[sql, "--allow-writes"])
        .env("DB_CONNECT_TO", proxy.address().to_string())
        .spawn()
        .unwrap();
    wait_until_running(&server, "INSERT INTO");
    proxy.set(Fault::Delay(Duration::from_secs(2)));
    let items = "SELECT COUNT(*) FROM iamtest.items";
    while server.execute_as_admin(items).trim() == "3" {}
    send_signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(stderr(&output).contains("affected rows: 1"), "{output:?}");
    let output = query(&server, &["SELECT COUNT(*) AS n FROM items"]);
    assert_eq!(stdout(&output), "{\"n\":4}\n");
}

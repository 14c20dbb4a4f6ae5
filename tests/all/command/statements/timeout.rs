//! `rds-bridge query --timeout`: a statement that takes too long ends, in the command and on the server.

use std::io::Read;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tempfile::TempDir;

use crate::helpers::command::{endless, query, start, stderr};

#[apply(on_each_server)]
fn a_statement_that_takes_too_long_is_ended_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT INSERT ON iamtest.* TO 'lambda-user'@'%'");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    let path = path.to_str().unwrap();
    let sleeping = "SELECT id, SLEEP(1000) FROM items";
    let writing = "INSERT INTO items SELECT 4, 'plum', SLEEP(1000)";
    for (sql, more) in [
        (sleeping, &["--output", path][..]),
        (writing, &["--allow-writes"]),
    ] {
        let output = query(&server, &[&[sql, "--timeout", "1"], more].concat());
        assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("timed out after 1 s"),
            "{}",
            stderr(&output)
        );
        let going_on = "SELECT COUNT(*) FROM information_schema.processlist \
                        WHERE user = 'lambda-user' AND info LIKE '%SLEEP%'";
        while server.execute_as_admin(going_on).trim() != "0" {}
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    let items = server.execute_as_admin("SELECT COUNT(*) FROM iamtest.items");
    assert_eq!(items.trim(), "3");
}

#[apply(on_each_server)]
fn a_statement_that_is_done_in_time_is_whole(product: Product) {
    let server = Server::shared(product);
    let output = query(server, &["SELECT 1 AS a", "--timeout", "600"]);
    assert_eq!(output.stdout, b"{\"a\":1}\n", "{}", stderr(&output));
    for wrong in ["0", "-1", "soon"] {
        let output = query(server, &["SELECT 1", "--timeout", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

/// As with a pager whose user reads the first page.
#[apply(on_each_server)]
fn a_reader_that_does_not_read_is_not_waited_for(product: Product) {
    let server = Server::shared(product);
    let mut child = start(server, &[&endless(), "--timeout", "1"]);
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut [0; 100]).unwrap();
    // The pipe is still open, and full.
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    drop(pipe);
}

#[apply(on_each_server)]
fn what_is_in_no_transaction_is_said_to_stay(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT INSERT ON iamtest.* TO 'lambda-user'@'%'");
    let writing = "INSERT INTO items SELECT 4, 'plum', SLEEP(1000)";
    let arguments = [
        writing,
        "--timeout",
        "1",
        "--allow-writes",
        "--no-transaction",
    ];
    let output = query(&server, &arguments);
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("its changes so far are kept"), "{said}");
}

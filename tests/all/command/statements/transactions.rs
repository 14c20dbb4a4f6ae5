//! `rds-bridge query --allow-writes`: what the transaction contains, what it cannot contain, and the messages.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{query, stderr};

fn server(product: Product) -> Server {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT ALL ON *.* TO 'lambda-user'@'%'");
    server
}

fn items(server: &Server) -> String {
    let sql = "SELECT GROUP_CONCAT(id ORDER BY id) FROM iamtest.items";
    server.execute_as_admin(sql).trim().to_owned()
}

fn write(server: &Server, sql: &str) -> (Option<i32>, String) {
    let output = query(server, &[sql, "--allow-writes"]);
    (output.status.code(), stderr(&output).to_owned())
}

#[apply(on_each_server)]
fn what_is_not_possible_within_a_transaction(product: Product) {
    let server = server(product);
    server.execute_as_admin(
        "DELIMITER //
         CREATE PROCEDURE iamtest.own() BEGIN
           SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
           START TRANSACTION;
           INSERT INTO items VALUES (10, 'kept', 1);
           COMMIT;
           START TRANSACTION;
           INSERT INTO items VALUES (11, 'lost', 1);
           ROLLBACK;
         END //
         CREATE PROCEDURE iamtest.unlogged() BEGIN
           SET sql_log_bin = 0;
           INSERT INTO items VALUES (12, 'kept', 1);
         END //",
    );
    for sql in [
        "CALL own()",
        "CALL unlogged()",
        "XA START 'a'",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "CREATE TABLE more (id INT)",
        "LOCK TABLES items WRITE",
        "/* why */ TRUNCATE TABLE more",
    ] {
        assert_eq!(
            write(&server, sql).0,
            Some(0),
            "{sql}: {:?}",
            write(&server, sql)
        );
    }
    assert_eq!(items(&server), "1,2,3,10,12");
}

#[apply(on_each_server)]
fn a_procedure_that_fails_is_rolled_back_unless_it_commits_itself(product: Product) {
    let server = server(product);
    server.execute_as_admin(
        "DELIMITER //
         CREATE PROCEDURE iamtest.half() BEGIN
           INSERT INTO items VALUES (20, 'half', 1);
           SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'on purpose';
         END //",
    );
    let (code, said) = write(&server, "CALL half()");
    assert_eq!(code, Some(9), "{said}");
    assert_eq!(items(&server), "1,2,3");
    let output = query(
        &server,
        &["CALL half()", "--allow-writes", "--no-transaction"],
    );
    assert_eq!(output.status.code(), Some(9));
    assert_eq!(items(&server), "1,2,3,20");
    let output = query(&server, &["SELECT 1", "--no-transaction"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[apply(on_each_server)]
fn what_stays_in_spite_of_a_rollback_is_said(product: Product) {
    let server = server(product);
    server.execute_as_admin("CREATE TABLE iamtest.old (id INT PRIMARY KEY) ENGINE = MyISAM");
    let (code, said) = write(&server, "INSERT INTO old VALUES (1), (2), (1)");
    assert_eq!(code, Some(9), "{said}");
    assert!(said.contains("not everything was rolled back"), "{said}");
}

/// The session ends with the command, so `SHOW WARNINGS` in another one would list nothing.
#[apply(on_each_server)]
fn warnings_are_listed(product: Product) {
    let server = server(product);
    let output = query(&server, &["SELECT 1 + '2 foo' AS three", "--format", "csv"]);
    let said = stderr(&output);
    assert!(
        said.contains(", warnings: 1\nWarning 1292: Truncated incorrect"),
        "{said}"
    );
    let binary = [
        "SELECT 1 + ? AS three",
        "--param",
        "2 foo",
        "--protocol",
        "binary",
    ];
    let said = query(&server, &binary);
    assert!(
        stderr(&said).contains("\nWarning 1292: "),
        "{}",
        stderr(&said)
    );

    let union: Vec<String> = (0..13)
        .map(|number| format!("SELECT 1 + '{number} foo'"))
        .collect();
    let output = query(&server, &[&union.join(" UNION ALL ")]);
    let said = stderr(&output);
    assert_eq!(said.matches("Warning 1292").count(), 10, "{said}");
    assert!(said.ends_with("\nand 3 more warnings\n"), "{said}");

    // The warnings are read before the COMMIT, so they are those of the statement.
    let insert = "INSERT IGNORE INTO items VALUES (1, 'again', 1)";
    let (code, said) = write(&server, insert);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Warning 1062: Duplicate entry '1'"), "{said}");
}

#[apply(on_each_server)]
fn a_syntax_error_has_no_likely_causes(product: Product) {
    let output = query(Server::shared(product), &["SELECT SELECT"]);
    assert!(!stderr(&output).contains("causes"), "{}", stderr(&output));
}

//! Values that are bound by name, and lists for `IN`.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{query, stderr, stdout};

#[apply(on_each_server)]
fn by_name_and_in_lists(product: Product) {
    let server = Server::shared(product);
    for (arguments, expected) in [
        (
            &[
                "SELECT name FROM items WHERE price > :low AND name <> :name",
                "--param-json",
                "low=3",
                "--param",
                "name=x' OR '1'='1",
            ][..],
            "{\"name\":\"bread\"}\n{\"name\":\"cheese\"}\n",
        ),
        (
            &[
                "SELECT id FROM items WHERE id IN (:ids) AND ':ids' <> name ORDER BY id",
                "--param-json",
                "ids=[1,3,99]",
            ],
            "{\"id\":1}\n{\"id\":3}\n",
        ),
        (
            &[
                "SELECT id FROM items WHERE name IN (?) AND id > ?",
                "--param-json",
                "[\"apple\",\"bread\"]",
                "--param-json",
                "1",
            ],
            "{\"id\":2}\n",
        ),
        // A value with an equals sign stays whole.
        (&["SELECT ? AS a", "--param", "b=c"], "{\"a\":\"b=c\"}\n"),
    ] {
        let output = query(server, arguments);
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
        assert_eq!(output.status.code(), Some(0));
    }
    let output = query(server, &["SELECT :a, :b", "--param", "a=1"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("add --param b=TEXT"), "{said}");
}

#[apply(on_each_server)]
fn rows_up_to_a_limit(product: Product) {
    let server = Server::shared(product);
    let sequence = product.sequence(100_000);
    let sql = format!("SELECT seq FROM {sequence}");
    for (sql, limit, rows, says) in [
        (sql.as_str(), "2", 2, true),
        (sql.as_str(), "0", 0, true),
        ("SELECT * FROM items", "3", 3, false),
        ("SELECT * FROM items", "4", 3, false),
        ("SHOW CHARACTER SET", "2", 2, true),
        ("SELECT 1; SELECT * FROM items", "2", 3, true),
    ] {
        let output = query(server, &[sql, "--limit", limit]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert_eq!(stdout(&output).lines().count(), rows, "{sql}");
        let message =
            format!("rds-bridge: the result has more rows: --limit {limit} was reached\n");
        assert_eq!(said.contains(&message), says, "{said}");
    }
}

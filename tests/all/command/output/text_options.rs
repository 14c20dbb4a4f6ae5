//! `--no-header` and `--delimiter`: exact bytes, and which formats take them.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{query, run, stderr, stdout};

/// A field for each delimiter, a NULL and an empty string.
const SQL: &str =
    r#"SELECT 'a,b' AS `x;y`, 'a;b' AS c, 'a|b' AS p, 'a\tb' AS t, NULL AS n, '' AS e, 1.5 AS d"#;

#[apply(on_each_server)]
fn csv_quotes_the_delimiter_that_it_uses(product: Product) {
    let server = Server::shared(product);
    for (delimiter, expected) in [
        (
            "comma",
            "x;y,c,p,t,n,e,d\r\n\"a,b\",a;b,a|b,a\tb,,\"\",1.5\r\n",
        ),
        (
            ";",
            "\"x;y\";c;p;t;n;e;d\r\na,b;\"a;b\";a|b;a\tb;;\"\";1.5\r\n",
        ),
        (
            "pipe",
            "x;y|c|p|t|n|e|d\r\na,b|a;b|\"a|b\"|a\tb||\"\"|1.5\r\n",
        ),
        (
            "\\t",
            "x;y\tc\tp\tt\tn\te\td\r\na,b\ta;b\ta|b\t\"a\tb\"\t\t\"\"\t1.5\r\n",
        ),
    ] {
        let arguments = [SQL, "--format", "csv", "--delimiter", delimiter];
        let output = query(server, &arguments);
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
        let output = query(server, &[&arguments[..], &["--no-header"]].concat());
        let rows = expected.split_once("\r\n").unwrap().1;
        assert_eq!(stdout(&output), rows, "{}", stderr(&output));
    }
}

#[apply(on_each_server)]
fn tsv_without_a_header(product: Product) {
    let server = Server::shared(product);
    let output = query(server, &[SQL, "--format", "tsv", "--no-header"]);
    assert_eq!(
        stdout(&output),
        "a,b\ta;b\ta|b\ta\\tb\t\\N\t\t1.5\n",
        "{}",
        stderr(&output)
    );
    let none = "SELECT 1 AS a FROM items WHERE 1 = 0";
    let output = query(server, &[none, "--format", "tsv", "--no-header"]);
    assert_eq!(stdout(&output), "", "{}", stderr(&output));
}

#[test]
fn other_formats_refuse_them() {
    let variables = [
        ("DB_HOST", "mydb.abc123.eu-central-1.rds.amazonaws.com"),
        ("DB_CONNECT_TO", "127.0.0.1:1"),
        ("DB_USER", "u"),
    ];
    for (arguments, words) in [
        (
            &["--no-header"][..],
            "--no-header applies only to csv and tsv: add --format csv or --format tsv",
        ),
        (
            &["--format", "json", "--no-header"],
            "--no-header applies only to",
        ),
        (
            &["--format", "tsv", "--delimiter", ";"],
            "--delimiter applies only to csv: add --format csv",
        ),
        (
            &["--format", "csv", "--delimiter", "::"],
            "invalid value '::'",
        ),
    ] {
        let output = run(
            &[&["query", "SELECT 1"], arguments].concat(),
            &variables,
            "",
        );
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

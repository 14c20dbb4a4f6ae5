//! `--role` and `DB_ROLE`: the server must be the writer, or a reader.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{stderr, stdout, with};

const QUERY: [&str; 2] = ["query", "SELECT 7 AS n"];

#[apply(on_each_server)]
fn a_server_of_another_role_is_an_error(product: Product) {
    let server = Server::start(product, &Options::default());
    for (name, is_read_only) in [("writer", false), ("reader", true), ("any", true)] {
        server.execute_as_admin(&format!(
            "SET GLOBAL read_only = {}",
            u8::from(is_read_only)
        ));
        let variable = [("DB_ROLE", name)];
        let output = with(&server, &variable, &QUERY);
        assert_eq!(stdout(&output), "{\"n\":7}\n", "{}", stderr(&output));
        // The option takes precedence.
        let option = [&QUERY[..], &["--role", "writer"]].concat();
        let output = with(&server, &variable, &option);
        let said = stderr(&output);
        assert_eq!(output.status.code(), is_read_only.then_some(6).or(Some(0)));
        assert_eq!(
            said.contains("rds-bridge: session: the server is not the writer"),
            is_read_only,
            "{said}"
        );
    }
}

#[test]
fn a_role_that_cannot_be_is_a_usage_error() {
    let server = Server::shared(Product::MySql);
    let output = with(server, &[("DB_ROLE", "primary")], &QUERY);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("DB_ROLE") && said.contains("expected any, writer or reader"),
        "{said}"
    );
    let reader = [&QUERY[..], &["--role", "reader", "--allow-writes"]].concat();
    let output = with(server, &[], &reader);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("--role"), "{said}");
}

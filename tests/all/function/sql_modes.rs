//! A server whose SQL mode determines which question marks are parameters.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{failure, rows, start};

/// With `NO_BACKSLASH_ESCAPES` the first string ends at the second quote, and the question mark is a parameter.
const QUERIES: &str = r#"{
    "typed": {"sql": "SELECT 'x\\' AS a, ? AS b", "parameters": ["integer"]},
    "untyped": "SELECT 'x\\' AS a, ? AS b",
    "escaped": {"sql": "SELECT 'x\\' AS a, ? AS b' AS c", "parameters": []}
}"#;

#[apply(on_each_server)]
fn no_backslash_escapes(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--sql-mode=NO_BACKSLASH_ESCAPES".to_owned()],
            ..Options::default()
        },
    );
    let function = start(&server, &[("DB_QUERIES", QUERIES)]);
    for (name, value) in [("typed", json!(7)), ("untyped", json!("7"))] {
        let event = json!({"query": name, "parameters": [value]});
        assert_eq!(rows(&function, &event), json!([{"a": "x\\", "b": value}]));
        let two = json!({"query": name, "parameters": [value, value]});
        let (kind, _) = failure(&function, &two);
        assert_eq!(kind, "InvalidParameters");
    }
}

#[apply(on_each_server)]
fn without_it_the_server_counts_too(product: Product) {
    let function = start(Server::shared(product), &[("DB_QUERIES", QUERIES)]);
    let escaped = json!([{"c": "x' AS a, ? AS b"}]);
    assert_eq!(rows(&function, &json!({"query": "escaped"})), escaped);
    let (kind, refused) = failure(&function, &json!({"query": "typed", "parameters": [7]}));
    assert_eq!(
        (&*kind, &refused["code"]),
        ("Statement", &json!(1064)),
        "{refused}"
    );
}

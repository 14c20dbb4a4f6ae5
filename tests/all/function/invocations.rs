//! Successful invocations, cold and warm: of the default statement, of a named one, and of one in the event.

use std::fs;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{
    AD_HOC, WRITES, connection_id, failure, invocation_lines, items, logins, rows, start,
};

#[apply(on_each_server)]
fn cold_and_warm(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[]);
    // The function connects before the first event.
    let _at = function.wait_for_start().ready_at();
    assert_eq!(logins(&server), 1);
    for event in [json!({}), json!(null), json!({"key1": "value1"})] {
        assert_eq!(rows(&function, &event), items());
    }
    assert_eq!(logins(&server), 1);
    let lines = invocation_lines(&function, 3);
    for (line, is_cold) in lines.iter().zip([true, false, false]) {
        assert_eq!(line["coldStart"], is_cold, "{line}");
        assert_eq!(line["query"], "default");
        assert_eq!(
            (&line["rows"], &line["reusedConnection"]),
            (&json!(3), &json!(true))
        );
    }
}

#[apply(on_each_server)]
fn a_thousand_with_one_connection(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[("LOG_LEVEL", "error")]);
    let first = connection_id(&function);
    for _ in 0..1_000 {
        assert_eq!(connection_id(&function), first);
    }
    assert_eq!(logins(&server), 1);
}

#[apply(on_each_server)]
fn named_statements_with_bound_parameters(product: Product) {
    let function = start(
        Server::shared(product),
        &[("DB_QUERY", "SELECT 'the default' AS it")],
    );
    assert_eq!(rows(&function, &json!({})), json!([{"it": "the default"}]));
    let event = json!({"query": "by_id", "parameters": [2]});
    assert_eq!(
        rows(&function, &event),
        json!([{"name": "bread", "price": "3.50"}])
    );
    let none = json!({"query": "by_name", "parameters": ["' OR 1 = 1 --"]});
    assert_eq!(rows(&function, &none), json!([]));
    let values = json!([-7, 0.5, "é' \" \\ 😀", true]);
    let event = json!({"query": "typed", "parameters": values});
    assert_eq!(
        rows(&function, &event),
        json!([{"i": -7, "n": "0.5", "t": "é' \" \\ 😀", "b": 1}])
    );
    let nulls = json!({"query": "typed", "parameters": [null, null, null, null]});
    assert_eq!(
        rows(&function, &nulls),
        json!([{"i": null, "n": null, "t": null, "b": null}])
    );
    let lines = invocation_lines(&function, 5);
    assert_eq!(
        (&lines[1]["query"], &lines[1]["rows"]),
        (&json!("by_id"), &json!(1))
    );
}

#[apply(on_each_server)]
fn statements_of_the_package(product: Product) {
    let package = tempfile::tempdir().unwrap();
    fs::write(
        package.path().join("queries.json"),
        r#"{"one": "SELECT 1 AS one"}"#,
    )
    .unwrap();
    let root = package.path().to_str().unwrap();
    let root = ("LAMBDA_TASK_ROOT", root);
    let function = start(Server::shared(product), &[("DB_QUERIES", ""), root]);
    assert_eq!(
        rows(&function, &json!({"query": "one"})),
        json!([{"one": 1}])
    );
    // The variable takes precedence.
    let function = start(Server::shared(product), &[root]);
    assert_eq!(
        failure(&function, &json!({"query": "one"})).0,
        "UnknownQuery"
    );
}

#[apply(on_each_server)]
fn a_statement_in_the_event_if_it_is_allowed(product: Product) {
    let event =
        json!({"sql": "SELECT name FROM items WHERE id > ? ORDER BY id", "parameters": [1]});
    let function = start(Server::shared(product), &[AD_HOC]);
    assert_eq!(
        rows(&function, &event),
        json!([{"name": "bread"}, {"name": "cheese"}])
    );
    let refused = start(Server::shared(product), &[]);
    let (kind, failure) = failure(&refused, &event);
    assert_eq!(kind, "AdHocSqlNotAllowed");
    assert!(
        failure["hint"]
            .as_str()
            .unwrap()
            .contains("ALLOW_AD_HOC_SQL"),
        "{failure}"
    );
}

#[apply(on_each_server)]
fn writing_if_it_is_allowed(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let count = || server.execute_as_admin("SELECT COUNT(*) FROM iamtest.items");
    let insert =
        json!({"sql": "INSERT INTO items (name) VALUES (?), (?)", "parameters": ["x", "y"]});

    let function = start(&server, &[AD_HOC]);
    let (kind, refused) = failure(&function, &insert);
    assert_eq!(
        (kind.as_str(), &refused["code"]),
        ("Statement", &json!(1792))
    );
    assert!(
        refused["hint"].as_str().unwrap().contains("ALLOW_WRITES"),
        "{refused}"
    );
    assert_eq!(count(), "3\n");

    let function = start(&server, &[AD_HOC, WRITES]);
    assert_eq!(rows(&function, &insert)["affectedRows"], 2);
    assert_eq!(count(), "5\n");
    assert_eq!(
        rows(&function, &json!({"query": "by_id", "parameters": [1]}))[0]["name"],
        "apple"
    );
}

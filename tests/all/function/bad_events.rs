//! Invalid events: each has its own error type, and none reaches the database.

use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{failure, items, rows, start};

/// The number of statements that the account has sent so far.
const STATEMENTS: &str = "SELECT COUNT(*) FROM mysql.general_log \
     WHERE user_host LIKE 'lambda-user%' AND command_type IN ('Query', 'Prepare', 'Execute')";

/// A server that logs all statements, and a function that has executed one.
fn logged(product: Product, changes: &[(&'static str, &str)]) -> (Server, LambdaFunction) {
    let arguments = vec!["--general-log".to_owned(), "--log-output=TABLE".to_owned()];
    let server = Server::start(
        product,
        &Options {
            arguments,
            ..Options::default()
        },
    );
    let function = start(&server, changes);
    assert_eq!(rows(&function, &json!({})), items());
    (server, function)
}

#[apply(on_each_server)]
fn nothing_of_them_reaches_the_database(product: Product) {
    let (server, function) = logged(product, &[]);
    let before = server.execute_as_admin(STATEMENTS);
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    for (event, kind, words) in [
        (json!("text"), "InvalidEvent", "not a JSON object"),
        (json!([1, 2]), "InvalidEvent", "not a JSON object"),
        (json!(7), "InvalidEvent", "not a JSON object"),
        (json!({"query": 7}), "InvalidEvent", "query"),
        (json!({"query": ["by_id"]}), "InvalidEvent", "query"),
        (json!({"sql": {}}), "InvalidEvent", "sql"),
        (
            json!({"query": "by_id", "sql": "SELECT 1"}),
            "InvalidEvent",
            "one of them",
        ),
        (json!({"query": "nothing"}), "UnknownQuery", "nothing"),
        (json!({"query": ""}), "UnknownQuery", ""),
        (
            json!({"query": "BY_ID", "parameters": [1]}),
            "UnknownQuery",
            "BY_ID",
        ),
        (json!({"sql": "SELECT 1"}), "AdHocSqlNotAllowed", ""),
        (json!({"query": "by_id"}), "InvalidParameters", "1"),
        (
            json!({"query": "by_id", "parameters": []}),
            "InvalidParameters",
            "1",
        ),
        (
            json!({"query": "by_id", "parameters": [1, 2]}),
            "InvalidParameters",
            "2",
        ),
        (json!({"parameters": [1]}), "InvalidParameters", "0"),
        (
            json!({"query": "by_id", "parameters": 1}),
            "InvalidParameters",
            "array",
        ),
        (
            json!({"query": "by_id", "parameters": {"id": 1}}),
            "InvalidParameters",
            "array",
        ),
        (
            json!({"query": "by_id", "parameters": [[1]]}),
            "InvalidParameters",
            "array",
        ),
        (
            json!({"query": "by_id", "parameters": [{}]}),
            "InvalidParameters",
            "object",
        ),
        (
            json!({"query": "by_id", "parameters": deep}),
            "InvalidParameters",
            "array",
        ),
        // In place of an integer, a number, a text and a boolean.
        (
            typed(json!("1"), json!(1), json!(""), json!(true)),
            "InvalidParameters",
            "parameter 1",
        ),
        (
            typed(json!(1.5), json!(1), json!(""), json!(true)),
            "InvalidParameters",
            "parameter 1",
        ),
        (
            typed(json!(1), json!("1"), json!(""), json!(true)),
            "InvalidParameters",
            "parameter 2",
        ),
        (
            typed(json!(1), json!(1), json!(1), json!(true)),
            "InvalidParameters",
            "parameter 3",
        ),
        (
            typed(json!(1), json!(1), json!(""), json!(1)),
            "InvalidParameters",
            "parameter 4",
        ),
        // An event of a REST API, and one of an Application Load Balancer.
        (
            json!({"httpMethod": "GET", "path": "/", "requestContext": {"elb": {}}}),
            "InvalidEvent",
            "payload format",
        ),
    ] {
        let (own, failure) = failure(&function, &event);
        assert_eq!(own, kind, "{event}: {failure}");
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains(words), "{event}: {failure}");
        assert!(failure.get("code").is_none(), "{failure}");
    }
    assert_eq!(server.execute_as_admin(STATEMENTS), before);
    assert_eq!(rows(&function, &json!({})), items());
}

fn typed(integer: Json, number: Json, text: Json, boolean: Json) -> Json {
    json!({"query": "typed", "parameters": [integer, number, text, boolean]})
}

/// Lambda only passes JSON on, but another Runtime API may be less strict.
#[apply(on_each_server)]
fn what_is_not_json(product: Product) {
    let (server, function) = logged(product, &[]);
    let before = server.execute_as_admin(STATEMENTS);
    let events: [&[u8]; 5] = [
        b"",
        b"{",
        b"{\"query\": \"by_id\"",
        b"nonsense",
        b"{\"query\": \"\xFF\"}",
    ];
    for event in events {
        let error = function.invoke(event).error();
        assert!(!error.error_type.is_empty(), "{error:?}");
    }
    assert_eq!(server.execute_as_admin(STATEMENTS), before);
    assert_eq!(rows(&function, &json!({})), items());
}

/// An integer beyond 64 bits would lose digits, so it is refused.
#[apply(on_each_server)]
fn a_number_that_would_not_be_the_same(product: Product) {
    let (server, function) = logged(product, &[]);
    let before = server.execute_as_admin(STATEMENTS);
    for number in ["18446744073709551616", "-9223372036854775809"] {
        let event = format!(r#"{{"query": "typed", "parameters": [{number}, 1, "", true]}}"#);
        let error = function.invoke(event).error();
        assert_eq!(error.error_type, "RdsBridge.InvalidParameters", "{number}");
    }
    assert_eq!(server.execute_as_admin(STATEMENTS), before);
    for number in ["18446744073709551615", "-9223372036854775808"] {
        let event = format!(r#"{{"query": "typed", "parameters": [{number}, 1, "", true]}}"#);
        let response = function.invoke(event).response();
        let text = String::from_utf8(response.body).unwrap();
        assert!(text.contains(&format!("\"i\":{number},")), "{text}");
    }
}

//! The dialects of the gateway in events of a Function URL and of an HTTP API, and the forms of the responses.

use rds_bridge_test_support::fake_lambda_runtime::HttpResponse;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{
    AD_HOC, API_KEYS, GRANT, NDJSON, WRITES, assert_is_not_whole, dialect_request,
    invocation_lines, items, rows, start,
};
use crate::helpers::gateway::EXECUTE;

const STREAMED: (&str, &str) = ("INVOKE_MODE", "RESPONSE_STREAM");

#[track_caller]
fn send(function: &LambdaFunction, event: &Json) -> HttpResponse {
    let response = function.invoke(event.to_string()).response();
    assert!(response.is_whole && response.error.is_none());
    response.http()
}

#[track_caller]
fn post(function: &LambdaFunction, path: &str, body: &Json) -> HttpResponse {
    send(function, &dialect_request(path, &[], &body.to_string()))
}

#[apply(on_each_server)]
fn every_dialect_answers_in_both_modes(product: Product) {
    for changes in [&[AD_HOC, API_KEYS][..], &[AD_HOC, API_KEYS, STREAMED]] {
        let function = start(Server::shared(product), changes);
        // PlanetScale.
        let body = json!({"query": "SELECT id FROM items WHERE id = 2", "session": null});
        let reply = post(&function, EXECUTE, &body).json();
        assert_eq!(
            reply["result"]["rows"],
            json!([{"lengths": ["1"], "values": "Mg=="}])
        );
        assert!(reply["session"].is_string(), "{reply}");
        // Its own.
        let body = json!({"sql": "SELECT * FROM items WHERE id < ?", "parameters": [9]});
        let response = post(&function, "/v1/query", &body);
        assert_eq!((response.status, response.json()), (200, items()));
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert!(
            response
                .header("server-timing")
                .unwrap()
                .contains("db;dur=")
        );
        let body = json!({"statements": [{"sql": "SELECT 1 AS n"}, {"sql": "SELECT 2 AS n"}]});
        let response = post(&function, "/v1/batch", &body);
        assert_eq!(
            response.json(),
            json!({"results": [[{"n": 1}], [{"n": 2}]]})
        );
        let mut described = dialect_request("/v1/openapi.json", &[], "");
        described["requestContext"]["http"]["method"] = json!("GET");
        assert_eq!(send(&function, &described).json()["openapi"], "3.1.0");
        assert_eq!(post(&function, "/v1/other", &json!({})).status, 404);
        // The function's own form is still there, and needs the same credentials.
        let body = json!({"query": "by_id", "parameters": [2]});
        let named = json!([{"name": "bread", "price": "3.50"}]);
        assert_eq!(post(&function, "/", &body).json(), named);
        assert_eq!(rows(&function, &body), named);
    }
}

/// An HTTP API waits for the whole response, whatever the function's setting is.
#[test]
fn an_http_api_gets_a_buffered_response() {
    let server = Server::shared(Product::MySql);
    let function = start(server, &[AD_HOC, API_KEYS, STREAMED]);
    let body = json!({"sql": "SELECT 1 AS n"}).to_string();
    let mut event = dialect_request("/v1/query", &[("accept", NDJSON)], &body);
    event["requestContext"]["domainName"] = json!("abc.execute-api.eu-central-1.amazonaws.com");
    let response = function.invoke(event.to_string()).response();
    assert!(!response.is_streamed);
    assert_eq!(response.http().text(), "{\"n\":1}\n");
}

#[test]
fn what_is_compressed_is_base64() {
    let function = start(Server::shared(Product::MySql), &[AD_HOC, API_KEYS]);
    let body = json!({"sql": "SELECT REPEAT('a', 10000) AS a"}).to_string();
    let event = dialect_request("/v1/query", &[("accept-encoding", "gzip")], &body);
    let response = function.invoke(event.to_string()).response();
    let whole = response.json();
    assert_eq!(whole["isBase64Encoded"], true);
    assert_eq!(whole["headers"]["content-encoding"], "gzip");
    let http = response.http();
    assert!(http.body.len() < 1000 && http.body.starts_with(b"\x1f\x8b"));
    // The end of the format is the length of what was compressed.
    let expected = format!("[\n{{\"a\":\"{}\"}}\n]\n", "a".repeat(10_000));
    let length = u32::try_from(expected.len()).unwrap();
    assert!(http.body.ends_with(&length.to_le_bytes()));
}

/// Each error says that the statement was executed, by a status that no client repeats it after.
#[apply(on_each_server)]
fn a_result_that_is_longer_than_a_response(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC, API_KEYS]);
    for sql in [
        // Too long as the server sends it, and too long only as JSON.
        "SELECT REPEAT('a', 7000000) AS a",
        "SELECT REPEAT('\"', 5000000) AS a",
    ] {
        let body = json!({"query": sql});
        let reply = post(&function, EXECUTE, &body);
        assert_eq!(reply.status, 200);
        let message = reply.json()["error"]["message"].take();
        assert!(
            message
                .as_str()
                .unwrap()
                .contains("(errno 1153) (sqlstate "),
            "{message}"
        );
        for accept in ["application/json", NDJSON] {
            let body = json!({"sql": sql}).to_string();
            let event = dialect_request("/v1/query", &[("accept", accept)], &body);
            let response = send(&function, &event);
            assert_eq!(response.status, 422, "{accept}");
            assert_eq!(response.json()["error"]["type"], "ResultTooLarge");
        }
    }
    assert_eq!(rows(&function, &json!({})), items());
    // A stream has no limit.
    let function = start(Server::shared(product), &[AD_HOC, API_KEYS, STREAMED]);
    let body =
        json!({"sql": format!("SELECT REPEAT('a', 100) AS a FROM {}", product.sequence(100_000))});
    let event = dialect_request("/v1/query", &[("accept", NDJSON)], &body.to_string());
    let response = send(&function, &event);
    assert_eq!(
        (response.status, response.text().lines().count()),
        (200, 100_000)
    );
}

/// The error comes after the first piece of the rows.
#[apply(on_each_server)]
fn a_result_that_fails_in_its_middle(product: Product) {
    // The power of the 309th row is no DOUBLE.
    let sql = format!(
        "SELECT REPEAT('a', 1000) AS a, POW(10, seq) AS b FROM {}",
        product.sequence(1000)
    );
    let body = json!({"sql": sql}).to_string();
    let event = dialect_request("/v1/query", &[("accept", NDJSON)], &body);
    // Nothing has been sent yet: it is an error.
    let function = start(Server::shared(product), &[AD_HOC, API_KEYS]);
    let response = send(&function, &event);
    assert_eq!(response.status, 400, "{}", response.text());
    assert_eq!(response.json()["error"]["code"], 1690);
    let function = start(Server::shared(product), &[AD_HOC, API_KEYS, STREAMED]);
    let response = function.invoke(event.to_string()).response().http();
    assert_eq!(response.status, 200);
    assert_is_not_whole(&response, NDJSON);
    assert!(response.text().contains("1690"));
}

/// A statement that leaves a transaction open, and what an instance answers to the token of another.
#[apply(on_each_server)]
fn no_session_lasts(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(GRANT);
    server.execute_as_admin(
        "CREATE TABLE iamtest.left_open (id INT);
         DELIMITER //
         CREATE PROCEDURE iamtest.leave_open() BEGIN
           START TRANSACTION;
           INSERT INTO left_open VALUES (1);
         END //",
    );
    let function = start(&server, &[AD_HOC, API_KEYS, WRITES]);
    let reply = post(&function, EXECUTE, &json!({"query": "CALL leave_open()"})).json();
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message.ends_with("(errno 1235) (sqlstate 42000)"),
        "{message}"
    );
    let count = json!({"query": "SELECT COUNT(*) FROM left_open", "session": "of another process"});
    let reply = post(&function, EXECUTE, &count).json();
    assert_eq!(reply["result"]["rows"][0]["values"], "MA==", "{reply}");
    // Settings that one request makes do not reach the next.
    for query in ["SELECT @a := 7 AS a", "SELECT @a IS NULL AS a"] {
        let reply = post(
            &function,
            EXECUTE,
            &json!({"query": query, "session": reply["session"]}),
        )
        .json();
        let expected = if query.contains(":=") { "Nw==" } else { "MQ==" };
        assert_eq!(reply["result"]["rows"][0]["values"], expected, "{reply}");
    }
}

#[test]
fn the_log_has_a_line_without_sql_and_values() {
    let function = start(Server::shared(Product::MySql), &[AD_HOC, API_KEYS]);
    let fine = json!({"query": "SELECT 'hunter2' AS a"});
    assert_eq!(post(&function, EXECUTE, &fine).status, 200);
    assert_eq!(
        post(&function, "/v1/query", &json!({"sql": "hunter2"})).status,
        400
    );
    let lines = invocation_lines(&function, 2);
    assert_eq!(lines[0]["query"], EXECUTE);
    assert_eq!(
        (&lines[0]["status"], &lines[0]["caller"]),
        (&json!(200), &json!("app"))
    );
    assert_eq!(
        (&lines[0]["level"], &lines[0]["Errors"]),
        (&json!("INFO"), &json!(0))
    );
    assert!(lines[0]["queryMs"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&lines[1]["status"], &lines[1]["Errors"]),
        (&json!(400), &json!(1))
    );
    assert!(
        !function.stdout().contains("hunter2"),
        "{}",
        function.stdout()
    );
}

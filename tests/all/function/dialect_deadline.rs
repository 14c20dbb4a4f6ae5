//! The deadline of an invocation with a request in a dialect of the gateway: the statement is ended on the server, and the
//! answer says what is known of it.

use std::time::Duration;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{
    AD_HOC, API_KEYS, GRANT, NDJSON, WRITES, assert_is_not_whole, dialect_request, items, rows,
    start,
};
use crate::helpers::gateway::EXECUTE;

const TIMEOUT: Duration = Duration::from_secs(3);
const UNDER_WAY: &str = "SELECT COUNT(*) FROM information_schema.processlist \
     WHERE user = 'lambda-user' AND command IN ('Query', 'Execute')";

#[apply(on_each_server)]
fn a_statement_is_ended_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(GRANT);
    server.execute_as_admin("CREATE TABLE iamtest.slow (id INT)");
    let long = format!(
        "SELECT COUNT(*) AS c FROM {} WHERE seq % 1000 * seq % 7 = 1",
        product.sequence(1_000_000_000_000)
    );
    let slow = "SELECT SLEEP(300) AS s";
    let writes = format!("INSERT INTO slow {long}");
    for mode in ["BUFFERED", "RESPONSE_STREAM"] {
        let function = start(&server, &[AD_HOC, API_KEYS, WRITES, ("INVOKE_MODE", mode)]);
        let _at = function.wait_for_start().ready_at();
        for (path, body) in [
            (EXECUTE, json!({"query": long})),
            (EXECUTE, json!({"query": slow})),
            (EXECUTE, json!({"query": writes})),
            ("/v1/query", json!({"sql": long})),
            ("/v1/query", json!({"sql": slow})),
            (
                "/v1/batch",
                json!({"statements": [{"sql": "INSERT INTO slow VALUES (1)"}, {"sql": slow}, {"sql": "DO 1"}]}),
            ),
        ] {
            let event = dialect_request(path, &[], &body.to_string());
            let answer = function
                .start_invocation(event.to_string(), TIMEOUT)
                .wait_for_answer();
            assert_eq!(server.execute_as_admin(UNDER_WAY), "0\n", "{body}");
            assert!(answer.took < TIMEOUT, "{answer:?}");
            let response = answer.outcome.response().http();
            let json = response.json();
            // On MySQL a killed SLEEP succeeds: in a session that may write, its outcome is unknown.
            let may_be_unknown = product == Product::MySql && body.to_string().contains(slow);
            if path == EXECUTE {
                assert_eq!(response.status, 200);
                let message = json["error"]["message"].as_str().unwrap();
                let is_unknown =
                    may_be_unknown && message.ends_with("(errno 2013) (sqlstate HY000)");
                let is_ended = message.ends_with("(errno 3024) (sqlstate HY000)");
                assert!(is_ended || is_unknown, "{message}");
            } else {
                // None after which a client repeats the statement.
                let is_unknown = may_be_unknown && response.status == 424;
                assert!(response.status == 400 || is_unknown, "{json}");
                let kind = match response.status {
                    400 => "StatementTimeout",
                    _ => "UnknownOutcome",
                };
                assert_eq!(json["error"]["type"], kind);
            }
            assert_eq!(rows(&function, &json!({})), items());
        }
        let count = server.execute_as_admin("SELECT COUNT(*) FROM iamtest.slow");
        assert_eq!(count, "0\n");
    }
}

/// The head of the response was sent already.
#[apply(on_each_server)]
fn in_the_middle_of_a_stream(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(
        &server,
        &[AD_HOC, API_KEYS, ("INVOKE_MODE", "RESPONSE_STREAM")],
    );
    let sql = format!(
        "SELECT seq, REPEAT('x', 1000) AS x, IF(seq > 500, SLEEP(0.01), 0) AS s FROM {}",
        product.sequence(1_000_000)
    );
    let body = json!({"sql": sql}).to_string();
    let event = dialect_request("/v1/query", &[("accept", NDJSON)], &body);
    let invocation = function.start_invocation(event.to_string(), TIMEOUT);
    let response = invocation.wait().response();
    assert_eq!(server.execute_as_admin(UNDER_WAY), "0\n");
    let http = response.http();
    assert_eq!(http.status, 200);
    assert!(http.text().lines().count() > 500);
    assert_is_not_whole(&http, NDJSON);
    assert_eq!(rows(&function, &json!({})), items());
}

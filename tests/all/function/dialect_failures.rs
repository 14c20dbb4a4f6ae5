//! What the log says of failures in the dialects of the gateway, and what is left of them on the server.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{
    AD_HOC, API_KEYS, NDJSON, dialect_request, invocation_lines, items, rows, start,
};
use crate::helpers::gateway::EXECUTE;
use crate::helpers::late_forwarder::forward;
use crate::helpers::secrets_manager::arn;
use crate::helpers::waiting::until;

const UNDER_WAY: &str = "SELECT COUNT(*) FROM information_schema.processlist \
     WHERE user = 'lambda-user' AND command IN ('Query', 'Execute')";

/// Also of an error whose status is 200.
#[test]
fn the_log_names_the_cause() {
    let server = Server::shared(Product::MySql);
    for mode in ["BUFFERED", "RESPONSE_STREAM"] {
        let function = start(server, &[AD_HOC, API_KEYS, ("INVOKE_MODE", mode)]);
        let failing = "SELECT REPEAT('a', 1000) AS a, POW(10, seq) AS b FROM ".to_owned()
            + &Product::MySql.sequence(1000);
        let requests = [
            (EXECUTE, json!({"query": "SELECT 1"}), ""),
            (EXECUTE, json!({"query": "hunter2"}), "MySQL 1064"),
            ("/v1/query", json!({"sql": "hunter2"}), "MySQL 1064"),
            ("/v1/query", json!({"sql": 7}), "InvalidRequest"),
            (
                "/v1/query",
                json!({"sql": failing}),
                "the result is incomplete",
            ),
        ];
        for (path, body, _) in &requests {
            let event = dialect_request(path, &[("accept", "*/*")], &body.to_string());
            let mut event = event;
            if body["sql"] == json!(failing) {
                event["headers"]["accept"] = json!(NDJSON);
            }
            let _either = function.invoke(event.to_string()).response();
        }
        let lines = invocation_lines(&function, requests.len());
        for (line, (path, _, cause)) in lines.iter().zip(&requests) {
            assert_eq!(line["query"], *path, "{line}");
            let level = match *cause {
                "" => "INFO",
                _ => "ERROR",
            };
            assert_eq!(line["level"], level, "{line}");
            assert_eq!(line["cause"].as_str().unwrap_or_default(), *cause, "{line}");
            assert_eq!(line["Errors"], u64::from(!cause.is_empty()), "{line}");
            // The gateway does not count them.
            assert!(line.get("warnings").is_none(), "{line}");
        }
    }
}

/// A path that no route has may contain anything, and its caller may be anyone.
#[test]
fn the_log_has_no_path_of_a_stranger() {
    let function = start(Server::shared(Product::MySql), &[AD_HOC, API_KEYS]);
    for path in ["/v1/hunter2", "/psdb.v1alpha1.Database/hunter2"] {
        let event = dialect_request(path, &[("authorization", "")], "{}");
        let response = function.invoke(event.to_string()).response().http();
        assert!(response.status >= 400);
    }
    let lines = invocation_lines(&function, 2);
    let queries = lines.iter().map(|line| line["query"].as_str().unwrap());
    assert_eq!(queries.collect::<Vec<_>>(), ["/v1/{*path}", "PlanetScale"]);
    assert!(!function.stdout().contains("hunter2"));
}

/// The response has no room for the rows, and the statement still runs. Lambda may freeze the process once it has the
/// answer.
#[apply(on_each_server)]
fn a_statement_is_ended_before_its_error_is_sent(product: Product) {
    let server = Server::start(product, &Options::default());
    // Each connection begins late, also that of the KILL.
    let late = Duration::from_millis(100);
    let address = forward(server.address(), Arc::new(AtomicBool::new(true)), late).to_string();
    let function = start(&server, &[AD_HOC, API_KEYS, ("DB_CONNECT_TO", &address)]);
    let sql = format!(
        "SELECT REPEAT('a', 1000000) AS a, IF(seq > 20, SLEEP(300), 0) AS s FROM {}",
        product.sequence(1000)
    );
    let body = json!({ "sql": sql }).to_string();
    let event = dialect_request("/v1/query", &[("accept", NDJSON)], &body).to_string();
    for _ in 0..3 {
        let invocation = function.start_invocation(event.clone(), Duration::from_secs(10));
        let response = invocation.wait().response().http();
        function.freeze();
        let under_way = server.execute_as_admin(UNDER_WAY);
        function.thaw();
        assert_eq!(response.status, 422, "{}", response.text());
        assert_eq!(under_way, "0\n");
        assert_eq!(rows(&function, &json!({})), items());
    }
}

/// The secret with the callers' keys cannot be fetched in the time of the invocation.
#[test]
fn a_silent_secrets_manager_does_not_take_all_the_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let function = start(
        Server::shared(Product::MySql),
        &[
            AD_HOC,
            ("API_KEYS_SECRET_ARN", &arn("function/silent")),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &url),
        ],
    );
    let execute = json!({"query": "SELECT 1"}).to_string();
    for (path, body, status) in [(EXECUTE, &*execute, 503), ("/", "{}", 504)] {
        let event = dialect_request(path, &[], body);
        // Both end before the reading itself is given up, after 4 s.
        let limit = Duration::from_millis(1_500);
        let invocation = function.start_invocation(event.to_string(), limit);
        let response = invocation.wait().response().http();
        assert_eq!(response.status, status, "{path}");
        assert!(!response.text().contains("function/silent"));
    }
    // The line is written before the answer, and may be read after it.
    until(|| {
        let stdout = function.stdout();
        let reason = "the keys of the callers were not read within";
        match stdout.matches(reason).count() {
            2 => Ok(()),
            _ => Err(stdout),
        }
    });
}

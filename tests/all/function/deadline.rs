//! The deadline of an invocation: the statement is cancelled on the server before it, and the process is kept.

use std::time::Duration;

use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{
    AD_HOC, assert_is_not_whole, items, of_type, rows, start, url_request,
};

const TIMEOUT: Duration = Duration::from_secs(3);
const UNDER_WAY: &str = "SELECT COUNT(*) FROM information_schema.processlist \
     WHERE user = 'lambda-user' AND command IN ('Query', 'Execute')";

#[apply(on_each_server)]
fn a_statement_is_ended_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[AD_HOC]);
    let _at = function.wait_for_start().ready_at();
    let long = &format!(
        "SELECT COUNT(*) FROM {} WHERE seq % 1000 * seq % 7 = 1",
        product.sequence(1_000_000_000_000)
    );
    for event in [
        json!({"query": "slow"}),
        json!({"sql": long}),
        json!({"sql": "SELECT ?, SLEEP(300)", "parameters": [1]}),
        json!({"sql": format!("SELECT seq, SLEEP(0.01) FROM {}", product.sequence(1_000_000))}),
    ] {
        let invocation = function.start_invocation(event.to_string(), TIMEOUT);
        let answer = invocation.wait_for_answer();
        assert_eq!(server.execute_as_admin(UNDER_WAY), "0\n", "{event}");
        let (kind, failure) = of_type(&answer.outcome.clone().error());
        assert_eq!(kind, "Deadline", "{failure}");
        assert!(failure["hint"].is_string(), "{failure}");
        // After a fifth of the available time at the earliest, and before the deadline.
        assert!(
            answer.took > Duration::from_secs(2) && answer.took < TIMEOUT,
            "{answer:?}"
        );
        assert_eq!(rows(&function, &json!({})), items());
    }
}

#[apply(on_each_server)]
fn over_http_it_is_504(product: Product) {
    let server = Server::start(product, &Options::default());
    for mode in ["BUFFERED", "RESPONSE_STREAM"] {
        let function = start(&server, &[AD_HOC, ("INVOKE_MODE", mode)]);
        let request = url_request("GET", "query=slow", &[], None);
        let invocation = function.start_invocation(request.to_string(), TIMEOUT);
        let response = invocation.wait().response().http();
        assert_eq!(response.status, 504);
        assert_eq!(response.json()["error"]["type"], "Deadline");
        assert_eq!(server.execute_as_admin(UNDER_WAY), "0\n");
    }
}

/// The head of the response was sent already. The body must not look complete.
#[apply(on_each_server)]
fn in_the_middle_of_a_stream(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[AD_HOC, ("INVOKE_MODE", "RESPONSE_STREAM")]);
    // The statement returns more than a chunk at once, and then row by row.
    let sql = &format!(
        "SELECT seq, REPEAT('x', 1000) AS x, IF(seq > 500, SLEEP(0.01), 0) AS s FROM {}",
        product.sequence(1_000_000)
    );
    let body = json!({"sql": sql}).to_string();
    for accept in ["application/json", "application/x-ndjson"] {
        let request = url_request("POST", "", &[("accept", accept)], Some(&body));
        let invocation = function.start_invocation(request.to_string(), TIMEOUT);
        let response = invocation.wait().response();
        assert!(response.is_streamed);
        let http = response.http();
        assert_eq!(http.status, 200);
        assert_is_not_whole(&http, accept);
        assert!(http.text().contains("Deadline"));
        assert_eq!(server.execute_as_admin(UNDER_WAY), "0\n");
    }
    assert_eq!(rows(&function, &json!({})), items());
}

/// The server cannot be told to cancel the statement.
#[apply(on_each_server)]
fn of_a_network_that_is_silent(product: Product) {
    let server = Server::start(product, &Options::default());
    let proxy = FaultProxy::start(server.address(), Fault::Pass);
    let address = proxy.address().to_string();
    let function = start(&server, &[AD_HOC, ("DB_CONNECT_TO", &address)]);
    assert_eq!(rows(&function, &json!({})), items());
    proxy.set(Fault::BlackHole);
    for _ in 0..2 {
        let invocation = function.start_invocation("{}", TIMEOUT);
        let (kind, failure) = of_type(&invocation.wait().error());
        assert!(matches!(&*kind, "Deadline" | "Network"), "{failure}");
    }
    proxy.set(Fault::Pass);
    assert_eq!(rows(&function, &json!({})), items());
}

/// Less time than any statement takes.
#[apply(on_each_server)]
fn that_has_almost_come(product: Product) {
    let function = start(Server::shared(product), &[]);
    let _at = function.wait_for_start().ready_at();
    let invocation = function.start_invocation(r#"{"query": "slow"}"#, Duration::from_millis(250));
    let (kind, _) = of_type(&invocation.wait().error());
    assert_eq!(kind, "Deadline");
    assert_eq!(rows(&function, &json!({})), items());
}

//! The error of a failed connection, within the time of the invocation: the server's last refusal, or the current
//! stage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::scripted_peer::{Line, ScriptedPeer};
use rds_bridge_test_support::server::{Options, Product, Server};
use rds_bridge_test_support::server_packets::error;
use rds_bridge_test_support::tls_peer::frame;
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{invocation_lines, items, of_type, rows, start, url_request};
use crate::helpers::late_forwarder::forward;

/// Lambda's default timeout. The pool would retry for about ten seconds.
const TIMEOUT: Duration = Duration::from_secs(3);

#[apply(on_each_server)]
fn the_user_has_too_many_connections(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("ALTER USER 'lambda-user'@'%' WITH MAX_USER_CONNECTIONS 1");
    let first = start(&server, &[]);
    assert_eq!(rows(&first, &json!({})), items());
    let second = start(&server, &[]);
    let _at = second.wait_for_start().ready_at();
    let (kind, failure) = of_type(&second.start_invocation("{}", TIMEOUT).wait().error());
    assert_eq!(
        (&*kind, &failure["code"]),
        ("TooManyConnections", &json!(1226)),
        "{failure}"
    );
    let request = url_request("GET", "", &[], None).to_string();
    let http = second
        .start_invocation(request, TIMEOUT)
        .wait()
        .response()
        .http();
    assert_eq!((http.status, http.header("retry-after")), (503, Some("1")));
}

/// A server without a free connection refuses before TLS.
#[test]
fn the_server_has_too_many_connections() {
    let full = frame(0, &error(1040, "08004", "Too many connections"));
    let peer = ScriptedPeer::start(vec![Line::Send(full)]);
    let address = peer.address().to_string();
    let function = start(
        Server::shared(Product::MariaDb),
        &[("DB_CONNECT_TO", &address)],
    );
    let _at = function.wait_for_start().ready_at();
    let (kind, failure) = of_type(&function.start_invocation("{}", TIMEOUT).wait().error());
    assert_eq!(
        (&*kind, &failure["code"]),
        ("TooManyConnections", &json!(1040)),
        "{failure}"
    );
    // The function retries as long as there is time.
    assert!(peer.connections() > 2);
}

/// Error 1045 may be due to the limit of new connections, so a function that was accepted before retries.
#[apply(on_each_server)]
fn a_warm_function_is_denied(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[]);
    assert_eq!(rows(&function, &json!({})), items());
    server.expect(&Expectation {
        secret_access_key: "another".to_owned(),
        ..Expectation::default()
    });
    let ids = "SELECT id FROM information_schema.processlist WHERE user = 'lambda-user'";
    let id = server.execute_as_admin(ids);
    server.execute_as_admin(&format!("KILL {id}"));
    while !server.execute_as_admin(ids).is_empty() {}
    let (kind, failure) = of_type(&function.start_invocation("{}", TIMEOUT).wait().error());
    assert_eq!(
        (&*kind, &failure["code"]),
        ("Login", &json!(1045)),
        "{failure}"
    );
    assert!(failure["hint"].is_string(), "{failure}");
    let request = url_request("GET", "", &[], None).to_string();
    let http = function
        .start_invocation(request, TIMEOUT)
        .wait()
        .response()
        .http();
    assert_eq!(http.status, 502);
    assert_eq!(invocation_lines(&function, 3)[2]["error"]["code"], 1045);
}

#[test]
fn nothing_answers() {
    let server = Server::shared(Product::MariaDb);
    let proxy = FaultProxy::start(server.address(), Fault::BlackHole);
    let address = proxy.address().to_string();
    let function = start(server, &[("DB_CONNECT_TO", &address)]);
    let _at = function.wait_for_start().ready_at();
    let (kind, failure) = of_type(&function.start_invocation("{}", TIMEOUT).wait().error());
    assert_eq!(kind, "Deadline");
    let message = failure["message"].as_str().unwrap();
    assert!(
        message.starts_with("no connection to the database was established within 2.4 s"),
        "{message}"
    );
    assert_eq!(failure["stage"], "greeting");
    assert!(failure["hint"].is_string(), "{failure}");
}

/// A paused Aurora Serverless v2 cluster accepts the connection and sends the greeting once it has resumed. No stage
/// has a limit shorter than the invocation's.
#[apply(on_each_server)]
fn a_server_that_greets_late(product: Product) {
    const RESUMING: Duration = Duration::from_millis(10_500);
    let server = Server::shared(product);
    let is_resuming = Arc::new(AtomicBool::new(false));
    let address = forward(server.address(), Arc::clone(&is_resuming), RESUMING);
    let function = start(server, &[("DB_CONNECT_TO", &address.to_string())]);
    let _at = function.wait_for_start().ready_at();
    is_resuming.store(true, Ordering::SeqCst);
    let invocation = function.start_invocation("{}", Duration::from_secs(60));
    assert_eq!(invocation.wait().response().json(), items());
}

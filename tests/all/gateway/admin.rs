//! The admin address.

use rds_bridge_test_support::server::{Options, Product, Server};
use serde_json::Value as Json;

use crate::helpers::gateway::Gateway;

#[test]
fn health_and_metrics() {
    let server = Server::start(Product::MySql, &Options::default());
    let gateway = Gateway::start(&server, &["--trust-loopback", "--admin", "127.0.0.1:0"]);
    assert_eq!(gateway.get_admin("/live").status, 200);
    assert_eq!(gateway.get_admin("/ready").status, 200);
    assert_eq!(gateway.get_admin("/other").status, 404);

    gateway.execute("SELECT 1", &Json::Null);
    gateway.execute("SELECT wrong", &Json::Null);
    gateway.execute("BEGIN", &Json::Null);
    let metrics = gateway.get_admin("/metrics").body;
    for line in [
        "rds_bridge_gateway_open_requests 0",
        "rds_bridge_gateway_open_sessions 1",
        "rds_bridge_gateway_answered_total 3",
        "rds_bridge_gateway_failed_total 1",
        "rds_bridge_gateway_refused_total 0",
        "# TYPE rds_bridge_gateway_failed_total counter",
        "# TYPE rds_bridge_gateway_open_sessions gauge",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
}

#[test]
fn a_gateway_without_its_database_is_alive_and_not_ready() {
    let server = Server::start(Product::MySql, &Options::default());
    let arguments = [
        "--trust-loopback",
        "--admin",
        "127.0.0.1:0",
        "--connect-timeout",
        "3",
    ];
    let gateway = Gateway::start(&server, &arguments);
    server.kill();
    assert_eq!(gateway.get_admin("/live").status, 200);
    let ready = gateway.get_admin("/ready");
    assert_eq!(ready.status, 503);
    assert!(ready.body.starts_with("iamtest: "), "{ready:?}");
    let reply = gateway.execute("SELECT 1", &Json::Null);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.contains("(sqlstate "), "{message}");
}

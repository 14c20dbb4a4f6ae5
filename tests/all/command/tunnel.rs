//! `--connect-to` through a forwarder of TCP connections, as `ssh -L` and SSM's port forwarding are. The forwarder is
//! the tests' own: it accepts on a loopback port, and copies bytes to the server.

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::Value as Json;

use crate::helpers::command::{stderr, stdout, with};
use crate::helpers::relay::Relay;

/// Token and certificate are the endpoint's: the server's plugin verifies the token for its name, and the client the
/// certificate.
#[apply(on_each_server)]
fn the_endpoint_keeps_its_name(product: Product) {
    let server = Server::shared(product);
    let tunnel = Relay::start(&[server.address()], None);
    let address = tunnel.address().to_string();
    let options = ["--hostname", ENDPOINT, "--connect-to", &address];
    let without_variable = [("DB_HOST", ""), ("DB_CONNECT_TO", "")];

    let arguments = [&["query", "SELECT CURRENT_USER() AS u"][..], &options].concat();
    let output = with(server, &without_variable, &arguments);
    assert_eq!(
        stdout(&output),
        "{\"u\":\"lambda-user@%\"}\n",
        "{}",
        stderr(&output)
    );
    assert!(tunnel.sent() > 0);

    let arguments = [&["doctor", "--offline", "--json"][..], &options].concat();
    let output = with(server, &without_variable, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let report: Json = serde_json::from_str(stdout(&output)).unwrap();
    let detail = |name: &str| {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["check"] == name);
        check.unwrap()["detail"].as_str().unwrap().to_owned()
    };
    let settings = detail("settings");
    assert!(
        settings.contains(&format!(" at {ENDPOINT}:3306")),
        "{settings}"
    );
    assert!(
        settings.ends_with(&format!(", through {address}")),
        "{settings}"
    );
    assert_eq!(detail("TCP"), address);
    let tls = detail("TLS");
    assert!(
        tls.contains(&format!("certificate for {ENDPOINT}")),
        "{tls}"
    );
    assert!(tunnel.sent() > 0);
}

/// The tunnel's own address as the host is the usual mistake.
#[test]
fn a_tunnel_is_not_an_endpoint() {
    let server = Server::shared(Product::MySql);
    let tunnel = Relay::start(&[server.address()], None);
    let port = tunnel.address().port().to_string();
    let arguments = [
        "query",
        "SELECT 1",
        "--hostname",
        "localhost",
        "--port",
        &port,
        "--region",
        "us-east-1",
    ];
    let output = with(server, &[("DB_CONNECT_TO", "")], &arguments);
    assert_eq!(output.status.code(), Some(8), "{}", stderr(&output));
    let remedy =
        "give the endpoint (….rds.amazonaws.com) with --hostname, and the tunnel with --connect-to";
    assert!(stderr(&output).contains(remedy), "{}", stderr(&output));
}

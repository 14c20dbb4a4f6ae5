//! Events between two invocations: the server closes the connection, the server is unreachable for some time, or Lambda
//! freezes the process.

use std::time::Duration;

use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy, Side};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{
    AD_HOC, connection_id, failure, invocation_lines, items, logins, rows, start,
};

const KILLED: &str =
    "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'lambda-user'";

/// Kills all connections of the function, and waits for their end.
fn kill_connections(server: &Server) {
    server.kill_connections_of("lambda-user");
    while server.execute_as_admin(KILLED) != "0\n" {}
}

#[apply(on_each_server)]
fn one_that_the_server_has_closed_is_renewed(product: Product) {
    let server = Server::start(product, &Options::default());
    for changes in [&[][..], &[crate::helpers::function::WRITES]] {
        let function = start(&server, changes);
        let mut last = connection_id(&function);
        let logged_in = logins(&server);
        for _ in 0..3 {
            kill_connections(&server);
            // The invocation succeeds with a new connection.
            let now = connection_id(&function);
            assert_ne!(now, last);
            assert_eq!(connection_id(&function), now);
            last = now;
        }
        assert_eq!(logins(&server), logged_in + 3);
        let lines = invocation_lines(&function, 7);
        let reused: Vec<_> = lines
            .iter()
            .map(|line| line["reusedConnection"] == true)
            .collect();
        assert_eq!(reused, [true, false, true, false, true, false, true]);
    }
}

/// `wait_timeout` closes idle connections: after eight hours by default.
#[apply(on_each_server)]
fn one_that_the_server_found_idle_is_renewed(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--wait-timeout=1".to_owned()],
            ..Options::default()
        },
    );
    let function = start(&server, &[]);
    let first = connection_id(&function);
    while server.execute_as_admin(KILLED) != "0\n" {}
    assert_ne!(connection_id(&function), first);
}

/// A frozen process does not notice the end of its connections.
#[apply(on_each_server)]
fn a_freeze(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[]);
    let first = connection_id(&function);
    function.freeze();
    kill_connections(&server);
    function.thaw();
    let second = connection_id(&function);
    assert_ne!(first, second);
    // A freeze during which the connection stays open.
    function.freeze();
    std::thread::sleep(Duration::from_secs(2));
    function.thaw();
    assert_eq!(connection_id(&function), second);
}

/// The network has forgotten the connection without telling either side, as a NAT does after some minutes.
#[apply(on_each_server)]
fn a_freeze_after_which_the_network_is_silent(product: Product) {
    let server = Server::start(product, &Options::default());
    let proxy = FaultProxy::start(server.address(), Fault::Pass);
    let address = proxy.address().to_string();
    let function = start(&server, &[("DB_CONNECT_TO", &address)]);
    let first = connection_id(&function);
    function.freeze();
    proxy.set(Fault::BlackHole);
    kill_connections(&server);
    // The end of the connection is lost on the way. The connection has also been idle for longer than the pool trusts
    // one without checking it. New connections are forwarded.
    std::thread::sleep(Duration::from_millis(1500));
    proxy.set(Fault::Pass);
    function.thaw();
    assert_ne!(connection_id(&function), first);
}

#[apply(on_each_server)]
fn the_server_gone_and_back(product: Product) {
    let server = Server::start(product, &Options::default());
    let proxy = FaultProxy::start(server.address(), Fault::Pass);
    let address = proxy.address().to_string();
    let function = start(&server, &[("DB_CONNECT_TO", &address)]);
    assert_eq!(rows(&function, &json!({})), items());
    for gone in [
        Fault::Reset {
            from: Side::Server,
            after: 0,
        },
        Fault::Cut {
            from: Side::Server,
            after: 0,
        },
    ] {
        proxy.set(gone);
        proxy.close_connections();
        for _ in 0..2 {
            let (kind, failure) = failure(&function, &json!({}));
            assert_eq!(kind, "Network", "{failure}");
            assert!(
                failure["hint"].is_string() && failure["stage"].is_string(),
                "{failure}"
            );
        }
        proxy.set(Fault::Pass);
        assert_eq!(rows(&function, &json!({})), items());
    }
}

/// The server does not answer when the function starts. The first invocation tries again.
#[apply(on_each_server)]
fn the_server_comes_later(product: Product) {
    let server = Server::start(product, &Options::default());
    let gone = Fault::Reset {
        from: Side::Server,
        after: 0,
    };
    let proxy = FaultProxy::start(server.address(), gone);
    let address = proxy.address().to_string();
    let function = start(&server, &[("DB_CONNECT_TO", &address)]);
    let _at = function.wait_for_start().ready_at();
    assert_eq!(failure(&function, &json!({})).0, "Network");
    proxy.set(Fault::Pass);
    assert_eq!(rows(&function, &json!({})), items());
}

/// The state that a statement leaves in its session is gone before the next invocation.
#[apply(on_each_server)]
fn nothing_of_one_invocation_is_left_for_the_next(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[AD_HOC]);
    let variable = json!({"sql": "SELECT @mine AS mine, @@sql_mode AS mode"});
    let before = rows(&function, &variable);
    for statement in [
        "SET @mine = 7",
        "SET SESSION sql_mode = 'ANSI'",
        "SELECT 1 INTO @mine",
    ] {
        let _whatever = function.invoke(json!({"sql": statement}).to_string());
        assert_eq!(rows(&function, &variable), before, "{statement}");
    }
}

//! SIGTERM: clients finish their statements.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::send_signal;
use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;

#[apply(on_each_server)]
fn a_running_statement_is_answered_and_an_idle_client_closed(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &[]);
    block_on(async {
        let mut idle = proxy.connect().await;
        let mut busy = proxy.connect().await;
        let answered = busy.query_first::<u8, _>("SELECT SLEEP(3)");
        let terminating = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            send_signal(proxy.process(), "-TERM");
        };
        let (answered, ()) = tokio::join!(answered, terminating);
        assert_eq!(answered.unwrap(), Some(0));
        idle.ping().await.unwrap_err();
    });
    let (status, log) = proxy.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn after_the_limit_the_rest_is_closed() {
    let server = Server::shared(Product::MySql);
    let proxy = Proxy::start(server, &["--drain-timeout", "1"]);
    block_on(async {
        let mut busy = proxy.connect().await;
        let answered = busy.query_first::<u8, _>("SELECT SLEEP(600)");
        let terminating = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            send_signal(proxy.process(), "-TERM");
        };
        let (answered, ()) = tokio::join!(answered, terminating);
        answered.unwrap_err();
    });
    let (status, log) = proxy.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("closed 1 clients that were open after 1 s"),
        "{log}"
    );
}

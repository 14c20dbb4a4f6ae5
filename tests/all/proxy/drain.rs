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
use crate::helpers::waiting::until_executing;

#[apply(on_each_server)]
fn a_running_statement_is_answered_and_an_idle_client_closed(product: Product) {
    let server = Server::shared(product);
    let proxy = Proxy::start(server, &[]);
    block_on(async {
        let mut idle = proxy.connect().await;
        let mut busy = proxy.connect().await;
        let id = busy.id();
        let answered = busy.query_first::<u8, _>("SELECT SLEEP(3)");
        let terminating = async {
            until_executing(server, id, "SLEEP(3)").await;
            send_signal(proxy.process(), "-TERM");
        };
        let (answered, ()) = tokio::join!(answered, terminating);
        assert_eq!(answered.unwrap(), Some(0));
        idle.ping().await.unwrap_err();
    });
    let (status, log) = proxy.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
}

/// What a client does while the proxy drains, each step after a pause longer than that after which an idle client is
/// closed.
#[apply(on_each_server)]
fn an_unfinished_reply_and_an_open_transaction_keep_a_client(product: Product) {
    let server = Server::shared(product);
    let proxy = Proxy::start(server, &["--drain-timeout", "60"]);
    block_on(async {
        let mut several = proxy.connect().await;
        let mut in_transaction = proxy.connect().await;
        let pause = || tokio::time::sleep(Duration::from_secs(2));
        in_transaction.query_drop("BEGIN").await.unwrap();
        let id = several.id();
        let reading = async {
            let sql = "SELECT 1; DO SLEEP(2); SELECT 2; DO SLEEP(2); SELECT 3";
            let mut results = several.query_iter(sql).await.unwrap();
            let mut read = Vec::new();
            while !results.is_empty() {
                read.extend(results.collect::<u8>().await.unwrap());
            }
            read
        };
        let draining = async {
            until_executing(server, id, "SLEEP(2)").await;
            send_signal(proxy.process(), "-TERM");
            pause().await;
            in_transaction.query_drop("SELECT 1").await.unwrap();
            pause().await;
            in_transaction.query_drop("COMMIT").await.unwrap();
            pause().await;
            // Now it is idle.
            in_transaction.ping().await.unwrap_err();
        };
        let (read, ()) = tokio::join!(reading, draining);
        assert_eq!(read, [1, 2, 3]);
    });
    let (status, log) = proxy.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("still open after"), "{log}");
}

#[test]
fn after_the_limit_the_rest_is_closed() {
    let server = Server::shared(Product::MySql);
    let proxy = Proxy::start(server, &["--drain-timeout", "1"]);
    block_on(async {
        let mut busy = proxy.connect().await;
        let id = busy.id();
        let answered = busy.query_first::<u8, _>("SELECT SLEEP(600)");
        let terminating = async {
            until_executing(server, id, "SLEEP(600)").await;
            send_signal(proxy.process(), "-TERM");
        };
        let (answered, ()) = tokio::join!(answered, terminating);
        answered.unwrap_err();
    });
    let (status, log) = proxy.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("client connections that were still open after 1 s and were closed: 1"),
        "{log}"
    );
}

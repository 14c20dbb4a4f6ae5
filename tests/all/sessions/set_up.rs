//! The set-up that makes a session read-only. MariaDB receives it in one flight with the first query.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rds_bridge::Stage;
use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, Param, Protocol};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rds_bridge_test_support::tls_peer::TlsPeer;
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::hostile_server;
use crate::helpers::live::{block_on, connect_with_password};

/// MariaDB has MySQL's name of the variable only since 11.1.
fn read_only_variable(product: Product) -> &'static str {
    match product {
        Product::MySql => "@@session.transaction_read_only",
        Product::MariaDb => "@@session.tx_read_only",
    }
}

const UPDATE: &str = "UPDATE items SET price = price";

async fn is_read_only(product: Product, connection: &mut Connection) -> bool {
    let sql = format!("SELECT {}", read_only_variable(product));
    let mut rows = connection.query(&sql).await.unwrap();
    let row = rows.next().await.unwrap().unwrap();
    row.get(0).unwrap()
}

#[apply(on_each_server)]
fn the_first_statement_finds_it_done(product: Product) {
    block_on(async {
        assert!(
            is_read_only(
                product,
                &mut connect_with_password(Server::shared(product)).await
            )
            .await
        );

        let mut connection = connect_with_password(Server::shared(product)).await;
        let sql = format!("SELECT {} + ?", read_only_variable(product));
        let mut rows = connection
            .query_with(&sql, &[Param::from(1)])
            .await
            .unwrap();
        assert_eq!(rows.next().await.unwrap().unwrap().get(0), Ok(2));
        drop(rows);
        assert!(is_read_only(product, &mut connection).await);

        let mut connection = connect_with_password(Server::shared(product)).await;
        let created = connection.query("CREATE TABLE t (id INT)").await.map(drop);
        assert_eq!(created.unwrap_err().code(), Some(1792));
        assert!(is_read_only(product, &mut connection).await);

        let mut connection = connect_with_password(Server::shared(product)).await;
        connection.ping().await.unwrap();
        assert!(is_read_only(product, &mut connection).await);
        connect_with_password(Server::shared(product))
            .await
            .close()
            .await
            .unwrap();
    });
}

/// Whatever the future has done before it is dropped, a later statement gets its own reply.
#[apply(on_each_server)]
fn a_first_query_that_is_given_up(product: Product) {
    block_on(async {
        for polls in 1..8 {
            for sql in ["SELECT 'not this'", "DO 1"] {
                let mut connection = connect_with_password(Server::shared(product)).await;
                {
                    let mut query = pin!(connection.query(sql));
                    for _ in 0..polls {
                        let waker = Waker::noop();
                        if let Poll::Ready(done) =
                            query.as_mut().poll(&mut Context::from_waker(waker))
                        {
                            done.unwrap();
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                }
                if connection.is_usable() {
                    assert!(
                        is_read_only(product, &mut connection).await,
                        "{sql} {polls}"
                    );
                }
            }
        }
    });
}

#[test]
fn a_refusal_is_told_and_ends_the_connection() {
    block_on(async {
        let peer = TlsPeer::as_maria_db_that_refuses_set_up();
        let mut connection = hostile_server::connect_with(&peer, Protocol::Auto).await;
        let error = connection.query("SELECT 1").await.map(drop).unwrap_err();
        assert_eq!((error.stage(), error.code()), (Stage::Session, Some(1227)));
        assert_eq!(peer.asked().len(), 1);
        let error = connection.query("SELECT 1").await.map(drop).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unusable), "{error}");
    });
}

#[test]
fn what_may_write_is_not_sent_before_it_is_done() {
    for sql in [UPDATE, "WITH t AS (SELECT 1) UPDATE items, t SET price = 0"] {
        block_on(async {
            let peer = TlsPeer::as_maria_db_that_refuses_set_up();
            let mut connection = hostile_server::connect_with(&peer, Protocol::Auto).await;
            let error = connection.query(sql).await.map(drop).unwrap_err();
            assert_eq!((error.stage(), error.code()), (Stage::Session, Some(1227)));
            assert!(!connection.is_usable());
            assert!(peer.asked().is_empty(), "{:?}", peer.asked());
        });
    }
}

/// The query is split into two packets, the second of which is empty. It is the longest that the server accepts by
/// default.
#[apply(on_each_server)]
fn a_long_first_query(product: Product) {
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        let length = 0xFF_FFFF - 1 - "SELECT LENGTH('')".len();
        let sql = format!("SELECT LENGTH('{}')", "x".repeat(length));
        let mut rows = connection.query(&sql).await.unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!(row.get(0), Ok(u64::try_from(length).unwrap()));
        drop(rows);
        assert!(is_read_only(product, &mut connection).await);
    });
}

/// The statement is dropped while its reply is on the way. The reply is discarded later, and its unread bytes do not
/// count as the end of the connection.
#[apply(on_each_server)]
fn a_set_up_that_is_given_up_is_still_to_be_read(product: Product) {
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        {
            let mut update = pin!(connection.execute(UPDATE, ()));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(update.as_mut().poll(&mut cx).is_pending());
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(!connection.has_ended());
        assert!(is_read_only(product, &mut connection).await);
        connection.close().await.unwrap();
    });
}

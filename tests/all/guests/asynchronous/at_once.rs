//! Calls of one guest that wait for the server at the same time.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::{Duration, sleep};

use super::streams::any;
use crate::helpers::async_guest::AsyncGuest;
use crate::helpers::guest::{Error, Lost, Value};
use crate::helpers::live::{block_on, connect_as_admin, first_value};

/// It waits for a lock that the test has, and gives it back.
const LOCKED: &str = "SELECT GET_LOCK('p3_at_once', 1000) + RELEASE_LOCK('p3_at_once')";

async fn until(admin: &mut rds_bridge::mysql::Connection, statement: &str, count: i64) {
    let running = format!(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '{statement}%'"
    );
    while first_value::<i64>(admin, &running).await != count {
        sleep(Duration::from_millis(20)).await;
    }
}

#[apply(on_each_server)]
fn statements_of_two_connections_are_executed_at_the_same_time(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        first_value::<i64>(&mut admin, "SELECT GET_LOCK('p3_at_once', 0)").await;
        let mut guest = AsyncGuest::new(&any(&server).await).await;
        let (first, second) = (guest.open().await.unwrap(), guest.open().await.unwrap());
        let both = async {
            until(&mut admin, "SELECT GET_LOCK", 2).await;
            first_value::<i64>(&mut admin, "SELECT RELEASE_LOCK('p3_at_once')").await;
        };
        let connections = [first, second];
        let (done, ()) = tokio::join!(guest.together(&connections, LOCKED), both);
        assert_eq!(done.len(), 2);
        assert!(done.iter().all(Result::is_ok), "{done:?}");
        assert_eq!(guest.one(second, "SELECT 2").await, Value::Int(2));
    });
}

#[apply(on_each_server)]
fn a_connection_executes_one_statement_at_a_time(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        first_value::<i64>(&mut admin, "SELECT GET_LOCK('p3_at_once', 0)").await;
        let mut guest = AsyncGuest::new(&any(&server).await).await;
        let connection = guest.open().await.unwrap();
        let first = async {
            until(&mut admin, "SELECT GET_LOCK", 1).await;
            first_value::<i64>(&mut admin, "SELECT RELEASE_LOCK('p3_at_once')").await;
        };
        let connections = [connection, connection];
        let (done, ()) = tokio::join!(guest.together(&connections, LOCKED), first);
        assert!(done[0].is_ok(), "{done:?}");
        assert_eq!(done[1].as_ref().unwrap_err(), &Error::Busy);
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
    });
}

#[apply(on_each_server)]
fn a_call_that_the_guest_gives_up_ends_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        first_value::<i64>(&mut admin, "SELECT GET_LOCK('p3_at_once', 0)").await;
        let mut guest = AsyncGuest::new(&any(&server).await).await;
        let (given_up, other) = (guest.open().await.unwrap(), guest.open().await.unwrap());
        let running = async {
            until(&mut admin, "SELECT SLEEP", 1).await;
            first_value::<i64>(&mut admin, "SELECT RELEASE_LOCK('p3_at_once')").await;
        };
        let ((), ()) = tokio::join!(
            guest.give_up(given_up, "SELECT SLEEP(1000)", other, LOCKED),
            running
        );
        until(&mut admin, "SELECT SLEEP", 0).await;
        let lost = guest.execute(given_up, "SELECT 1").await;
        assert_eq!(
            lost.unwrap_err(),
            Error::ConnectionLost(Lost {
                may_have_run: false
            })
        );
        assert_eq!(guest.one(other, "SELECT 2").await, Value::Int(2));
    });
}

#[apply(on_each_server)]
fn a_call_that_the_host_drops_ends_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        let mut guest = AsyncGuest::new(&any(&server).await).await;
        let connection = guest.open().await.unwrap();
        tokio::select! {
            ended = guest.execute(connection, "SELECT SLEEP(1000)") => panic!("{ended:?}"),
            () = until(&mut admin, "SELECT SLEEP", 1) => {}
        }
        drop(guest);
        until(&mut admin, "SELECT SLEEP", 0).await;
    });
}

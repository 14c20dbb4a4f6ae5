//! Transactions of asynchronous guests.

use rds_bridge_guests::Access;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use super::streams::waits_for;
use crate::guests::transactions::{LEVEL, LEVELS, assert_access, until_it_is_shown};
use crate::helpers::async_guest::{AsyncGuest, Begin, Isolation};
use crate::helpers::guest::{Error, Rule, Value, tenant_with};
use crate::helpers::live::{block_on, connect_as_admin, first_value};

async fn writer(server: &Server, table: &str) -> (AsyncGuest, u32) {
    server.execute_as_admin(&format!(
        "DROP TABLE IF EXISTS iamtest.{table}; CREATE TABLE iamtest.{table} (id INT PRIMARY KEY) ENGINE = InnoDB"
    ));
    let tenant = tenant_with(server, Access::ReadWrite, |_| {}).await;
    let mut guest = AsyncGuest::new(&tenant).await;
    let connection = guest.open().await.unwrap();
    (guest, connection)
}

#[apply(on_each_server)]
fn a_transaction_is_committed_rolled_back_or_dropped(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let (mut guest, connection) = writer(server, "async_ends").await;
        let insert = |id: u32| format!("INSERT INTO async_ends VALUES ({id})");

        let transaction = guest.begin(connection).await.unwrap();
        let summary = guest.execute_in(transaction, &insert(1)).await.unwrap();
        assert_eq!(summary.affected_rows, 1);
        guest.commit(transaction).await.unwrap();

        let transaction = guest.begin(connection).await.unwrap();
        guest.execute_in(transaction, &insert(2)).await.unwrap();
        guest.rollback(transaction).await.unwrap();

        let transaction = guest.begin(connection).await.unwrap();
        guest.execute_in(transaction, &insert(3)).await.unwrap();
        guest.drop_transaction(transaction).await;

        let ids = "SELECT GROUP_CONCAT(id) FROM async_ends";
        assert_eq!(guest.one(connection, ids).await, Value::Text("1".into()));

        // The connection first: the transaction still has it.
        let transaction = guest.begin(connection).await.unwrap();
        guest.drop_connection(connection).await;
        guest.execute_in(transaction, &insert(4)).await.unwrap();
        guest.commit(transaction).await.unwrap();
        let connection = guest.open().await.unwrap();
        assert_eq!(guest.one(connection, ids).await, Value::Text("1,4".into()));
    });
}

#[apply(on_each_server)]
fn what_is_open_makes_the_connection_busy(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let (mut guest, connection) = writer(server, "async_busy").await;
        let two = "SELECT 1 UNION ALL SELECT 2";
        let transaction = guest.begin(connection).await.unwrap();
        let refused = guest.query(connection, "SELECT 3", &[]).await;
        assert_eq!(refused.unwrap_err(), Error::Busy);
        assert_eq!(guest.begin(connection).await.unwrap_err(), Error::Busy);
        let refused = guest.execute_in(transaction, "COMMIT").await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Transaction));
        let rows = guest.query_in(transaction, two).await.unwrap();
        guest.read(rows).await;
        let refused = guest
            .execute_in(transaction, "DELETE FROM async_busy")
            .await;
        assert_eq!(refused.unwrap_err(), Error::Busy);
        // `commit` passes over the rows.
        guest.commit(transaction).await.unwrap();
        assert!(guest.next(rows, 1).await.is_empty());
        assert_eq!(guest.end(rows).await.unwrap_err(), Error::TransactionEnded);
        assert_eq!(guest.one(connection, "SELECT 4").await, Value::Int(4));
    });
}

/// A read that the guest has cancelled still waits for the server, and has the connection.
#[apply(on_each_server)]
fn a_transaction_that_ends_during_a_read_is_rolled_back(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let mut admin = connect_as_admin(server).await;
        for (table, commits) in [("async_commits", true), ("async_drops", false)] {
            let (mut guest, connection) = writer(server, table).await;
            let lock = format!("p3_{table}");
            let held = format!("SELECT GET_LOCK('{lock}', 0)");
            assert_eq!(first_value::<i64>(&mut admin, &held).await, 1);
            let transaction = guest.begin(connection).await.unwrap();
            let insert = format!("INSERT INTO {table} VALUES (1)");
            guest.execute_in(transaction, &insert).await.unwrap();
            let rows = guest.query_in(transaction, &waits_for(&lock)).await;
            let rows = rows.unwrap();
            guest.read(rows).await;
            assert_eq!(guest.next(rows, 1).await.len(), 1);
            while guest.cancel_next(rows).await {}
            if commits {
                assert_eq!(guest.commit(transaction).await.unwrap_err(), Error::Busy);
            } else {
                guest.drop_transaction(transaction).await;
            }
            let release = format!("SELECT RELEASE_LOCK('{lock}')");
            first_value::<i64>(&mut admin, &release).await;
            assert_eq!(guest.next(rows, 1).await.len(), 1);
            assert!(guest.next(rows, 1).await.is_empty());
            assert_eq!(guest.end(rows).await.unwrap_err(), Error::TransactionEnded);
            let count = format!("SELECT COUNT(*) FROM {table}");
            assert_eq!(guest.one(connection, &count).await, Value::Int(0));
        }
    });
}

#[apply(on_each_server)]
fn a_transaction_has_the_level_and_the_access_that_the_guest_requests(product: Product) {
    block_on(async {
        let server = Server::start(product, &Options::default());
        let (mut guest, connection) = writer(&server, "async_options").await;
        let isolations = [
            Some(Isolation::ReadUncommitted),
            Some(Isolation::ReadCommitted),
            Some(Isolation::RepeatableRead),
            Some(Isolation::Serializable),
            None,
        ];
        for (isolation, level) in isolations.into_iter().zip(LEVELS) {
            for read_only in [false, true] {
                let options = Begin {
                    read_only,
                    isolation,
                };
                let transaction = guest.begin_with(connection, options).await.unwrap();
                let count = "SELECT COUNT(*) FROM async_options";
                guest.execute_in(transaction, count).await.unwrap();
                until_it_is_shown().await;
                let rows = guest.query_in(transaction, LEVEL).await.unwrap();
                guest.read(rows).await;
                assert_eq!(
                    guest.rest(rows).await.unwrap(),
                    [[Value::Text(level.into())]]
                );
                let insert = "INSERT INTO async_options VALUES (1)";
                assert_access(read_only, guest.execute_in(transaction, insert).await);
                guest.rollback(transaction).await.unwrap();
            }
        }
    });
}

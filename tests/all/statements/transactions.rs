//! `Connection::transaction`: the guard, its end, and other ways to end a transaction.

use std::time::Duration;

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, IsolationLevel, TransactionOptions};
use rds_bridge::pool::Pool;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect_as_admin, first_value, to};

/// Creates a table for one test. It is not temporary, because temporary tables have no locks.
async fn table(connection: &mut Connection, name: &str) {
    let drop = format!("DROP TABLE IF EXISTS {name}");
    connection.execute(&drop, ()).await.unwrap();
    let create = format!("CREATE TABLE {name} (id INT PRIMARY KEY, value INT) ENGINE=InnoDB");
    connection.execute(&create, ()).await.unwrap();
}

async fn count(connection: &mut Connection, name: &str) -> u64 {
    first_value(connection, &format!("SELECT COUNT(*) FROM {name}")).await
}

#[apply(on_each_server)]
fn it_is_committed_or_rolled_back(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_ends").await;
        let insert = "INSERT INTO tx_ends VALUES (?, 0)";

        let mut transaction = connection.transaction().await.unwrap();
        transaction.execute(insert, (1,)).await.unwrap();
        transaction.commit().await.unwrap();

        let mut transaction = connection.transaction().await.unwrap();
        transaction.execute(insert, (2,)).await.unwrap();
        transaction.roll_back().await.unwrap();

        let mut transaction = connection.transaction().await.unwrap();
        transaction.execute(insert, (3,)).await.unwrap();
        drop(transaction);
        // The statement after the transaction is not a part of it.
        connection.execute(insert, (4,)).await.unwrap();
        assert!(!connection.is_in_transaction());

        let mut other = connect_as_admin(server).await;
        let sql = "SELECT id FROM tx_ends ORDER BY id";
        let ids: Vec<(i32,)> = other.query_all(sql, ()).await.unwrap();
        assert_eq!(ids, [(1,), (4,)]);
    });
}

#[apply(on_each_server)]
fn one_that_is_dropped_is_rolled_back_before_any_other_call(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_dropped").await;
        let insert = "INSERT INTO tx_dropped VALUES (1, 0)";
        for call in 0..6 {
            let mut transaction = connection.transaction().await.unwrap();
            // The transaction also has unread rows.
            transaction.execute(insert, ()).await.unwrap();
            let _rows = transaction.query("SELECT 1 UNION SELECT 2").await.unwrap();
            drop(transaction);
            match call {
                0 => connection.ping().await.unwrap(),
                1 => connection.reset().await.unwrap(),
                2 => drop(connection.query("SELECT 1").await.unwrap()),
                3 => drop(connection.query_with("SELECT ?", (1,)).await.unwrap()),
                4 => drop(connection.transaction().await.unwrap()),
                _ => drop(connection.execute("COMMIT", ()).await.unwrap()),
            }
            assert_eq!(count(&mut connection, "tx_dropped").await, 0, "{call}");
        }
    });
}

#[apply(on_each_server)]
fn a_second_one_and_statements_after_its_end_are_refused(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_over").await;
        let insert = "INSERT INTO tx_over VALUES (1, 0)";

        let mut transaction = connection.transaction().await.unwrap();
        let second = transaction.transaction().await.unwrap_err();
        assert!(
            matches!(second.kind(), ErrorKind::TransactionOpen),
            "{second:?}"
        );
        // `CREATE TABLE` commits implicitly.
        let create = "CREATE TABLE IF NOT EXISTS tx_implicit (id INT)";
        transaction.execute(create, ()).await.unwrap();
        let after = transaction.execute(insert, ()).await.unwrap_err();
        assert!(
            matches!(after.kind(), ErrorKind::TransactionEnded),
            "{after:?}"
        );
        let after = transaction.query_with("SELECT ?", (1,)).await.unwrap_err();
        assert!(
            matches!(after.kind(), ErrorKind::TransactionEnded),
            "{after:?}"
        );
        let commit = transaction.commit().await.unwrap_err();
        assert!(
            matches!(commit.kind(), ErrorKind::TransactionEnded),
            "{commit:?}"
        );
        assert_eq!(count(&mut connection, "tx_over").await, 0);

        // The transaction was begun with a statement. Beginning another would commit it.
        connection.execute("START TRANSACTION", ()).await.unwrap();
        let second = connection.transaction().await.unwrap_err();
        assert!(
            matches!(second.kind(), ErrorKind::TransactionOpen),
            "{second:?}"
        );
        connection.execute("ROLLBACK", ()).await.unwrap();
        connection
            .transaction()
            .await
            .unwrap()
            .commit()
            .await
            .unwrap();
    });
}

#[apply(on_each_server)]
fn after_a_deadlock_nothing_is_executed_alone(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut one = connect_as_admin(server).await;
        let mut other = connect_as_admin(server).await;
        table(&mut one, "tx_deadlock").await;
        let insert = "INSERT INTO tx_deadlock VALUES (1, 0), (2, 0)";
        one.execute(insert, ()).await.unwrap();
        let update = "UPDATE tx_deadlock SET value = value + 1 WHERE id = ?";

        let mut first = one.transaction().await.unwrap();
        let mut second = other.transaction().await.unwrap();
        first.execute(update, (1,)).await.unwrap();
        second.execute(update, (2,)).await.unwrap();
        let (of_first, of_second) =
            tokio::join!(first.execute(update, (2,)), second.execute(update, (1,)));
        let (mut victim, survivor) = match (of_first, of_second) {
            (Err(error), Ok(_)) => {
                assert_eq!(error.code(), Some(1213));
                (first, second)
            }
            (Ok(_), Err(error)) => {
                assert_eq!(error.code(), Some(1213));
                (second, first)
            }
            ends => panic!("one of them is the victim: {ends:?}"),
        };
        let alone = victim.execute(update, (1,)).await.unwrap_err();
        assert!(
            matches!(alone.kind(), ErrorKind::TransactionEnded),
            "{alone:?}"
        );
        victim.roll_back().await.unwrap();
        survivor.commit().await.unwrap();
        let sum = "SELECT CAST(SUM(value) AS SIGNED) FROM tx_deadlock";
        assert_eq!(first_value::<i64>(&mut one, sum).await, 2);
    });
}

#[apply(on_each_server)]
fn its_options_reach_the_server(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_options").await;
        let read_only = TransactionOptions::default()
            .read_only(true)
            .consistent_snapshot(true)
            .isolation_level(IsolationLevel::RepeatableRead);
        let mut transaction = connection.transaction_with(read_only).await.unwrap();
        let mut other = connect_as_admin(server).await;
        let insert = "INSERT INTO tx_options VALUES (1, 0)";
        other.execute(insert, ()).await.unwrap();
        assert_eq!(count(&mut transaction, "tx_options").await, 0);
        let refused = transaction.execute(insert, ()).await.unwrap_err();
        assert_eq!(refused.code(), Some(1792));
        transaction.commit().await.unwrap();
        assert_eq!(count(&mut connection, "tx_options").await, 1);
    });
}

#[apply(on_each_server)]
fn a_pool_rolls_it_back(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = to(server)
            .user("admin")
            .password(PASSWORD)
            .allow_writes(true);
        let pool = Pool::builder(bridge.build().await.unwrap()).max_size(1);
        let pool = pool.build().unwrap();
        let mut connection = pool.get().await.unwrap();
        table(&mut connection, "tx_pool").await;
        let mut transaction = connection.transaction().await.unwrap();
        let insert = "INSERT INTO tx_pool VALUES (1, 0)";
        transaction.execute(insert, ()).await.unwrap();
        drop(transaction);
        drop(connection);
        // The transaction's locks are released before another caller gets the connection.
        let mut other = connect_as_admin(server).await;
        let waiting = async { other.execute(insert, ()).await.unwrap() };
        tokio::time::timeout(Duration::from_secs(30), waiting)
            .await
            .unwrap();
        let mut connection = pool.get().await.unwrap();
        assert_eq!(count(&mut connection, "tx_pool").await, 1);
    });
}

//! `Connection::transaction`: the guard, its end, and other ways to end a transaction.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{AccessMode, Connection, IsolationLevel, TransactionOptions};
use rds_bridge::pool::Pool;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::sleep;

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
        let ended = victim.roll_back().await.unwrap_err();
        assert!(
            matches!(ended.kind(), ErrorKind::TransactionEnded),
            "{ended:?}"
        );
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
            .access_mode(AccessMode::ReadOnly)
            .consistent_snapshot()
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

        // A guard that is leaked does not reach the connection's next user.
        let mut transaction = connection.transaction().await.unwrap();
        let delete = "DELETE FROM tx_pool";
        transaction.execute(delete, ()).await.unwrap();
        std::mem::forget(transaction);
        drop(connection);
        let mut connection = pool.get().await.unwrap();
        assert_eq!(count(&mut connection, "tx_pool").await, 1);
        let transaction = connection.transaction().await.unwrap();
        transaction.commit().await.unwrap();
    });
}

/// It has committed before it failed.
#[apply(on_each_server)]
fn a_failed_statement_may_have_ended_it(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_failed").await;
        let insert = "INSERT INTO tx_failed VALUES (?, 0)";
        let mut transaction = connection.transaction().await.unwrap();
        transaction.execute(insert, (1,)).await.unwrap();
        let exists = "CREATE TABLE tx_failed (id INT)";
        let refused = transaction.execute(exists, ()).await.unwrap_err();
        assert_eq!(refused.code(), Some(1050));
        let alone = transaction.execute(insert, (2,)).await.unwrap_err();
        assert!(
            matches!(alone.kind(), ErrorKind::TransactionEnded),
            "{alone:?}"
        );
        let commit = transaction.commit().await.unwrap_err();
        assert!(
            matches!(commit.kind(), ErrorKind::TransactionEnded),
            "{commit:?}"
        );
        assert_eq!(count(&mut connection, "tx_failed").await, 1);
    });
}

#[apply(on_each_server)]
fn after_an_error_that_ends_nothing_it_goes_on(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_goes_on").await;
        let insert = "INSERT INTO tx_goes_on VALUES (?, 0)";
        // The code of a deadlock, by a statement that rolls nothing back.
        let signal = "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1213";
        for is_committed in [true, false] {
            let mut transaction = connection.transaction().await.unwrap();
            transaction.execute(insert, (1,)).await.unwrap();
            let again = transaction.execute(insert, (1,)).await.unwrap_err();
            assert_eq!(again.code(), Some(1062));
            let signalled = transaction.execute(signal, ()).await.unwrap_err();
            assert_eq!(signalled.code(), Some(1213));
            transaction.execute(insert, (2,)).await.unwrap();
            if is_committed {
                transaction.commit().await.unwrap();
                assert_eq!(count(&mut connection, "tx_goes_on").await, 2);
                connection
                    .execute("DELETE FROM tx_goes_on", ())
                    .await
                    .unwrap();
            } else {
                transaction.roll_back().await.unwrap();
                assert_eq!(count(&mut connection, "tx_goes_on").await, 0);
            }
        }
    });
}

#[apply(on_each_server)]
fn statements_that_begin_or_end_it_are_refused(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_words").await;
        let mut transaction = connection.transaction().await.unwrap();
        let insert = "INSERT INTO tx_words VALUES (?, 0)";
        transaction.execute(insert, (1,)).await.unwrap();
        for sql in [
            "BEGIN",
            "/* x */ start transaction",
            "COMMIT AND CHAIN",
            "ROLLBACK",
        ] {
            let refused = transaction.execute(sql, ()).await.unwrap_err();
            let is_refused = matches!(refused.kind(), ErrorKind::TransactionStatement);
            assert!(is_refused, "{sql}: {refused:?}");
        }
        transaction.execute("SAVEPOINT a", ()).await.unwrap();
        transaction.execute(insert, (2,)).await.unwrap();
        transaction.execute("ROLLBACK TO a", ()).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(count(&mut connection, "tx_words").await, 1);
    });
}

/// Polls a future at most so many times, a while apart, and drops it. Returns whether it was done.
async fn drop_after(polls: usize, future: impl Future<Output = ()>) -> bool {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready()));
        if polled.await {
            return true;
        }
        sleep(Duration::from_millis(5)).await;
    }
    false
}

#[apply(on_each_server)]
fn a_future_that_is_dropped_leaves_no_transaction(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_futures").await;
        let options = TransactionOptions::default().isolation_level(IsolationLevel::ReadCommitted);
        for polls in 1.. {
            let begun = drop_after(polls, async {
                let transaction = connection.transaction_with(options).await.unwrap();
                drop(transaction);
            });
            let is_done = begun.await;
            // The level was for that transaction alone.
            let mut next = connection.transaction().await.unwrap();
            count(&mut next, "tx_futures").await;
            let sql = "SELECT trx_isolation_level FROM information_schema.innodb_trx \
                       WHERE trx_mysql_thread_id = CONNECTION_ID()";
            let level: String = first_value(&mut next, sql).await;
            assert_eq!(level, "REPEATABLE READ");
            next.commit().await.unwrap();
            let insert = format!("INSERT INTO tx_futures VALUES ({polls}, 0)");
            connection.execute(&insert, ()).await.unwrap();
            let mut other = connect_as_admin(server).await;
            let rows = count(&mut other, "tx_futures").await;
            assert_eq!(rows, u64::try_from(polls).unwrap());
            if is_done {
                break;
            }
        }
    });
}

#[apply(on_each_server)]
fn an_end_whose_future_is_dropped_is_one_or_the_other(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        table(&mut connection, "tx_ending").await;
        for polls in 1.. {
            let mut transaction = connection.transaction().await.unwrap();
            let insert = "INSERT INTO tx_ending VALUES (1, 0)";
            transaction.execute(insert, ()).await.unwrap();
            let ending = drop_after(polls, async { transaction.commit().await.unwrap() });
            let is_done = ending.await;
            // The next statement is not part of it.
            connection.execute("DO 1", ()).await.unwrap();
            assert!(!connection.is_in_transaction());
            let delete = "DELETE FROM tx_ending";
            let rows = connection.execute(delete, ()).await.unwrap().affected_rows;
            assert!(rows == 1 || !is_done && rows == 0, "{rows}");
            if is_done {
                break;
            }
        }
    });
}

//! Transactions of guests, and handles that are dropped in any order.

use rds_bridge_guests::{Access, Tenant};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::{Duration, sleep};

use crate::helpers::guest::{Begin, Error, Guest, Isolation, Rule, Summary, Value, tenant_with};
use crate::helpers::live::block_on;

async fn writer(server: &Server, table: &str) -> (Tenant, Guest, u32) {
    server.execute_as_admin(&format!(
        "DROP TABLE IF EXISTS iamtest.{table}; CREATE TABLE iamtest.{table} (id INT PRIMARY KEY) ENGINE = InnoDB"
    ));
    let tenant = tenant_with(server, Access::ReadWrite, |_| {}).await;
    let mut guest = Guest::new(&tenant).await;
    let connection = guest.open("orders").await.unwrap();
    (tenant, guest, connection)
}

#[apply(on_each_server)]
fn a_transaction_is_committed_rolled_back_or_dropped(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let (_tenant, mut guest, connection) = writer(server, "guest_ends").await;
        let insert = |id: u32| format!("INSERT INTO guest_ends VALUES ({id})");

        let transaction = guest.begin(connection).await.unwrap();
        guest.execute_in(transaction, &insert(1)).await.unwrap();
        guest.commit(transaction).await.unwrap();

        let transaction = guest.begin(connection).await.unwrap();
        guest.execute_in(transaction, &insert(2)).await.unwrap();
        guest.rollback(transaction).await.unwrap();

        let transaction = guest.begin(connection).await.unwrap();
        guest.execute_in(transaction, &insert(3)).await.unwrap();
        guest.drop_transaction(transaction).await;

        let ids = "SELECT GROUP_CONCAT(id) FROM guest_ends";
        assert_eq!(guest.one(connection, ids).await, Value::Text("1".into()));

        // The connection first: the transaction still has it.
        let transaction = guest.begin(connection).await.unwrap();
        guest.drop_connection(connection).await;
        guest.execute_in(transaction, &insert(4)).await.unwrap();
        guest.commit(transaction).await.unwrap();
        let connection = guest.open("orders").await.unwrap();
        assert_eq!(guest.one(connection, ids).await, Value::Text("1,4".into()));
    });
}

#[apply(on_each_server)]
fn a_transaction_that_a_statement_ends_takes_no_further_one(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let (_tenant, mut guest, connection) = writer(server, "guest_ddl").await;
        let transaction = guest.begin(connection).await.unwrap();
        guest
            .execute_in(transaction, "INSERT INTO guest_ddl VALUES (1)")
            .await
            .unwrap();
        guest
            .execute_in(
                transaction,
                "CREATE TABLE IF NOT EXISTS guest_ddl_2 (id INT)",
            )
            .await
            .unwrap();
        let late = guest
            .execute_in(transaction, "INSERT INTO guest_ddl VALUES (2)")
            .await;
        assert_eq!(late.unwrap_err(), Error::TransactionEnded);
        assert_eq!(
            guest.commit(transaction).await.unwrap_err(),
            Error::TransactionEnded
        );
        let count = "SELECT COUNT(*) FROM guest_ddl";
        assert_eq!(guest.one(connection, count).await, Value::Int(1));

        let transaction = guest.begin(connection).await.unwrap();
        let refused = guest.execute_in(transaction, "COMMIT").await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Transaction));
        guest.commit(transaction).await.unwrap();
    });
}

#[apply(on_each_server)]
fn what_is_open_makes_the_connection_busy(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let (_tenant, mut guest, connection) = writer(server, "guest_busy").await;
        let two = "SELECT 1 UNION ALL SELECT 2";
        let rows = guest.query(connection, two, &[]).await.unwrap();
        let refused = guest.query(connection, "SELECT 3", &[]).await;
        assert_eq!(refused.unwrap_err(), Error::Busy);
        assert_eq!(guest.begin(connection).await.unwrap_err(), Error::Busy);
        // Dropped before its end, it frees the connection.
        assert_eq!(guest.next(rows, 1).await.unwrap(), [[Value::Int(1)]]);
        guest.drop_rows(rows).await;

        let transaction = guest.begin(connection).await.unwrap();
        let refused = guest.query(connection, "SELECT 3", &[]).await;
        assert_eq!(refused.unwrap_err(), Error::Busy);
        let called = guest
            .calls
            .call_query_in(&mut guest.store, transaction, two, &[]);
        let rows = called.await.unwrap().unwrap();
        let refused = guest
            .execute_in(transaction, "DELETE FROM guest_busy")
            .await;
        assert_eq!(refused.unwrap_err(), Error::Busy);
        // `commit` passes over the rows.
        guest.commit(transaction).await.unwrap();
        assert_eq!(
            guest.next(rows, 1).await.unwrap_err(),
            Error::TransactionEnded
        );
        assert_eq!(
            guest.finish(rows).await.unwrap_err(),
            Error::TransactionEnded
        );
        assert_eq!(guest.one(connection, "SELECT 4").await, Value::Int(4));
    });
}

#[apply(on_each_server)]
fn a_summary_tells_what_was_done(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let (_tenant, mut guest, connection) = writer(server, "guest_summary").await;
        let alter = "ALTER TABLE guest_summary MODIFY id INT AUTO_INCREMENT";
        guest.execute(connection, alter).await.unwrap();
        let insert = "INSERT INTO guest_summary VALUES (NULL), (NULL)";
        let summary = guest.execute(connection, insert).await.unwrap();
        assert_eq!((summary.affected_rows, summary.last_insert_id), (2, 1));
        let rows = guest
            .query(connection, "SELECT 1/0 UNION ALL SELECT 1", &[])
            .await
            .unwrap();
        assert_eq!(guest.finish(rows).await.unwrap().warnings, 1);
        let refused = guest
            .execute(connection, "INSERT INTO guest_summary VALUES (1)")
            .await;
        let Err(Error::Server(error)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(
            (error.code, error.sql_state.as_deref()),
            (1062, Some("23000"))
        );
    });
}

#[apply(on_each_server)]
fn nothing_is_committed_if_a_statement_fails_behind_its_rows(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let (_tenant, mut guest, connection) = writer(server, "guest_behind").await;
        let transaction = guest.begin(connection).await.unwrap();
        let insert = "INSERT INTO guest_behind VALUES (1)";
        guest.execute_in(transaction, insert).await.unwrap();
        // The second row fails, after the first was sent.
        let failing = "SELECT REPEAT('x', 20000), IF(n = 1, 0, (SELECT id FROM guest_behind \
                       UNION ALL SELECT n)) FROM (SELECT 1 AS n UNION ALL SELECT 2) two";
        let called = guest
            .calls
            .call_query_in(&mut guest.store, transaction, failing, &[]);
        let _rows = called.await.unwrap().unwrap();
        let committed = guest.commit(transaction).await;
        assert!(
            matches!(&committed, Err(Error::Server(error)) if error.code == 1242),
            "{committed:?}"
        );
        let count = "SELECT COUNT(*) FROM guest_behind";
        assert_eq!(guest.one(connection, count).await, Value::Int(0));
    });
}

/// The level of the own transaction.
pub(super) const LEVEL: &str = "SELECT trx_isolation_level FROM information_schema.INNODB_TRX \
                                WHERE trx_mysql_thread_id = CONNECTION_ID()";
pub(super) const LEVELS: [&str; 5] = [
    "READ UNCOMMITTED",
    "READ COMMITTED",
    "REPEATABLE READ",
    "SERIALIZABLE",
    // That of the session.
    "REPEATABLE READ",
];

/// Only a transaction that may write inserts its row.
#[track_caller]
pub(super) fn assert_access(read_only: bool, inserted: Result<Summary, Error>) {
    match (read_only, inserted) {
        (false, Ok(summary)) => assert_eq!(summary.affected_rows, 1),
        (true, Err(Error::Server(error))) => assert_eq!(error.code, 1792),
        other => panic!("{other:?}"),
    }
}

/// InnoDB shows the same again to who asks within 0.1 seconds.
pub(super) async fn until_it_is_shown() {
    sleep(Duration::from_millis(200)).await;
}

#[apply(on_each_server)]
fn a_transaction_has_the_level_and_the_access_that_the_guest_requests(product: Product) {
    block_on(async {
        let server = Server::start(product, &Options::default());
        let (_tenant, mut guest, connection) = writer(&server, "guest_options").await;
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
                let count = "SELECT COUNT(*) FROM guest_options";
                guest.execute_in(transaction, count).await.unwrap();
                until_it_is_shown().await;
                let Guest { store, calls } = &mut guest;
                let rows = calls.call_query_in(store, transaction, LEVEL, &[]);
                let rows = rows.await.unwrap().unwrap();
                assert_eq!(
                    guest.rest(rows).await.unwrap(),
                    [[Value::Text(level.into())]]
                );
                let insert = "INSERT INTO guest_options VALUES (1)";
                assert_access(read_only, guest.execute_in(transaction, insert).await);
                guest.rollback(transaction).await.unwrap();
            }
        }
    });
}

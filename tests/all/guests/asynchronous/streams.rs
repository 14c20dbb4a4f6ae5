//! Rows as a stream, and the future behind it.

use rds_bridge_guests::{Access, RdsCtx, Tenant};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::{Duration, sleep};

use crate::helpers::async_guest::AsyncGuest;
use crate::helpers::guest::{Error, Lost, Value, tenant_with};
use crate::helpers::live::{block_on, connect_as_admin, first_value};

pub(super) async fn any(server: &Server) -> Tenant {
    tenant_with(server, Access::ReadOnly, |_| {}).await
}

/// Its third row waits for a lock that another session has. The second one does not fit into the server's buffer, so that
/// the first one is sent before.
pub(super) fn waits_for(lock: &str) -> String {
    format!("SELECT n, REPEAT('x', 20000), IF(n < 3, 1, GET_LOCK('{lock}', 1000)) FROM {THREE}")
}

/// As [`waits_for`], for a time instead.
pub(super) fn sleeps() -> String {
    format!("SELECT REPEAT('x', 20000), SLEEP(IF(n < 3, 0, 1000)) FROM {THREE}")
}

const THREE: &str = "(SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) three";

const NUMBERS: &str = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 900) \
                       SELECT n, REPEAT('x', 100) FROM n";

#[apply(on_each_server)]
fn rows_stream_in_their_order_and_the_future_has_the_summary(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let ctx = RdsCtx::new(&any(server).await).max_batch_bytes(10_000);
        let mut guest = AsyncGuest::with(ctx).await;
        let connection = guest.open().await.unwrap();
        for at_most in [1, 7, 10_000] {
            let rows = guest.query(connection, NUMBERS, &[]).await.unwrap();
            guest.read(rows).await;
            let mut read = Vec::new();
            loop {
                let batch = guest.next(rows, at_most).await;
                if batch.is_empty() {
                    break;
                }
                // At most what fits into the limit.
                assert!(batch.len() <= at_most.min(60) as usize, "{}", batch.len());
                read.extend(batch.into_iter().map(|row| row[0].clone()));
            }
            let wanted: Vec<_> = (1..=900).map(Value::Int).collect();
            assert_eq!(read, wanted);
            assert_eq!(guest.end(rows).await.unwrap().warnings, 0);
        }
        // A read without room tells nothing, and loses nothing.
        let rows = guest.query(connection, "SELECT 1/0", &[]).await.unwrap();
        guest.read(rows).await;
        assert!(guest.next(rows, 0).await.is_empty());
        assert_eq!(guest.next(rows, 1).await, [[Value::Null]]);
        assert!(guest.next(rows, 1).await.is_empty());
        assert_eq!(guest.end(rows).await.unwrap().warnings, 1);
        // Without a result.
        let rows = guest.query(connection, "SET @a = 1", &[]).await.unwrap();
        assert!(guest.columns(rows).await.is_empty());
        guest.read(rows).await;
        assert!(guest.next(rows, 1).await.is_empty());
        guest.end(rows).await.unwrap();
    });
}

#[apply(on_each_server)]
fn an_error_behind_rows_reaches_the_guest_after_them(product: Product) {
    let server = Server::shared(product);
    // The second row fails, after the first was sent.
    let failing = "SELECT n, REPEAT('x', 20000), IF(n = 1, 0, (SELECT n UNION ALL SELECT n + 1)) \
                   FROM (SELECT 1 AS n UNION ALL SELECT 2) two";
    block_on(async {
        let mut guest = AsyncGuest::new(&any(server).await).await;
        let connection = guest.open().await.unwrap();
        for at_most in [1, 100] {
            let rows = guest.query(connection, failing, &[]).await.unwrap();
            guest.read(rows).await;
            let first = guest.next(rows, at_most).await;
            assert_eq!(first.len(), 1);
            assert_eq!(first[0][0], Value::Int(1));
            assert!(guest.next(rows, at_most).await.is_empty());
            let ended = guest.end(rows).await;
            assert!(
                matches!(&ended, Err(Error::Server(error)) if error.code == 1242),
                "{ended:?}"
            );
            guest.drop_stream(rows).await;
            assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
        }
    });
}

#[apply(on_each_server)]
fn the_rest_of_a_dropped_stream_is_discarded(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut guest = AsyncGuest::new(&any(server).await).await;
        let connection = guest.open().await.unwrap();
        let rows = guest.query(connection, NUMBERS, &[]).await.unwrap();
        guest.read(rows).await;
        assert_eq!(guest.next(rows, 1).await.len(), 1);
        let refused = guest.query(connection, "SELECT 1", &[]).await;
        assert_eq!(refused.unwrap_err(), Error::Busy);
        guest.drop_stream(rows).await;
        let refused = guest.query(connection, "SELECT 1", &[]).await;
        assert_eq!(refused.unwrap_err(), Error::Busy);
        // By the future.
        guest.end(rows).await.unwrap();
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
        // By the connection's next call, in either order.
        for stream_first in [true, false] {
            let rows = guest.query(connection, NUMBERS, &[]).await.unwrap();
            guest.read(rows).await;
            assert_eq!(guest.next(rows, 1).await.len(), 1);
            if stream_first {
                guest.drop_stream(rows).await;
                guest.drop_end(rows).await;
            } else {
                guest.drop_end(rows).await;
                guest.drop_stream(rows).await;
            }
            assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
        }
        // Without reading at all.
        let rows = guest.query(connection, NUMBERS, &[]).await.unwrap();
        guest.finish(rows).await.unwrap();
        let rows = guest.query(connection, NUMBERS, &[]).await.unwrap();
        guest.drop_rows(rows).await;
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
    });
}

#[apply(on_each_server)]
fn a_cancelled_read_loses_no_row(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut admin = connect_as_admin(server).await;
        let held = first_value::<i64>(&mut admin, "SELECT GET_LOCK('p3_cancelled', 0)").await;
        assert_eq!(held, 1);
        let mut guest = AsyncGuest::new(&any(server).await).await;
        let connection = guest.open().await.unwrap();
        let sql = waits_for("p3_cancelled");
        let rows = guest.query(connection, &sql, &[]).await.unwrap();
        guest.read(rows).await;
        let mut read = guest.next(rows, 1).await.len();
        while guest.cancel_next(rows).await {
            read += 1;
        }
        assert!(!guest.cancel_next(rows).await);
        let refused = guest.query(connection, "SELECT 1", &[]).await;
        assert_eq!(refused.unwrap_err(), Error::Busy);
        first_value::<i64>(&mut admin, "SELECT RELEASE_LOCK('p3_cancelled')").await;
        let rest = guest.rest(rows).await.unwrap();
        assert_eq!(read + rest.len(), 3);
        assert_eq!(rest.last().unwrap()[0], Value::Int(3));
    });
}

/// A server of its own: the test looks at its process list.
#[apply(on_each_server)]
fn a_stream_that_is_dropped_ends_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    let slow = sleeps();
    let running =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT REPEAT%'";
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        let mut guest = AsyncGuest::new(&any(&server).await).await;
        // Between two reads: as rows that are dropped.
        let connection = guest.open().await.unwrap();
        let rows = guest.query(connection, &slow, &[]).await.unwrap();
        guest.read(rows).await;
        assert_eq!(guest.next(rows, 1).await.len(), 1);
        assert_eq!(first_value::<i64>(&mut admin, running).await, 1);
        guest.drop_stream(rows).await;
        guest.drop_end(rows).await;
        guest.drop_connection(connection).await;
        while first_value::<i64>(&mut admin, running).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
        // After a read that was cancelled: at once.
        let connection = guest.open().await.unwrap();
        let rows = guest.query(connection, &slow, &[]).await.unwrap();
        guest.read(rows).await;
        assert_eq!(guest.next(rows, 1).await.len(), 1);
        while guest.cancel_next(rows).await {}
        assert_eq!(first_value::<i64>(&mut admin, running).await, 1);
        guest.drop_stream(rows).await;
        while first_value::<i64>(&mut admin, running).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
        let lost = |may_have_run| Error::ConnectionLost(Lost { may_have_run });
        assert_eq!(guest.end(rows).await.unwrap_err(), lost(true));
        let refused = guest.execute(connection, "SELECT 1").await;
        assert_eq!(refused.unwrap_err(), lost(false));
    });
}

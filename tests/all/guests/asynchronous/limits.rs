//! The limits of a grant and of a context hold for asynchronous guests.

use std::num::{NonZeroU32, NonZeroU64};

use rds_bridge_guests::{Access, Grant, RdsCtx};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::{Duration, sleep};

use super::streams::{any, sleeps};
use crate::helpers::async_guest::AsyncGuest;
use crate::helpers::guest::{Error, Lost, Rule, Value, tenant_with};
use crate::helpers::live::{block_on, connect_as_admin, first_value};

async fn guest(server: &Server, change: impl FnOnce(&mut Grant)) -> AsyncGuest {
    AsyncGuest::new(&tenant_with(server, Access::ReadOnly, change).await).await
}

#[apply(on_each_server)]
fn rows_and_bytes_of_a_stream_are_limited(product: Product) {
    let server = Server::shared(product);
    let three = "SELECT REPEAT('x', 100) UNION ALL SELECT REPEAT('y', 100) UNION ALL SELECT REPEAT('z', 100)";
    block_on(async {
        let mut by_rows = guest(server, |it| it.max_rows = NonZeroU64::new(2)).await;
        let mut by_bytes = guest(server, |it| it.max_bytes = NonZeroU64::new(250)).await;
        for (guest, rule) in [
            (&mut by_rows, Rule::Rows),
            (&mut by_bytes, Rule::ResultSize),
        ] {
            let connection = guest.open().await.unwrap();
            let rows = guest.query(connection, three, &[]).await.unwrap();
            guest.read(rows).await;
            let mut read = 0;
            loop {
                let batch = guest.next(rows, 100).await;
                if batch.is_empty() {
                    break;
                }
                read += batch.len();
            }
            assert_eq!(read, 2);
            let ended = guest.end(rows).await;
            assert_eq!(ended.unwrap_err(), Error::NotPermitted(rule));
            // The rest was not read.
            let lost = guest.execute(connection, "SELECT 1").await;
            assert!(matches!(lost, Err(Error::ConnectionLost(_))), "{lost:?}");
            let connection = guest.open().await.unwrap();
            assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
        }
    });
}

#[apply(on_each_server)]
fn connections_statements_and_handles_are_limited(product: Product) {
    let server = Server::shared(product);
    let connections = || Error::NotPermitted(Rule::Connections);
    block_on(async {
        let mut one = guest(server, |it| it.max_sessions = Some(1)).await;
        let connection = one.open().await.unwrap();
        assert_eq!(one.open().await.unwrap_err(), connections());
        one.drop_connection(connection).await;
        let connection = one.open().await.unwrap();
        assert_eq!(one.one(connection, "SELECT 1").await, Value::Int(1));

        let mut one = guest(server, |it| it.max_concurrent_requests = NonZeroU32::new(1)).await;
        let (first, second) = (one.open().await.unwrap(), one.open().await.unwrap());
        let done = one.together(&[first, second], "DO SLEEP(0.2)").await;
        assert!(done[0].is_ok(), "{done:?}");
        assert_eq!(done[1].as_ref().unwrap_err(), &connections());
        // Until the stream has ended.
        let rows = one.query(first, "SELECT 1", &[]).await.unwrap();
        one.read(rows).await;
        let refused = one.query(second, "SELECT 2", &[]).await;
        assert_eq!(refused.unwrap_err(), connections());
        assert_eq!(one.rest(rows).await.unwrap(), [[Value::Int(1)]]);
        assert_eq!(one.one(second, "SELECT 2").await, Value::Int(2));

        let ctx = RdsCtx::new(&any(server).await)
            .max_handles(3)
            .max_statement_bytes(100);
        let mut few = AsyncGuest::with(ctx).await;
        let connection = few.open().await.unwrap();
        let long = format!("SELECT '{}'", "x".repeat(100));
        let refused = few.execute(connection, &long).await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Parameters));
        for _ in 0..2 {
            few.open().await.unwrap();
        }
        let AsyncGuest { store, calls } = &mut few;
        let called =
            store.run_concurrent(async |store| calls.call_open(store, "orders".to_owned()).await);
        let trap = called.await.and_then(|it| it.map(drop)).unwrap_err();
        assert!(format!("{trap:?}").contains("no free keys"), "{trap:?}");
    });
}

/// A statement without a result has a stream too, which the guest may keep after its connection.
#[apply(on_each_server)]
fn streams_are_limited_until_they_and_their_futures_are_dropped(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let tenant = any(server).await;
        let mut guest = AsyncGuest::with(RdsCtx::new(&tenant).max_handles(3)).await;
        let mut other = AsyncGuest::new(&tenant).await;
        let connection = guest.open().await.unwrap();
        for _ in 0..4 {
            let mut streams = Vec::new();
            for _ in 0..3 {
                let rows = guest.query(connection, "DO 1", &[]).await.unwrap();
                guest.read(rows).await;
                streams.push(rows);
            }
            for rows in streams {
                guest.drop_stream(rows).await;
                guest.drop_end(rows).await;
            }
        }
        // The futures alone take the places.
        for _ in 0..3 {
            let rows = guest.query(connection, "DO 1", &[]).await.unwrap();
            guest.read(rows).await;
            guest.drop_stream(rows).await;
        }
        let rows = guest.query(connection, "DO 1", &[]).await.unwrap();
        let called = guest.calls.call_read(&mut guest.store, rows).await;
        let trap = format!("{:#}", called.unwrap_err());
        assert!(trap.contains("the guest has too many streams"), "{trap}");

        let connection = other.open().await.unwrap();
        assert_eq!(other.one(connection, "SELECT 1").await, Value::Int(1));
    });
}

/// A row of NULLs has a bit for each on the wire, and a value for each in the host.
#[apply(on_each_server)]
fn a_read_is_bounded_by_what_its_rows_take(product: Product) {
    let server = Server::shared(product);
    let nulls = vec!["NULL"; 1000].join(", ");
    let sql = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300) SELECT {nulls} FROM n"
    );
    block_on(async {
        let mut guest = guest(server, |_| {}).await;
        let connection = guest.open().await.unwrap();
        let rows = guest.query(connection, &sql, &[]).await.unwrap();
        guest.read(rows).await;
        let batch = guest.next(rows, 10_000).await;
        // 1 MiB, and at least 16 bytes for each value.
        assert!(!batch.is_empty() && batch.len() < 66, "{}", batch.len());
        assert_eq!(batch.len() + guest.rest(rows).await.unwrap().len(), 300);
    });
}

/// A server of its own: the test looks at its process list.
#[apply(on_each_server)]
fn the_time_of_a_statement_is_limited(product: Product) {
    let server = Server::start(product, &Options::default());
    let running = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(%1000)%' \
         AND INFO NOT LIKE '%PROCESSLIST%'";
    let slow = sleeps();
    let timeout = || Error::Timeout(Lost { may_have_run: true });
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        let mut guest = guest(&server, |it| it.max_seconds = NonZeroU32::new(1)).await;
        let connection = guest.open().await.unwrap();
        let ended = guest.execute(connection, "SELECT SLEEP(1000)").await;
        assert_eq!(ended.unwrap_err(), timeout());
        // The rows before it are read.
        let connection = guest.open().await.unwrap();
        let rows = guest.query(connection, &slow, &[]).await.unwrap();
        guest.read(rows).await;
        assert!(!guest.next(rows, 100).await.is_empty());
        while !guest.next(rows, 100).await.is_empty() {}
        assert_eq!(guest.end(rows).await.unwrap_err(), timeout());
        while first_value::<i64>(&mut admin, running).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    });
}

//! The limits of a grant, and of a context.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use rds_bridge_guests::{Access, Databases, Grant, RdsCtx, Statements};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::sleep;

use crate::helpers::guest::{Error, Guest, Lost, Rule, Stage, Value, pool, tenant, tenant_with};
use crate::helpers::live::{block_on, connect_as_admin, first_value};

async fn guest(server: &Server, change: impl FnOnce(&mut Grant)) -> Guest {
    Guest::new(&tenant_with(server, Access::ReadOnly, change).await).await
}

#[apply(on_each_server)]
fn rows_and_bytes_of_a_result_are_limited(product: Product) {
    let server = Server::shared(product);
    let three = "SELECT REPEAT('x', 100) UNION ALL SELECT REPEAT('y', 100) UNION ALL SELECT REPEAT('z', 100)";
    block_on(async {
        let mut by_rows = guest(server, |it| it.max_rows = NonZeroU64::new(2)).await;
        let mut by_bytes = guest(server, |it| it.max_bytes = NonZeroU64::new(250)).await;
        for (guest, rule) in [
            (&mut by_rows, Rule::Rows),
            (&mut by_bytes, Rule::ResultSize),
        ] {
            let connection = guest.open("orders").await.unwrap();
            let rows = guest.query(connection, three, &[]).await.unwrap();
            assert_eq!(guest.next(rows, 2).await.unwrap().len(), 2);
            for _ in 0..2 {
                let refused = guest.next(rows, 2).await;
                assert_eq!(refused.unwrap_err(), Error::NotPermitted(rule));
            }
            guest.drop_rows(rows).await;
            let connection = guest.open("orders").await.unwrap();
            assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
        }
    });
}

#[apply(on_each_server)]
fn connections_statements_and_requests_are_limited(product: Product) {
    let server = Server::shared(product);
    let connections = || Error::NotPermitted(Rule::Connections);
    block_on(async {
        let mut one = guest(server, |it| it.max_sessions = Some(1)).await;
        let connection = one.open("orders").await.unwrap();
        assert_eq!(one.open("orders").await.unwrap_err(), connections());
        one.drop_connection(connection).await;
        let connection = one.open("orders").await.unwrap();
        assert_eq!(one.one(connection, "SELECT 1").await, Value::Int(1));

        let mut one = guest(server, |it| it.max_concurrent_requests = NonZeroU32::new(1)).await;
        let (first, second) = (
            one.open("orders").await.unwrap(),
            one.open("orders").await.unwrap(),
        );
        let rows = one.query(first, "SELECT 1", &[]).await.unwrap();
        assert_eq!(
            one.query(second, "SELECT 2", &[]).await.unwrap_err(),
            connections()
        );
        assert_eq!(one.rest(rows).await.unwrap(), [[Value::Int(1)]]);
        assert_eq!(one.one(second, "SELECT 2").await, Value::Int(2));

        let mut slow = guest(server, |it| it.requests_per_second = NonZeroU32::new(1)).await;
        let connection = slow.open("orders").await.unwrap();
        assert_eq!(slow.one(connection, "SELECT 1").await, Value::Int(1));
        let mut refused = 0;
        for _ in 0..10 {
            if let Err(error) = slow.execute(connection, "SELECT 1").await {
                assert_eq!(error, Error::NotPermitted(Rule::Rate));
                refused += 1;
            }
        }
        assert!(refused > 0);
    });
}

/// The pool has places for both.
#[apply(on_each_server)]
fn a_tenant_at_its_limits_stops_no_other(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let pool = pool(server, false, |it| it.max_size(4)).await;
        let databases = Databases::new().with("orders", pool);
        let mut grant = Grant::new("orders", Statements::Any);
        grant.max_sessions = Some(2);
        grant.max_concurrent_requests = NonZeroU32::new(1);
        grant.requests_per_second = NonZeroU32::new(1);
        let (greedy, _) = tenant(&databases, grant.clone());
        grant.requests_per_second = None;
        let (other, _) = tenant(&databases, grant);
        let mut first = Guest::new(&greedy).await;
        let connection = first.open("orders").await.unwrap();
        let _also = first.open("orders").await.unwrap();
        let rows = first
            .query(connection, "SELECT 1 UNION SELECT 2", &[])
            .await;
        rows.unwrap();
        // Also for another guest of the tenant.
        let mut second = Guest::new(&greedy).await;
        let refused = second.open("orders").await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Connections));
        let mut unaffected = Guest::new(&other).await;
        for _ in 0..2 {
            let connection = unaffected.open("orders").await.unwrap();
            for _ in 0..10 {
                assert_eq!(unaffected.one(connection, "SELECT 1").await, Value::Int(1));
            }
        }
    });
}

#[apply(on_each_server)]
fn handles_and_parameters_are_limited(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let tenant = tenant_with(server, Access::ReadOnly, |_| {}).await;
        let ctx = RdsCtx::new(&tenant).max_handles(3).max_statement_bytes(100);
        let mut guest = Guest::with(ctx).await;
        let connection = guest.open("orders").await.unwrap();
        let refused = guest
            .query(connection, "SELECT ?", &[Value::Text("x".repeat(93))])
            .await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Parameters));
        let refused = guest
            .execute(connection, &format!("SELECT '{}'", "x".repeat(100)))
            .await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Parameters));
        for _ in 0..2 {
            guest.open("orders").await.unwrap();
        }
        let called = guest.calls.call_open(&mut guest.store, "orders").await;
        assert!(format!("{:?}", called.unwrap_err()).contains("no free keys"));
    });
}

/// A server of its own: the test looks at its process list.
#[apply(on_each_server)]
fn what_is_given_up_ends_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    let running =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(1000)%'";
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        // By the grant's time.
        let mut limited = guest(&server, |it| it.max_seconds = NonZeroU32::new(1)).await;
        let connection = limited.open("orders").await.unwrap();
        let ended = limited.execute(connection, "SELECT SLEEP(1000)").await;
        assert_eq!(
            ended.unwrap_err(),
            Error::Timeout(Lost { may_have_run: true })
        );
        while first_value::<i64>(&mut admin, running).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
        let lost = limited.execute(connection, "SELECT 1").await;
        assert_eq!(
            lost.unwrap_err(),
            Error::ConnectionLost(Lost {
                may_have_run: false
            })
        );
        let connection = limited.open("orders").await.unwrap();
        assert_eq!(limited.one(connection, "SELECT 1").await, Value::Int(1));

        // By the host, which drops the future of the guest's call, and keeps the store.
        let mut dropped = guest(&server, |_| {}).await;
        let connection = dropped.open("orders").await.unwrap();
        let call = dropped.execute(connection, "SELECT SLEEP(1000)");
        let is_running = async {
            while first_value::<i64>(&mut admin, running).await == 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            ended = call => panic!("{ended:?}"),
            () = is_running => {}
        }
        while first_value::<i64>(&mut admin, running).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
        drop(dropped);
    });
}

#[apply(on_each_server)]
fn a_pool_without_a_free_connection_is_unavailable(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let pool = pool(server, false, |it| {
            it.max_size(1).acquire_timeout(Duration::from_millis(100))
        });
        let databases = Databases::new().with("orders", pool.await);
        let (tenant, hidden) = tenant(&databases, Grant::new("orders", Statements::Any));
        let (mut first, mut second) = (Guest::new(&tenant).await, Guest::new(&tenant).await);
        first.open("orders").await.unwrap();
        let refused = second.open("orders").await;
        assert_eq!(refused.unwrap_err(), Error::Unavailable(Stage::Pool));
        assert_eq!(hidden.lock().unwrap().len(), 1);
        // A guest that never drops: its store does.
        drop(first);
        second.open("orders").await.unwrap();
    });
}

/// A row of NULLs has a bit for each on the wire, and a value for each in the host.
#[apply(on_each_server)]
fn a_batch_is_bounded_by_what_its_rows_take(product: Product) {
    let server = Server::shared(product);
    let nulls = vec!["NULL"; 1000].join(", ");
    let sql = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 900) SELECT {nulls} FROM n"
    );
    block_on(async {
        let mut guest = guest(server, |_| {}).await;
        let connection = guest.open("orders").await.unwrap();
        let rows = guest.query(connection, &sql, &[]).await.unwrap();
        let batch = guest.next(rows, u32::MAX).await.unwrap();
        // 1 MiB, and at least 16 bytes for each value.
        assert!(batch.len() < 66, "{}", batch.len());
        assert_eq!(batch.len() + guest.rest(rows).await.unwrap().len(), 900);
    });
}

#[apply(on_each_server)]
fn rows_that_are_dropped_end_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    // The first row fills the server's buffer, so that it is sent before the second one.
    let slow = "SELECT REPEAT('x', 20000), SLEEP(IF(n = 1, 0, 1000)) \
                FROM (SELECT 1 AS n UNION ALL SELECT 2) two";
    let running =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT REPEAT%'";
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        let mut guest = guest(&server, |_| {}).await;
        let connection = guest.open("orders").await.unwrap();
        let rows = guest.query(connection, slow, &[]).await.unwrap();
        assert_eq!(first_value::<i64>(&mut admin, running).await, 1);
        guest.drop_rows(rows).await;
        guest.drop_connection(connection).await;
        while first_value::<i64>(&mut admin, running).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    });
}

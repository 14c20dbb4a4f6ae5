//! The limits of a grant, and of a context, for guests that were written for Spin.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use rds_bridge_guests::{Access, Databases, Grant, RdsCtx, Statement, Statements};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::sleep;

use super::bindings::fermyon::spin::rdbms_types::{DbValue, Error, ParameterValue, RowSet};
use super::{ORDERS, SPIN, Spin, spin_of};
use crate::helpers::guest::{pool, tenant, tenant_with};
use crate::helpers::live::{block_on, connect_as_admin, first_value};

const TOO_MANY_ROWS: &str = "the result has more rows than the host permits";
const TOO_LARGE: &str = "the result has more bytes than the host permits";
const TOO_LONG: &str = "the statement has more bytes than the host permits";
const TOO_MANY: &str = "the host permits no more connections or statements at the same time";

async fn limited(server: &Server, change: impl FnOnce(&mut Grant)) -> Spin {
    spin_of(&tenant_with(server, Access::ReadOnly, change).await).await
}

async fn select(spin: &mut Spin, sql: &str) -> Result<RowSet, Error> {
    spin.query(ORDERS, sql, &[]).await
}

#[track_caller]
fn assert_refused(result: Result<RowSet, Error>, words: &str) {
    // Not the rows: they may be many.
    let error = result.map(|it| it.rows.len()).unwrap_err();
    assert_eq!(error, Error::QueryFailed(words.to_owned()));
}

#[track_caller]
fn assert_value(result: Result<RowSet, Error>, value: DbValue) {
    assert_eq!(result.unwrap().rows, [[value]]);
}

/// Rows of 103 bytes each: a header, a bitmap of NULLs, a length, and 100 bytes of text.
fn rows_of_text(count: usize) -> String {
    vec!["SELECT REPEAT('x', 100)"; count].join(" UNION ALL ")
}

#[apply(on_each_server)]
fn a_result_beyond_the_grants_rows_or_bytes_is_refused_whole(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut by_rows = limited(server, |it| it.max_rows = NonZeroU64::new(2)).await;
        let mut by_bytes = limited(server, |it| it.max_bytes = NonZeroU64::new(206)).await;
        for (spin, words) in [(&mut by_rows, TOO_MANY_ROWS), (&mut by_bytes, TOO_LARGE)] {
            let (two, three) = (rows_of_text(2), rows_of_text(3));
            assert_eq!(select(spin, &two).await.unwrap().rows.len(), 2);
            assert_refused(select(spin, &three).await, words);
            let executed = spin
                .guest
                .call_execute(&mut spin.store, ORDERS, &three, &[]);
            let refused = executed.await.unwrap();
            assert_eq!(refused, Err(Error::QueryFailed(words.to_owned())));
            assert_value(select(spin, "SELECT 'a'").await, DbValue::Str("a".into()));
        }
        let mut by_bytes = limited(server, |it| it.max_bytes = NonZeroU64::new(205)).await;
        assert_refused(select(&mut by_bytes, &rows_of_text(2)).await, TOO_LARGE);
    });
}

/// The host holds the whole result, so a limit applies without one in the grant. A NULL is one bit on the wire, but in
/// the host it takes as much memory as a number.
#[apply(on_each_server)]
fn a_result_takes_at_most_64_mebibytes(product: Product) {
    let server = Server::shared(product);
    let numbers = |count: u32| {
        format!(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}) "
        )
    };
    let mebibytes = |count| numbers(count) + "SELECT REPEAT('x', 1 << 20) FROM n";
    let nulls = vec!["NULL"; 1000].join(", ");
    // 10,000 rows: 1.3 MB on the wire, and ten million values.
    let of_nulls = numbers(100) + "SELECT " + &nulls + " FROM n JOIN n m";
    block_on(async {
        let mut spin = limited(server, |_| {}).await;
        let set = select(&mut spin, &mebibytes(63)).await.unwrap();
        assert_eq!(set.rows.len(), 63);
        let longest =
            |row: &Vec<DbValue>| matches!(&row[0], DbValue::Str(it) if it.len() == 1 << 20);
        assert!(set.rows.iter().all(longest));
        for too_large in [mebibytes(64), of_nulls] {
            assert_refused(select(&mut spin, &too_large).await, TOO_LARGE);
            assert_value(
                select(&mut spin, "SELECT 'a'").await,
                DbValue::Str("a".into()),
            );
        }
    });
}

/// A server of its own: the test looks at its process list.
#[apply(on_each_server)]
fn a_statement_that_takes_too_long_ends_on_the_server(product: Product) {
    let server = Server::start(product, &Options::default());
    let running =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(1000)%'";
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        let mut spin = limited(&server, |it| it.max_seconds = NonZeroU32::new(1)).await;
        let ended = select(&mut spin, "SELECT SLEEP(1000)").await;
        assert_refused(
            ended,
            "the statement was not finished within the host's time limit, and may have been executed",
        );
        while first_value::<i64>(&mut admin, running).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
        assert_value(
            select(&mut spin, "SELECT 'a'").await,
            DbValue::Str("a".into()),
        );
    });
}

#[apply(on_each_server)]
fn only_granted_statements_are_permitted(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let writing = Statement::new("DELETE FROM items").with_access(Access::ReadWrite);
        let databases = Databases::new()
            .with("orders", pool(server, false, |it| it).await)
            .statement("double", Statement::new("SELECT CONCAT(:number * 2)"))
            .statement("secret", Statement::new("SELECT 'secret'"))
            .statement("writing", writing);
        let names = ["double", "writing"].map(str::to_owned);
        let (tenant, _) = tenant(
            &databases,
            Grant::new("orders", Statements::Named(names.into())),
        );
        let mut spin = spin_of(&tenant).await;
        assert_value(
            select(&mut spin, "SELECT CONCAT(21 * 2)").await,
            DbValue::Str("42".into()),
        );
        let param = [ParameterValue::Int8(4)];
        let by_param = spin.query(ORDERS, "SELECT CONCAT(? * 2)", &param).await;
        assert_value(by_param, DbValue::Str("8".into()));
        for other in [
            "SELECT CONCAT(21 * 3)",
            "SELECT 'secret'",
            "SELECT CONCAT(21 * 2); DROP TABLE items",
            "",
        ] {
            assert_refused(
                select(&mut spin, other).await,
                "the host does not permit this statement",
            );
        }
        assert_refused(
            select(&mut spin, "DELETE FROM items").await,
            "the host does not permit writing",
        );
    });
}

#[apply(on_each_server)]
fn requests_in_a_second_are_limited(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut spin = limited(server, |it| it.requests_per_second = NonZeroU32::new(1)).await;
        select(&mut spin, "SELECT 1").await.unwrap();
        let mut refused = 0;
        for _ in 0..10 {
            if let Err(error) = select(&mut spin, "SELECT 1").await {
                let words = "the host permits no more requests in this second";
                assert_eq!(error, Error::QueryFailed(words.to_owned()));
                refused += 1;
            }
        }
        assert!(refused > 0);
    });
}

/// The guests of a tenant share its limits. One waits for a lock, which the administrator has.
#[apply(on_each_server)]
fn connections_and_statements_at_the_same_time_are_limited(product: Product) {
    let server = Server::start(product, &Options::default());
    let waiting =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT CONCAT%'";
    let changes: [fn(&mut Grant); 2] = [
        |it| it.max_sessions = Some(1),
        |it| it.max_concurrent_requests = NonZeroU32::new(1),
    ];
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        for change in changes {
            let tenant = tenant_with(&server, Access::ReadOnly, change).await;
            let (mut first, mut second) = (spin_of(&tenant).await, spin_of(&tenant).await);
            assert_eq!(
                first_value::<i64>(&mut admin, "SELECT GET_LOCK('a', 0)").await,
                1
            );
            let meanwhile = async {
                while first_value::<i64>(&mut admin, waiting).await == 0 {
                    sleep(Duration::from_millis(20)).await;
                }
                let refused = select(&mut second, "SELECT 'b'").await;
                assert_eq!(
                    first_value::<i64>(&mut admin, "SELECT RELEASE_LOCK('a')").await,
                    1
                );
                refused
            };
            let locking = select(&mut first, "SELECT CONCAT(GET_LOCK('a', 1000))");
            let (locked, refused) = tokio::join!(locking, meanwhile);
            assert_value(locked, DbValue::Str("1".into()));
            assert_refused(refused, TOO_MANY);
            assert_value(
                select(&mut second, "SELECT 'b'").await,
                DbValue::Str("b".into()),
            );
        }
        let mut none = limited(&server, |it| it.max_sessions = Some(0)).await;
        assert_refused(select(&mut none, "SELECT 1").await, TOO_MANY);
    });
}

#[apply(on_each_server)]
fn the_bytes_of_a_statement_and_its_parameters_are_limited(product: Product) {
    let server = Server::shared(product);
    let text_of = |bytes: usize| format!("SELECT 'a'{}", " ".repeat(bytes - "SELECT 'a'".len()));
    block_on(async {
        let tenant = tenant_with(server, Access::ReadOnly, |_| {}).await;
        let mut short = Spin::new(&SPIN, RdsCtx::new(&tenant).max_statement_bytes(100)).await;
        let mut long = spin_of(&tenant).await;
        for (spin, bytes) in [(&mut short, 100), (&mut long, 1 << 20)] {
            assert_value(
                select(spin, &text_of(bytes)).await,
                DbValue::Str("a".into()),
            );
            assert_refused(select(spin, &text_of(bytes + 1)).await, TOO_LONG);
        }
        let sql = "SELECT HEX(?)";
        for param in [
            ParameterValue::Str("a".repeat(88)),
            ParameterValue::Binary(b"a".repeat(88)),
        ] {
            assert_refused(short.query(ORDERS, sql, &[param]).await, TOO_LONG);
        }
        for param in [
            ParameterValue::Str("a".repeat(87)),
            ParameterValue::Binary(b"a".repeat(87)),
        ] {
            let found = short.query(ORDERS, sql, &[param]).await;
            assert_value(found, DbValue::Str("61".repeat(87)));
        }
        // The text alone is limited to 1 MiB, and not its parameters.
        let param = [ParameterValue::Str("a".repeat(2 << 20))];
        let found = long.query(ORDERS, "SELECT CONCAT(LENGTH(?))", &param).await;
        assert_value(found, DbValue::Str((2 << 20).to_string()));
    });
}

#[apply(on_each_server)]
fn a_grant_that_only_reads_makes_the_session_read_only(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        for writes in [false, true] {
            let databases = Databases::new().with("orders", pool(server, writes, |it| it).await);
            let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
            let mut spin = spin_of(&tenant).await;
            let refused = select(&mut spin, "DELETE FROM items").await;
            assert!(
                matches!(&refused, Err(Error::QueryFailed(it)) if it.starts_with("ERROR 1792 (25006): ")),
                "{refused:?}"
            );
        }
    });
}

#[apply(on_each_server)]
fn a_database_that_is_not_granted_does_not_exist(product: Product) {
    let server = Server::shared(product);
    let mapped = "mysql://root:@127.0.0.1/spin_dev";
    let addresses = ["mysql://stock", "mysql://STOCK:3306", mapped];
    block_on(async {
        let pool = pool(server, false, |it| it).await;
        let databases = Databases::new()
            .with("orders", pool.clone())
            .with("stock", pool);
        let spin = async |database: &str| {
            let (tenant, _) = tenant(&databases, Grant::new(database, Statements::Any));
            let ctx = RdsCtx::new(&tenant).spin_address("127.0.0.1/spin_dev", "stock");
            Spin::new(&SPIN, ctx).await
        };
        let (mut granted, mut other) = (spin("stock").await, spin("orders").await);
        for address in addresses {
            let found = granted.query(address, "SELECT 'a'", &[]).await;
            assert_value(found, DbValue::Str("a".into()));
            let refused = other.query(address, "SELECT 'a'", &[]).await;
            let words = "the host has no database for this address";
            assert_eq!(
                refused.unwrap_err(),
                Error::ConnectionFailed(words.to_owned())
            );
        }
        assert_value(
            select(&mut other, "SELECT 'a'").await,
            DbValue::Str("a".into()),
        );
    });
}

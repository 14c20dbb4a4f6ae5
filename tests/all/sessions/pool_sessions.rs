//! Nothing passes from one user of a pooled connection to the next. A demoted server's connections are replaced.

use std::time::Duration;

use rds_bridge::mysql::{Connection, FromValue, Protocol};
use rds_bridge::pool::{Pool, PoolBuilder};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::{sleep, timeout};

use crate::helpers::live::{block_on, to};
use crate::helpers::session_state::LEFT;

async fn pool(server: &Server, with: impl FnOnce(PoolBuilder) -> PoolBuilder) -> Pool {
    let builder = to(server).user("writer").password(PASSWORD);
    let bridge = builder.allow_writes(true).build().await.unwrap();
    with(Pool::builder(bridge)).build().unwrap()
}

/// A server with a user to whose statements `read_only` applies. It does not apply to those of `admin`.
fn server_with_writer(product: Product) -> Server {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(&format!(
        "CREATE USER writer IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON iamtest.* TO writer;
         SET GLOBAL log_bin_trust_function_creators = 1;
         CREATE FUNCTION iamtest.leaves() RETURNS INT NO SQL RETURN (@left := 7);"
    ));
    server
}

async fn one<T: for<'a> FromValue<'a>>(connection: &mut Connection, sql: &str) -> T {
    let mut rows = connection.query(sql).await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

async fn id(connection: &mut Connection) -> u64 {
    one(connection, "SELECT CONNECTION_ID()").await
}

#[apply(on_each_server)]
fn the_next_user_finds_a_new_session(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let builder = to(&server).user("admin").password(PASSWORD);
        let bridge = builder.allow_writes(true).build().await.unwrap();
        let pool = Pool::builder(bridge).max_size(1).build().unwrap();
        let first = id(&mut pool.get().await.unwrap()).await;
        for (statement, is_found, as_before) in LEFT {
            pool.get()
                .await
                .unwrap()
                .execute(statement, ())
                .await
                .unwrap();
            let mut next = pool.get().await.unwrap();
            assert_eq!(
                one::<i64>(&mut next, is_found).await,
                as_before,
                "{statement}"
            );
            assert_eq!(id(&mut next).await, first, "{statement}");
        }
        // A statement that leaves no state costs nothing: the connection is kept with its prepared statements.
        assert_eq!(pool.metrics().connected_total, 1);
    });
}

/// A reset does not change the roles, and does not restore the default database if the bridge has none.
#[apply(on_each_server)]
fn what_cannot_be_reset_is_closed(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let builder = to(&server).user("admin").password(PASSWORD);
        let pool = Pool::builder(builder.build().await.unwrap()).max_size(1);
        let pool = pool.build().unwrap();
        let first = id(&mut pool.get().await.unwrap()).await;
        pool.get()
            .await
            .unwrap()
            .execute("SET ROLE NONE", ())
            .await
            .unwrap();
        assert_ne!(id(&mut pool.get().await.unwrap()).await, first);
    });
}

#[apply(on_each_server)]
fn what_does_not_show_in_the_text(product: Product) {
    let server = server_with_writer(product);
    block_on(async {
        let left = "SELECT @left IS NOT NULL";
        for (with_reset, always) in [(false, true), (true, false)] {
            let pool = pool(&server, |it| it.max_size(1).always_reset(always)).await;
            let mut connection = pool.get().await.unwrap();
            let first = id(&mut connection).await;
            // With the schema: without it, LEAVES is a keyword of MySQL 9.7.
            let leaves = "SELECT iamtest.leaves()";
            assert_eq!(one::<i64>(&mut connection, leaves).await, 7);
            if with_reset {
                connection.reset_when_dropped();
            }
            drop(connection);
            let mut next = pool.get().await.unwrap();
            assert_eq!(one::<i64>(&mut next, left).await, 0);
            assert_eq!(id(&mut next).await, first);
        }
    });
}

/// The text protocol returns six digits of a FLOAT, so the value shows the protocol.
#[apply(on_each_server)]
fn what_a_caller_chooses_is_not_the_next_one_s(product: Product) {
    let server = server_with_writer(product);
    block_on(async {
        let pool = pool(&server, |it| it.max_size(1)).await;
        let mut connection = pool.get().await.unwrap();
        let first = id(&mut connection).await;
        connection.set_protocol(Protocol::Text);
        connection.set_read_idle_timeout(Some(Duration::from_millis(1)));
        drop(connection);
        let mut next = pool.get().await.unwrap();
        assert_eq!(id(&mut next).await, first);
        let slept = one::<i64>(&mut next, "SELECT SLEEP(0.1)").await;
        assert_eq!(slept, 0);
    });
}

/// MariaDB executes compound statements outside procedures.
#[test]
fn a_block_of_maria_db_leaves_nothing() {
    let server = server_with_writer(Product::MariaDb);
    block_on(async {
        let pool = pool(&server, |it| it.max_size(1)).await;
        let mode = one::<String>(&mut pool.get().await.unwrap(), "SELECT @@sql_mode").await;
        for block in [
            "BEGIN NOT ATOMIC SET SESSION sql_mode = 'ANSI'; END",
            "BEGIN NOT ATOMIC START TRANSACTION; INSERT INTO items (name) VALUES ('x'); SELECT * FROM missing; END",
        ] {
            let mut connection = pool.get().await.unwrap();
            let _refused = connection.execute(block, ()).await;
            drop(connection);
            let mut next = pool.get().await.unwrap();
            assert_eq!(one::<String>(&mut next, "SELECT @@sql_mode").await, mode);
            next.execute("COMMIT", ()).await.unwrap();
            let items = server.execute_as_admin("SELECT COUNT(*) FROM iamtest.items");
            assert_eq!(items.trim(), "3", "{block}");
        }
    });
}

/// After a failover the old writer is read-only, but still accepts connections.
#[apply(on_each_server)]
fn a_server_that_is_the_writer_no_more(product: Product) {
    let server = server_with_writer(product);
    let insert = "INSERT INTO items (name) VALUES ('dates')";
    block_on(async {
        let pool = pool(&server, |it| it.max_size(2)).await;
        let (mut one, mut other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        let before = [id(&mut one).await, id(&mut other).await];
        drop(other);
        server.execute_as_admin("SET GLOBAL read_only = 1");
        let refused = one.execute(insert, ()).await.unwrap_err();
        assert_eq!(refused.code(), Some(1290));
        assert!(one.is_demoted());
        drop(one);
        // Neither this connection nor the other idle one is used again.
        let (mut one, mut other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        for connection in [&mut one, &mut other] {
            assert!(!before.contains(&id(connection).await));
        }
        server.execute_as_admin("SET GLOBAL read_only = 0");
        one.execute(insert, ()).await.unwrap();
        let kept = id(&mut one).await;
        drop((one, other));
        let mut ids = Vec::new();
        let (mut one, mut other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        ids.push(id(&mut one).await);
        ids.push(id(&mut other).await);
        assert!(ids.contains(&kept));
    });
}

/// `ER_READ_ONLY_MODE`, as a server answers that is in a read-only mode of another kind. Here a procedure says it.
#[apply(on_each_server)]
fn a_server_in_read_only_mode_is_no_writer(product: Product) {
    let server = server_with_writer(product);
    server.execute_as_admin(
        "CREATE PROCEDURE iamtest.refuses() SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1836",
    );
    block_on(async {
        let pool = pool(&server, |it| it.max_size(1)).await;
        let mut connection = pool.get().await.unwrap();
        let first = id(&mut connection).await;
        let refused = connection.execute("CALL iamtest.refuses()", ()).await;
        assert_eq!(refused.unwrap_err().code(), Some(1836));
        assert!(connection.is_demoted());
        drop(connection);
        assert_ne!(id(&mut pool.get().await.unwrap()).await, first);
    });
}

/// The error of a read-only session does not mean that the server is read-only.
#[apply(on_each_server)]
fn a_read_only_session_is_kept(product: Product) {
    block_on(async {
        let builder = to(Server::shared(product))
            .user("password-user")
            .password(PASSWORD);
        let pool = Pool::builder(builder.build().await.unwrap()).max_size(1);
        let pool = pool.build().unwrap();
        let mut connection = pool.get().await.unwrap();
        let first = id(&mut connection).await;
        let refused = connection.execute("CREATE TABLE t (id INT)", ()).await;
        assert_eq!(refused.unwrap_err().code(), Some(1792));
        drop(connection);
        assert_eq!(id(&mut pool.get().await.unwrap()).await, first);
    });
}

/// The pool opens the minimum of connections at once, also if callers are already waiting.
#[apply(on_each_server)]
fn the_minimum_is_made_at_once(product: Product) {
    let server = server_with_writer(product);
    block_on(async {
        for callers in [0, 1, 6] {
            let pool = pool(&server, |it| it.min_size(4).max_size(6)).await;
            let mut held = Vec::new();
            for _ in 0..callers {
                held.push(pool.get().await.unwrap());
            }
            let made = async {
                while pool.metrics().size < 4 {
                    sleep(Duration::from_millis(5)).await;
                }
            };
            // The pool's maintenance task runs every 30 s, so it cannot have created them.
            timeout(Duration::from_secs(20), made).await.unwrap();
        }
    });
}

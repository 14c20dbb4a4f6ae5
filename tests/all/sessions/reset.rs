//! `Connection::reset`: afterwards the session is like a new one, and is set up like a new one.

use rds_bridge::mysql::{Connection, Param};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, first_value, to};

async fn connect(server: &Server, allow_writes: bool) -> Connection {
    let builder = to(server).user("admin").password(PASSWORD);
    let bridge = builder.allow_writes(allow_writes).build().await.unwrap();
    bridge.connect().await.unwrap()
}

#[apply(on_each_server)]
fn a_read_only_session_stays_read_only(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect(server, false).await;
        // First in a session that is not set up yet, then in one that is.
        for _ in 0..3 {
            connection.reset().await.unwrap();
            let insert = "INSERT INTO items (name) VALUES ('x')";
            let refused = connection.query(insert).await.map(drop).unwrap_err();
            assert_eq!(refused.code(), Some(1792));
        }
    });
}

#[apply(on_each_server)]
fn nothing_of_the_session_is_left(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let mut connection = connect(&server, true).await;
        let before: String = first_value(&mut connection, "SELECT @@sql_mode").await;
        for sql in [
            "SET @mine = 7",
            "SET SESSION sql_mode = 'ANSI'",
            "SET NAMES latin1",
            "SET autocommit = 0",
            "CREATE TEMPORARY TABLE mine (id INT)",
            "SELECT GET_LOCK('mine', 0)",
            "SELECT LAST_INSERT_ID(4711)",
            "USE mysql",
            "INSERT INTO iamtest.items (name) VALUES ('not committed')",
        ] {
            connection.execute(sql, ()).await.unwrap();
        }
        let sql = "SELECT ? + 1";
        connection.query_with(sql, &[Param::from(1)]).await.unwrap();
        connection.reset().await.unwrap();

        assert_eq!(
            first_value::<Option<i64>>(&mut connection, "SELECT @mine").await,
            None
        );
        assert_eq!(
            first_value::<String>(&mut connection, "SELECT @@sql_mode").await,
            before
        );
        assert_eq!(
            first_value::<String>(&mut connection, "SELECT 'é'").await,
            "é"
        );
        assert_eq!(
            first_value::<i64>(&mut connection, "SELECT @@autocommit").await,
            1
        );
        assert_eq!(
            first_value::<u64>(&mut connection, "SELECT LAST_INSERT_ID()").await,
            0
        );
        assert_eq!(
            first_value::<String>(&mut connection, "SELECT DATABASE()").await,
            "iamtest"
        );
        let gone = connection.query("SELECT * FROM mine").await.map(drop);
        assert_eq!(gone.unwrap_err().code(), Some(1146));
        assert_eq!(
            first_value::<i64>(&mut connection, "SELECT COUNT(*) FROM items").await,
            3
        );
        let mut rows = connection.query_with(sql, &[Param::from(1)]).await.unwrap();
        assert_eq!(rows.next().await.unwrap().unwrap().get(0), Ok(2));
    });
    assert_eq!(
        server.execute_as_admin("SELECT IS_FREE_LOCK('mine')"),
        "1\n"
    );
}

/// A reset after an unread reply discards that reply.
#[apply(on_each_server)]
fn in_the_middle_of_a_result(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect(server, false).await;
        let sql = "SELECT a.id FROM items a, items b, items c, items d, items e, items f, items g";
        let mut rows = connection.query(sql).await.unwrap();
        rows.next().await.unwrap().unwrap();
        drop(rows);
        connection.reset().await.unwrap();
        assert_eq!(first_value::<i64>(&mut connection, "SELECT 5").await, 5);
    });
}

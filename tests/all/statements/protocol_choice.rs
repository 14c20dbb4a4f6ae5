//! The choice between the text and the binary protocol: which statements are prepared, and how many round trips they
//! take.

use std::collections::HashMap;

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, Param, Protocol};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::counted_rows::{of_rows, read, rows};
use crate::helpers::live::{block_on, connect_with_password, to};

/// The session's statement counters when they were last read.
struct Counters(HashMap<String, u64>);

impl Counters {
    async fn read(connection: &mut Connection) -> Self {
        let mut counters = HashMap::new();
        let sql = "SHOW SESSION STATUS LIKE 'Com\\_%'";
        let mut rows = connection.query(sql).await.unwrap();
        while let Some(row) = rows.next().await.unwrap() {
            let value: &str = row.get(1).unwrap();
            counters.insert(row.get(0).unwrap(), value.parse().unwrap());
        }
        Self(counters)
    }

    /// How many statements were prepared, executed and closed since the last call.
    async fn statements(&mut self, connection: &mut Connection) -> [u64; 3] {
        let now = Self::read(connection).await;
        let since = ["prepare", "execute", "close"].map(|what| {
            let name = format!("Com_stmt_{what}");
            now.0[&name] - self.0[&name]
        });
        *self = now;
        since
    }
}

#[apply(on_each_server)]
fn a_query_is_prepared_once(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_with_password(server).await;
        let mut counters = Counters::read(&mut connection).await;
        for expected in [[1, 1, 0], [0, 1, 0], [0, 1, 0]] {
            assert_eq!(rows(&mut connection, "SELECT * FROM items").await, 3);
            assert_eq!(counters.statements(&mut connection).await, expected);
        }
        // Neither a statement that is not a query nor a query with a question mark is prepared.
        for sql in ["SHOW TABLES", "SELECT '?'"] {
            rows(&mut connection, sql).await;
            assert_eq!(counters.statements(&mut connection).await, [0, 0, 0]);
        }
        connection.set_protocol(Protocol::Text);
        assert_eq!(rows(&mut connection, "SELECT * FROM items").await, 3);
        assert_eq!(counters.statements(&mut connection).await, [0, 0, 0]);
        connection.set_protocol(Protocol::Binary);
        rows(&mut connection, "SELECT '?'").await;
        connection.set_protocol(Protocol::Text);
        assert_eq!(counters.statements(&mut connection).await, [1, 1, 0]);
    });
}

#[apply(on_each_server)]
fn what_cannot_be_prepared_is_sent_as_text(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_with_password(server).await;
        connection.set_protocol(Protocol::Binary);
        let refused = "PREPARE p FROM 'SELECT 7'";
        connection.execute(refused, ()).await.unwrap();
        assert_eq!(rows(&mut connection, "EXECUTE p").await, 1);
    });
}

#[apply(on_each_server)]
fn with_parameters_it_stays_prepared_and_few_do(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_with_password(server).await;
        let mut counters = Counters::read(&mut connection).await;
        let mut ask = async |number: usize| {
            let sql = format!("SELECT name, {number} FROM items WHERE id = ?");
            let mut rows = connection.query_with(&sql, (1,)).await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get(0), Ok("apple"));
            assert_eq!(row.get(1), Ok(u64::try_from(number).unwrap()));
        };
        for number in (0..32).chain(0..32) {
            ask(number).await;
        }
        assert_eq!(counters.statements(&mut connection).await, [32, 64, 0]);
        let mut ask = async |number: usize| {
            let sql = format!("SELECT name, {number} FROM items WHERE id = ?");
            let rows = connection.query_with(&sql, (1,)).await.unwrap();
            rows.finish().await.unwrap();
        };
        // With one statement above the limit, the oldest is closed. Preparing it again closes the next one.
        for number in [32, 0, 2] {
            ask(number).await;
        }
        assert_eq!(counters.statements(&mut connection).await, [2, 3, 2]);
        connection.reset().await.unwrap();
        let mut counters = Counters::read(&mut connection).await;
        let sql = "SELECT name, 2 FROM items WHERE id = ?";
        let rows = connection.query_with(sql, (1,)).await.unwrap();
        rows.finish().await.unwrap();
        assert_eq!(counters.statements(&mut connection).await, [1, 1, 0]);
    });
}

#[apply(on_each_server)]
fn the_wrong_number_of_parameters_is_an_error_each_time(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_with_password(server).await;
        let mut counters = Counters::read(&mut connection).await;
        for params in [&[][..], &[Param::from(1), Param::from(2)]] {
            let sql = "SELECT name FROM items WHERE id = ?";
            let error = connection.query_with(sql, params).await.unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::ParameterCount { expected: 1, given } if *given == params.len()),
                "{error}"
            );
        }
        assert_eq!(counters.statements(&mut connection).await, [1, 0, 0]);
    });
}

#[apply(on_each_server)]
fn an_error_of_two_commands_is_the_first_s(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_with_password(server).await;
        for (sql, code) in [
            ("SELECT * FROM nowhere", 1146),
            ("SELECT FROM", 1064),
            // It can be prepared, but its execution fails.
            ("SELECT (SELECT id FROM items)", 1242),
        ] {
            let error = read(&mut connection, sql).await.unwrap_err();
            assert_eq!(error.code(), Some(code), "{error}");
            assert_eq!(rows(&mut connection, "SELECT * FROM items").await, 3);
        }
    });
}

#[test]
fn a_call_that_is_given_up_leaves_nothing_behind() {
    let product = Product::MariaDb;
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_with_password(server).await;
        let mut counters = Counters::read(&mut connection).await;
        let asking = connection.query("SELECT SLEEP(0.2), 'not mine'");
        let limit = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(limit, asking).await.is_err());
        let mut rows = connection.query("SELECT 'mine'").await.unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!(row.get(0), Ok("mine"));
        drop(rows);
        assert_eq!(counters.statements(&mut connection).await, [2, 2, 0]);
        // The statement was already prepared when its query was dropped, and the connection knows that.
        let again = connection.query("SELECT SLEEP(0.2), 'not mine'").await;
        again.unwrap().finish().await.unwrap();
        assert_eq!(counters.statements(&mut connection).await, [0, 1, 0]);
    });
}

#[apply(on_each_server)]
fn a_table_that_changes_is_no_trouble(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("CREATE TABLE iamtest.c (a INT); INSERT INTO iamtest.c VALUES (1)");
    block_on(async {
        let mut connection = connect_with_password(&server).await;
        for (change, columns) in [("SELECT 1", 1), ("ALTER TABLE iamtest.c ADD b INT", 2)] {
            server.execute_as_admin(change);
            let rows = connection.query("SELECT * FROM c").await.unwrap();
            assert_eq!(rows.columns().len(), columns);
        }
        server.execute_as_admin("DROP TABLE iamtest.c");
        let error = connection.query("SELECT * FROM c").await.unwrap_err();
        assert_eq!(error.code(), Some(1146), "{error}");
    });
}

/// A statement whose result was short is not prepared for a single execution. A statement whose result was long is
/// prepared at once.
#[apply(on_each_server)]
fn connections_of_a_bridge_know_what_was_long(product: Product) {
    let server = Server::shared(product);
    let expected = [[0, 0, 0], [1, 1, 0], [0, 1, 0], [1, 1, 0]];
    block_on(async {
        let mut observed = Vec::new();
        // A bridge has 256 places for what it knows, by a hash with a random key. Two statements of about one bridge in
        // a hundred share a place, and only the last one is known.
        for _ in 0..4 {
            observed.push(prepared_by_the_second_connection(server).await);
            if observed.ends_with(&[expected]) {
                return;
            }
        }
        panic!("{observed:?}");
    });
}

/// What the second connection of a bridge prepares, after the first one has executed the same statements: a short one
/// three times, and a long one.
async fn prepared_by_the_second_connection(server: &Server) -> [[u64; 3]; 4] {
    let builder = to(server).user("password-user").password(PASSWORD);
    let bridge = builder.build().await.unwrap();
    let (short, long) = (&of_rows(999), &of_rows(1_000));
    let mut first = bridge.connect().await.unwrap();
    let mut counters = Counters::read(&mut first).await;
    for (sql, count) in [(short, 999), (long, 1_000)] {
        assert_eq!(rows(&mut first, sql).await, count);
        assert_eq!(counters.statements(&mut first).await, [1, 1, 0]);
    }
    let mut second = bridge.connect().await.unwrap();
    let mut counters = Counters::read(&mut second).await;
    let mut prepared = [[0; 3]; 4];
    let executed = [(short, 999), (short, 999), (short, 999), (long, 1_000)];
    for ((sql, count), prepared) in executed.into_iter().zip(&mut prepared) {
        assert_eq!(rows(&mut second, sql).await, count);
        *prepared = counters.statements(&mut second).await;
    }
    prepared
}

/// The endpoint's name is not one of RDS and may belong to a proxy, so MySQL receives one command at a time. A
/// statement whose result was long as text is prepared the next time.
#[test]
fn where_a_proxy_may_be_mysql_prepares_what_was_long() {
    block_on(async {
        let bridge = to(Server::shared(Product::MySql))
            .endpoint("db.example.com")
            .tls_server_name(ENDPOINT)
            .user("password-user")
            .password(PASSWORD);
        let bridge = bridge.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let mut counters = Counters::read(&mut connection).await;
        for expected in [[0, 0, 0], [1, 1, 0], [0, 1, 0]] {
            assert_eq!(rows(&mut connection, &of_rows(1_000)).await, 1_000);
            assert_eq!(counters.statements(&mut connection).await, expected);
        }
        for _ in 0..2 {
            assert_eq!(rows(&mut connection, &of_rows(999)).await, 999);
            assert_eq!(counters.statements(&mut connection).await, [0, 0, 0]);
        }
        let mut another = bridge.connect().await.unwrap();
        let mut counters = Counters::read(&mut another).await;
        assert_eq!(rows(&mut another, &of_rows(1_000)).await, 1_000);
        assert_eq!(counters.statements(&mut another).await, [1, 1, 0]);
    });
}

/// After a statement that may have prepared others, the two commands are not sent in one flight. A long result is
/// remembered nevertheless.
#[apply(on_each_server)]
fn what_was_long_is_prepared_where_one_flight_is_not_to_be(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_with_password(server).await;
        match product {
            Product::MySql => rows(&mut connection, "PREPARE p FROM 'SELECT 1'").await,
            Product::MariaDb => {
                let sql = "SELECT name FROM items WHERE id = ?";
                let rows = connection.query_with(sql, (1,)).await.unwrap();
                rows.finish().await.unwrap().affected_rows
            }
        };
        let mut counters = Counters::read(&mut connection).await;
        for expected in [[0, 0, 0], [1, 1, 0], [0, 1, 0]] {
            assert_eq!(rows(&mut connection, &of_rows(1_001)).await, 1_001);
            assert_eq!(counters.statements(&mut connection).await, expected);
        }
    });
}

/// A prepared statement keeps the database and the SQL mode of its preparation.
#[apply(on_each_server)]
fn another_database_is_another_statement(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "CREATE DATABASE other; CREATE TABLE other.items AS SELECT 'pear' AS name;
         CREATE USER 'both'@'%' IDENTIFIED BY 'secret'; GRANT SELECT ON *.* TO 'both'@'%';",
    );
    block_on(async {
        let bridge = to(&server).user("both").password("secret");
        let mut connection = bridge.build().await.unwrap().connect().await.unwrap();
        for (before, expected) in [
            ("SELECT 1", "apple"),
            ("USE other", "pear"),
            ("USE iamtest", "apple"),
        ] {
            connection.execute(before, ()).await.unwrap();
            let mut rows = connection
                .query("SELECT MIN(name) FROM items")
                .await
                .unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get(0), Ok(expected));
            drop(rows);
            let sql = "SELECT MIN(name) FROM items WHERE 1 = ?";
            let mut rows = connection.query_with(sql, (1,)).await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get(0), Ok(expected));
        }
        for (mode, expected) in [("", "0"), ("PIPES_AS_CONCAT", "ab")] {
            let set = format!("SET sql_mode = '{mode}'");
            connection.execute(&set, ()).await.unwrap();
            let mut rows = connection.query("SELECT CONCAT('a' || 'b')").await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get(0), Ok(expected));
        }
    });
}

/// If the server cannot prepare another statement, the query is sent as text.
#[apply(on_each_server)]
fn without_room_for_statements_it_is_text(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--max-prepared-stmt-count=1".to_owned()],
            ..Options::default()
        },
    );
    block_on(async {
        let mut connection = connect_with_password(&server).await;
        for sql in [
            "SELECT 1 FROM items",
            "SELECT 2 FROM items",
            "SELECT 3 FROM items",
        ] {
            assert_eq!(rows(&mut connection, sql).await, 3);
        }
        let mut rows = connection.query("SELECT 'mine'").await.unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!(row.get(0), Ok("mine"));
    });
}

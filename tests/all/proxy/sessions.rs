//! A client's session is the server's own: version, connection id, statements, results and errors.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as ClientError, Row};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;
use crate::helpers::waiting::until_executing;

async fn one<T: mysql_async::prelude::FromRow + Send + 'static>(
    connection: &mut Conn,
    sql: &str,
) -> T {
    connection.query_first(sql).await.unwrap().unwrap()
}

#[apply(on_each_server)]
fn the_user_is_the_one_of_the_token(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &[]);
    block_on(async {
        let mut connection = proxy.connect().await;
        let user: String = one(&mut connection, "SELECT CURRENT_USER()").await;
        assert!(user.starts_with("lambda-user@"), "{user}");
        let id: u32 = one(&mut connection, "SELECT CONNECTION_ID()").await;
        assert_eq!(connection.id(), id);
        let version: String = one(&mut connection, "SELECT VERSION()").await;
        let (major, minor, _) = connection.server_version();
        assert!(
            version.starts_with(&format!("{major}.{minor}.")),
            "{version}"
        );
        let database: Option<String> = one(&mut connection, "SELECT DATABASE()").await;
        assert_eq!(database.as_deref(), Some("iamtest"));
    });
}

#[apply(on_each_server)]
fn a_client_without_a_database_gets_the_proxy_s(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &[]);
    block_on(async {
        let client = proxy.client().db_name(None::<String>);
        let mut connection = Conn::new(client).await.unwrap();
        let database: Option<String> = one(&mut connection, "SELECT DATABASE()").await;
        assert_eq!(database.as_deref(), Some("iamtest"));
    });
}

#[apply(on_each_server)]
fn statements_and_results_pass_unchanged(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &[]);
    block_on(async {
        let mut connection = proxy.connect().await;
        let prepared: Option<(i64, String)> = connection
            .exec_first("SELECT ? + 1, CONCAT(?, 'ü')", (41, "a"))
            .await
            .unwrap();
        assert_eq!(prepared, Some((42, "aü".to_owned())));

        // Several packets of the largest size would be 16 MiB each; the server's limit is below that.
        let long: String = one(&mut connection, "SELECT REPEAT('x', 5000000)").await;
        assert_eq!(long.len(), 5_000_000);

        let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
                     SELECT a.i FROM n a, n b LIMIT 100000";
        let rows: Vec<u32> = connection.query(count).await.unwrap();
        assert_eq!(rows.len(), 100_000);

        let mut results = connection.query_iter("SELECT 1; SELECT 2").await.unwrap();
        let first: Vec<u8> = results.collect().await.unwrap();
        let second: Vec<u8> = results.collect().await.unwrap();
        assert_eq!((first, second), (vec![1], vec![2]));
        drop(results);

        let error = connection.query_drop("SELEC 1").await.unwrap_err();
        let ClientError::Server(error) = error else {
            panic!("{error}");
        };
        assert_eq!((error.code, &*error.state), (1064, "42000"));
        connection.ping().await.unwrap();
        connection.disconnect().await.unwrap();
    });
}

#[apply(on_each_server)]
fn a_client_kills_its_own_statement_by_its_id(product: Product) {
    let server = Server::shared(product);
    let proxy = Proxy::start(server, &[]);
    block_on(async {
        let mut connection = proxy.connect().await;
        let mut other = proxy.connect().await;
        let id = connection.id();
        let sleeping = connection.query_first::<Row, _>("SELECT SLEEP(600) FROM items");
        let killing = async {
            until_executing(server, id, "SLEEP(600)").await;
            other.query_drop(format!("KILL QUERY {id}")).await.unwrap();
        };
        // MySQL ends the sleep without an error, and MariaDB with 1317.
        let (_ended, ()) = tokio::join!(sleeping, killing);
        connection.ping().await.unwrap();
    });
}

#[apply(on_each_server)]
fn the_server_sees_the_client_s_address_and_user(product: Product) {
    let options = Options {
        // MariaDB collects the attributes of connections only with it.
        arguments: vec!["--performance-schema=ON".to_owned()],
        ..Options::default()
    };
    let server = Server::start(product, &options);
    let proxy = Proxy::start(&server, &[]);
    block_on(async {
        let connection = proxy.connect().await;
        let attributes = server.execute_as_admin(&format!(
            "SELECT attr_name, attr_value FROM performance_schema.session_connect_attrs \
             WHERE processlist_id = {}",
            connection.id()
        ));
        for line in [
            "_client_ip\t127.0.0.1",
            "_client_user\tanyone",
            "_proxy\trds-bridge",
        ] {
            assert!(attributes.lines().any(|it| it == line), "{attributes}");
        }
    });
}

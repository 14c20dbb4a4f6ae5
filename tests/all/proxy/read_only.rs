//! `--read-only`: also after what resets a session.

use mysql_async::prelude::Queryable;
use mysql_async::{ChangeUserOpts, Conn, Error as ClientError};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{stderr, stdout};
use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;

/// `ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION`.
const READ_ONLY: u16 = 1792;

async fn write(connection: &mut Conn) -> Option<u16> {
    let written = connection
        .query_drop("CREATE TABLE proxy_read_only (a INT)")
        .await;
    match written {
        Ok(()) => {
            let dropped = connection.query_drop("DROP TABLE proxy_read_only").await;
            dropped.unwrap();
            None
        }
        Err(ClientError::Server(error)) => Some(error.code),
        Err(error) => panic!("{error}"),
    }
}

#[apply(on_each_server)]
fn sessions_stay_read_only(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &["--read-only"]);
    block_on(async {
        let mut connection = proxy.connect().await;
        assert_eq!(write(&mut connection).await, Some(READ_ONLY));
        assert!(connection.reset().await.unwrap());
        assert_eq!(write(&mut connection).await, Some(READ_ONLY));
        let options = ChangeUserOpts::default();
        connection.change_user(options).await.unwrap();
        assert_eq!(write(&mut connection).await, Some(READ_ONLY));
        let answer: Option<u8> = connection.query_first("SELECT 1").await.unwrap();
        assert_eq!(answer, Some(1));
    });
}

/// Oracle's client sends query attributes, which change the layout of `COM_QUERY`.
#[apply(on_each_server)]
fn a_client_with_query_attributes_is_read_only_too(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &["--read-only"]);
    let run = |sql: &str| {
        let mut client = Product::MySql.client();
        client.args(["--host", "127.0.0.1", "--user", "x", "--batch", "-N"]);
        client.args(["--port", &proxy.address().port().to_string()]);
        client.args(["--execute", sql]).output().unwrap()
    };
    let read = run("SELECT 7");
    assert_eq!(stdout(&read), "7\n", "{}", stderr(&read));
    let written = run("CREATE TABLE proxy_read_only (a INT)");
    assert!(
        stderr(&written).contains("ERROR 1792"),
        "{}",
        stderr(&written)
    );
}

//! `--role`: clients are not logged in to a server of another role.

use mysql_async::prelude::Queryable;
use mysql_async::{ChangeUserOpts, Conn, Error as ClientError};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{stderr, stdout};
use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;

/// `ER_OPTION_PREVENTS_STATEMENT`, by which clients recognise a former writer.
const NO_WRITER: u16 = 1290;

fn set_read_only(server: &Server, on: bool) {
    server.execute_as_admin(&format!("SET GLOBAL read_only = {}", u8::from(on)));
}

fn assert_no_writer(error: &ClientError) {
    let ClientError::Server(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.code, NO_WRITER);
    let expected = "rds-bridge: session: the server is not the writer; likely cause 1: a failover is in progress";
    assert!(error.message.starts_with(expected), "{}", error.message);
}

#[apply(on_each_server)]
fn a_server_of_another_role_is_refused(product: Product) {
    let server = Server::start(product, &Options::default());
    let proxy = Proxy::start(&server, &["--role", "writer"]);
    block_on(async {
        let mut connection = proxy.connect().await;
        let answer: Option<u8> = connection.query_first("SELECT 1").await.unwrap();
        assert_eq!(answer, Some(1));
        let options = || ChangeUserOpts::default();
        connection.change_user(options()).await.unwrap();

        set_read_only(&server, true);
        assert_no_writer(&Conn::new(proxy.client()).await.unwrap_err());
        // Another login is another session, whose server is asked again.
        let changed = connection.change_user(options()).await;
        assert!(changed.is_err());

        set_read_only(&server, false);
        proxy.connect().await.query_drop("SELECT 1").await.unwrap();
    });
}

/// A client whose flags change the layout of the question and of its answer.
#[apply(on_each_server)]
fn a_client_with_query_attributes_is_checked_too(product: Product) {
    let server = Server::start(product, &Options::default());
    let proxy = Proxy::start(&server, &["--role", "reader"]);
    let run = || {
        let mut client = Product::MySql.client();
        client.args(["--host", "127.0.0.1", "--user", "x", "--batch", "-N"]);
        client.args(["--port", &proxy.address().port().to_string()]);
        client.args(["--execute", "SELECT 7"]).output().unwrap()
    };
    let refused = run();
    let said = stderr(&refused);
    assert!(said.contains("the server is not a reader"), "{said}");
    set_read_only(&server, true);
    let read = run();
    assert_eq!(stdout(&read), "7\n", "{}", stderr(&read));
}

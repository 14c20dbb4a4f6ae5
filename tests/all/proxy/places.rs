//! Where clients connect: Unix sockets, several endpoints, and the environment of a program.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as ClientError, OptsBuilder};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::addresses::free_address;
use crate::helpers::command::{executable, stderr, stdout, with};
use crate::helpers::live::{block_on, environment};
use crate::helpers::proxy::Proxy;

#[apply(on_each_server)]
fn a_unix_socket_is_private(product: Product) {
    let server = Server::shared(product);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mysql.sock");
    let proxy = Proxy::start(server, &["--unix-socket", path.to_str().unwrap()]);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    block_on(async {
        let client = OptsBuilder::default().socket(Some(path.to_str().unwrap()));
        let mut connection = Conn::new(client.user(Some("x"))).await.unwrap();
        let user: Option<String> = connection
            .query_first("SELECT CURRENT_USER()")
            .await
            .unwrap();
        assert_eq!(user.as_deref(), Some("lambda-user@%"));
    });
    let (status, _) = proxy.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(!path.exists());
}

#[apply(on_each_server)]
fn a_program_finds_the_proxy_and_ends_it(product: Product) {
    let server = Server::shared(product);
    let script = "mysql --no-defaults --batch --skip-column-names --user x \
                  --execute 'SELECT name FROM items WHERE id = 2' && exit 7";
    let folder = product.client().get_program().to_owned();
    let folder = std::path::Path::new(&folder)
        .parent()
        .map(ToOwned::to_owned);
    let path = std::env::var("PATH").unwrap();
    let path = match folder {
        Some(folder) => format!("{}:{path}", folder.display()),
        None => path,
    };
    let output = Command::new(executable())
        .args(["proxy", "--listen", "127.0.0.1:0", "--", "sh", "-c", script])
        .env_clear()
        .envs(environment(server))
        .env("PATH", path)
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "bread\n", "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn each_endpoint_has_its_own_user() {
    let server = Server::shared(Product::MySql);
    let endpoint = rds_bridge_test_support::expectation::ENDPOINT;
    // The same server twice: once as the user of the environment, and once as one who does not exist.
    let other = free_address();
    let second = format!("{endpoint}?user=another-user&listen={other}");
    let proxy = Proxy::start(server, &[endpoint, &second]);
    block_on(async {
        let mut connection = proxy.connect().await;
        let answer: Option<u8> = connection.query_first("SELECT 1").await.unwrap();
        assert_eq!(answer, Some(1));
        let client = proxy.client().tcp_port(other.port());
        match Conn::new(client).await {
            Err(ClientError::Server(error)) => assert_eq!(error.code, 1045, "{error}"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_start_that_fails_leaves_no_socket() {
    let server = Server::shared(Product::MySql);
    let endpoint = rds_bridge_test_support::expectation::ENDPOINT;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mysql.sock");
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let first = format!("{endpoint}?unix-socket={}", path.display());
    let second = format!("{endpoint}?listen={}", taken.local_addr().unwrap());
    // The tasks that accept clients end at their own pace, which the process does not wait for.
    for _ in 0..20 {
        let output = with(server, &[], &["proxy", &first, &second]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(!path.exists());
    }
}

#[test]
fn a_wrong_setting_of_an_endpoint_is_named() {
    let server = Server::shared(Product::MySql);
    let output = with(server, &[], &["proxy", "db.example.com?password=x"]);
    assert_eq!(output.status.code(), Some(2));
    let problem = "\"password\" is not a setting; the settings are port, user";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
}

#[test]
fn an_endpoint_or_a_user_that_is_missing_is_named() {
    let server = Server::shared(Product::MySql);
    let output = with(server, &[("DB_HOST", ""), ("DB_USER", "")], &["proxy"]);
    assert_eq!(output.status.code(), Some(2));
    let problem = "give them with --hostname and --username, or set DB_HOST and DB_USER";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
}

#[test]
fn the_port_of_another_endpoint_does_not_count() {
    let server = Server::shared(Product::MySql);
    let endpoint = rds_bridge_test_support::expectation::ENDPOINT;
    let port = [("DB_PORT", "13306")];
    let lines = |arguments: &[&str]| Proxy::start_with(server, &port, arguments).terminate().1;
    // DB_PORT belongs to DB_HOST.
    let of_variables = lines(&[]);
    assert!(
        of_variables.contains(&format!(" and connecting to {endpoint}:13306:")),
        "{of_variables}"
    );
    let of_argument = lines(&[endpoint]);
    assert!(
        of_argument.contains(&format!(" and connecting to {endpoint}:3306:")),
        "{of_argument}"
    );
    let own = lines(&[&format!("{endpoint}?port=3310")]);
    assert!(
        own.contains(&format!(" and connecting to {endpoint}:3310:")),
        "{own}"
    );
    let option = lines(&[endpoint, "--port", "3311"]);
    assert!(
        option.contains(&format!(" and connecting to {endpoint}:3311:")),
        "{option}"
    );
}

#[test]
fn a_word_is_not_taken_for_an_endpoint() {
    let server = Server::shared(Product::MySql);
    for arguments in [&["proxy", "foo"][..], &["proxy", "mysql", "-e", "SELECT 1"]] {
        let output = with(server, &[], arguments);
        assert_eq!(output.status.code(), Some(2));
        let hint = "put -- before a program to run";
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
}

#[test]
fn the_user_of_a_client_does_not_replace_the_proxys_own() {
    let server = Server::shared(Product::MySql);
    let output = with(server, &[("DB_USER", "")], &["proxy", "--client-user"]);
    assert_eq!(output.status.code(), Some(2));
    let why = "for health checks and when a client disconnects before its login";
    assert!(stderr(&output).contains(why), "{}", stderr(&output));
}

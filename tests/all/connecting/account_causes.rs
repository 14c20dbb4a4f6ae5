//! The errors and causes of accounts that the server locks out.

use rds_bridge::{Error, ErrorKind, Stage};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, to};

fn refusal(server: &Server, password: &str) -> Error {
    let builder = to(server).user("password-user").password(password);
    block_on(async {
        builder
            .build()
            .await?
            .connect()
            .await?
            .execute("SELECT 1", ())
            .await
    })
    .unwrap_err()
}

fn assert_says(error: &Error, code: u16, words: &str) {
    assert_eq!(error.code(), Some(code), "{error}");
    let causes = error.causes();
    let is_said = causes.iter().any(|cause| cause.why.contains(words));
    assert!(is_said, "{error}: {causes:?}");
}

#[apply(on_each_server)]
fn a_locked_account(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("ALTER USER 'password-user'@'%' ACCOUNT LOCK");
    let code = match product {
        Product::MySql => 3118,
        Product::MariaDb => 4151,
    };
    assert_says(&refusal(&server, PASSWORD), code, "the account is locked");
}

#[apply(on_each_server)]
fn an_expired_password(product: Product) {
    // Depending on the option, the server refuses the login, or every statement until the password is changed.
    for (is_login_refused, code) in [("ON", 1862), ("OFF", 1820)] {
        let server = Server::start(
            product,
            &Options {
                arguments: vec![format!(
                    "--disconnect-on-expired-password={is_login_refused}"
                )],
                ..Options::default()
            },
        );
        server.execute_as_admin("ALTER USER 'password-user'@'%' PASSWORD EXPIRE");
        assert_says(&refusal(&server, PASSWORD), code, "password has expired");
    }
}

#[apply(on_each_server)]
fn too_many_connections_of_one_account(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("ALTER USER 'password-user'@'%' WITH MAX_USER_CONNECTIONS 1");
    let builder = to(&server).user("password-user").password(PASSWORD);
    let error = block_on(async {
        let bridge = builder.build().await?;
        let _first = bridge.connect().await?;
        bridge.connect().await
    });
    assert_says(&error.unwrap_err(), 1226, "a resource limit");
}

#[apply(on_each_server)]
fn an_init_connect_that_fails(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("SET GLOBAL init_connect = 'SELECT nothing'");
    let error = refusal(&server, PASSWORD);
    // The server reports the failure to the first statement, or closes the connection before the client sends it.
    if error.code().is_some() {
        assert_says(&error, 1184, "init_connect failed");
    }
}

/// Only MySQL has `FAILED_LOGIN_ATTEMPTS`.
#[test]
fn an_account_that_was_tried_too_often() {
    let server = Server::start(Product::MySql, &Options::default());
    server.execute_as_admin(
        "ALTER USER 'password-user'@'%' FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME 1",
    );
    for _ in 0..2 {
        refusal(&server, "another");
    }
    assert_says(
        &refusal(&server, PASSWORD),
        3955,
        "too many wrong passwords",
    );
}

/// Only MySQL has multi-factor authentication.
#[test]
fn an_account_with_a_second_factor() {
    let server = Server::start(Product::MySql, &Options::default());
    server.execute_as_admin(
        "ALTER USER 'password-user'@'%' ADD 2 FACTOR IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'",
    );
    let error = refusal(&server, PASSWORD);
    assert_eq!(error.stage(), Stage::Login, "{error}");
    assert_says(&error, 1045, "second factor");
}

#[test]
fn a_method_that_is_not_known_is_named() {
    let server = Server::start(Product::MySql, &Options::default());
    let alter =
        format!("ALTER USER 'password-user'@'%' IDENTIFIED WITH sha256_password BY '{PASSWORD}'");
    server.execute_as_admin(&alter);
    let error = refusal(&server, PASSWORD);
    assert!(matches!(error.kind(), ErrorKind::Handshake(_)), "{error}");
    assert!(error.to_string().contains("\"sha256_password\""), "{error}");
    let remedy = error.causes()[0].remedy.to_string();
    assert!(remedy.contains("caching_sha2_password"), "{remedy}");
}

//! The server's accounts, their privileges, and the tables.

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::client::{
    assert_access_denied, assert_reads_items, read_items, read_items_at, stderr, token,
};

#[apply(on_each_server)]
fn passwords_log_in_and_wrong_ones_do_not(product: Product) {
    let server = Server::shared(product);
    let users: &[&str] = match product {
        Product::MySql => &["password-user", "admin"],
        Product::MariaDb => &["password-user", "ed25519-user", "admin"],
    };
    for user in users {
        assert_reads_items(&read_items(server, user, PASSWORD));
        assert_access_denied(&read_items(server, user, "wrong"), user);
    }
}

#[test]
fn there_are_no_other_accounts_on_mysql_and_each_has_its_method() {
    let accounts = Server::shared(Product::MySql)
        .execute_as_admin("SELECT user, plugin, ssl_type FROM mysql.user ORDER BY user");
    assert_eq!(
        accounts,
        "admin\tcaching_sha2_password\t
lambda-user\tAWSAuthenticationPlugin\tANY
mysql.infoschema\tcaching_sha2_password\t
mysql.session\tcaching_sha2_password\t
mysql.sys\tcaching_sha2_password\t
no-grant\tAWSAuthenticationPlugin\tANY
password-user\tcaching_sha2_password\t
"
    );
}

#[test]
fn there_are_no_other_accounts_on_mariadb_and_each_has_its_method() {
    let accounts = Server::shared(Product::MariaDb).execute_as_admin(
        "SELECT user, json_value(priv, '$.plugin'), json_value(priv, '$.ssl_type') FROM mysql.global_priv ORDER BY user",
    );
    assert_eq!(
        accounts,
        "admin\tmysql_native_password\tNULL
ed25519-user\ted25519\tNULL
lambda-user\tAWSAuthenticationPlugin\t1
mariadb.sys\tmysql_native_password\tNULL
no-grant\tAWSAuthenticationPlugin\t1
password-user\tmysql_native_password\tNULL
"
    );
}

#[apply(on_each_server)]
fn an_account_without_a_grant_gets_in_and_no_further(product: Product) {
    let server = Server::shared(product);
    let output = read_items(
        server,
        "no-grant",
        &token(&Expectation::default(), "no-grant"),
    );
    let said = stderr(&output);
    assert!(said.contains("ERROR 1142 (42000)"), "{said}");
}

/// The server asks for the token before it refuses the login, so a client must not send it without TLS.
#[apply(on_each_server)]
fn iam_accounts_need_tls(product: Product) {
    let server = Server::start(product, &Options::default());
    let token = token(&Expectation::default(), "lambda-user");
    let output = read_items_at(
        &server,
        server.port(),
        "lambda-user",
        &token,
        &["--skip-ssl"],
    );
    assert_access_denied(&output, "lambda-user");
    assert!(server.error_log().contains("accepted \"lambda-user\""));
}

#[apply(on_each_server)]
fn a_change_by_admin_is_seen_by_others_and_in_no_other_server(product: Product) {
    let server = Server::start(product, &Options::default());
    let affected = "DELETE FROM iamtest.items WHERE id > 1; SELECT ROW_COUNT(), 'é'";
    assert_eq!(server.execute_as_admin(affected), "2\té\n");
    let output = read_items(&server, "password-user", PASSWORD);
    assert_eq!(output.stdout, b"1\tapple\t1.25\n");
    assert_reads_items(&read_items(
        Server::shared(product),
        "password-user",
        PASSWORD,
    ));
}

#[apply(on_each_server)]
fn arguments_are_the_server_s(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--max-allowed-packet=1M".into()],
            ..Options::default()
        },
    );
    let limit = server.execute_as_admin("SELECT @@max_allowed_packet");
    assert_eq!(limit, "1048576\n");
}

//! Who may do what on the server, and what is in it.

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::maria_db::{MariaDb, Options, PASSWORD};

use crate::client::{
    assert_access_denied, assert_reads_items, read_items, read_items_at, stderr, token,
};

#[test]
fn passwords_log_in_and_wrong_ones_do_not() {
    let server = MariaDb::shared();
    for user in ["native-user", "ed25519-user", "admin"] {
        assert_reads_items(&read_items(server, user, PASSWORD));
        assert_access_denied(&read_items(server, user, "wrong"), user);
    }
}

#[test]
fn there_are_no_other_accounts_and_each_has_its_method() {
    let accounts = MariaDb::shared().execute_as_admin(
        "SELECT user, json_value(priv, '$.plugin'), json_value(priv, '$.ssl_type') FROM mysql.global_priv ORDER BY user",
    );
    assert_eq!(
        accounts,
        "admin\tmysql_native_password\tNULL
ed25519-user\ted25519\tNULL
lambda-user\tAWSAuthenticationPlugin\t1
mariadb.sys\tmysql_native_password\tNULL
native-user\tmysql_native_password\tNULL
no-grant\tAWSAuthenticationPlugin\t1
"
    );
}

#[test]
fn an_account_without_a_grant_gets_in_and_no_further() {
    let server = MariaDb::shared();
    let output = read_items(
        server,
        "no-grant",
        &token(&Expectation::default(), "no-grant"),
    );
    let said = stderr(&output);
    assert!(said.contains("ERROR 1142 (42000)"), "{said}");
}

/// The server asks for the token all the same, before it says no: a client must not give it.
#[test]
fn iam_accounts_need_tls() {
    let server = MariaDb::start(&Options::default());
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

#[test]
fn a_change_by_admin_is_seen_by_others_and_in_no_other_server() {
    let server = MariaDb::start(&Options::default());
    let affected = "DELETE FROM iamtest.items WHERE id > 1; SELECT ROW_COUNT(), 'é'";
    assert_eq!(server.execute_as_admin(affected), "2\té\n");
    let output = read_items(&server, "native-user", PASSWORD);
    assert_eq!(output.stdout, b"1\tapple\t1.25\n");
    assert_reads_items(&read_items(MariaDb::shared(), "native-user", PASSWORD));
}

#[test]
fn arguments_are_the_server_s() {
    let server = MariaDb::start(&Options {
        arguments: vec!["--max-allowed-packet=1M".into()],
        ..Options::default()
    });
    let limit = server.execute_as_admin("SELECT @@max_allowed_packet");
    assert_eq!(limit, "1048576\n");
}

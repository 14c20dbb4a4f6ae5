//! The `mariadb` command as a client, and tokens for it.

use std::process::{Command, Output};
use std::time::SystemTime;

use rds_bridge_component::presign::{ConnectRequest, Credentials, Lifetime, presign};
use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::server::Server;

/// The rows of `iamtest.items`, as the client prints them.
pub(crate) const ITEMS: &str = "1\tapple\t1.25\n2\tbread\t3.50\n3\tcheese\t12.00\n";

/// The token that the component signs for `user`.
pub(crate) fn token_at(by: &Expectation, user: &str, signed_at: u64) -> String {
    let credentials = Credentials::new(
        by.access_key_id.clone(),
        by.secret_access_key.clone(),
        by.session_token.clone(),
        None,
    )
    .unwrap();
    let request = ConnectRequest::new(&by.host, by.port, by.region.clone(), user.into()).unwrap();
    let lifetime = Lifetime::new(signed_at, 900).unwrap();
    let token = presign(&credentials, &request, lifetime).unwrap();
    token.text.into_exposed()
}

pub(crate) fn token(by: &Expectation, user: &str) -> String {
    token_at(by, user, now())
}

pub(crate) fn now() -> u64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since_1970.unwrap().as_secs()
}

/// Logs in over TCP and TLS with verification of the server, and reads the items.
pub(crate) fn read_items(server: &Server, user: &str, password: &str) -> Output {
    read_items_at(
        server,
        server.port(),
        user,
        password,
        &["--ssl-verify-server-cert"],
    )
}

/// As [`read_items`], at another port that leads to the server and with other arguments for TLS.
pub(crate) fn read_items_at(
    server: &Server,
    port: u16,
    user: &str,
    password: &str,
    tls: &[&str],
) -> Output {
    Command::new("mariadb")
        .args(["--no-defaults", "--batch", "--skip-column-names"])
        // `localhost` is a name in the certificate.
        .args(["--protocol=tcp", "--host=localhost"])
        .arg(format!("--port={port}"))
        .arg(format!("--user={user}"))
        .arg(format!("--ssl-ca={}", server.ca_file().display()))
        .args(tls)
        .args([
            "--execute",
            "SELECT id, name, price FROM iamtest.items ORDER BY id",
        ])
        .env("MYSQL_PWD", password)
        .output()
        .unwrap()
}

#[track_caller]
pub(crate) fn assert_reads_items(output: &Output) {
    assert_eq!(stdout(output), ITEMS, "{}", stderr(output));
}

/// Asserts that the error is exactly the one of RDS.
#[track_caller]
pub(crate) fn assert_access_denied(output: &Output, user: &str) {
    let expected = format!(
        "ERROR 1045 (28000): Access denied for user '{user}'@'127.0.0.1' (using password: YES)\n"
    );
    assert_eq!(stderr(output), expected);
    assert!(output.stdout.is_empty());
}

pub(crate) fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

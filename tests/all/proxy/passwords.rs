//! `--config`: clients that authenticate with a password, inside TLS.

use std::fs;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as ClientError, OptsBuilder, SslOpts};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{run, stderr, stdout};
use crate::helpers::live::block_on;
use crate::helpers::proxy::{Proxy, RELOADED, UNCHANGED};
use crate::helpers::proxy_files::{ProxyFiles, hash_password};

/// Writes a configuration with one caller, who has both hashes of a password.
fn configure(files: &ProxyFiles, password: &str) {
    let hashes = hash_password(password).replace("# password", "password");
    let listener = format!(
        "listen = \"127.0.0.1:0\"\nauthentication = \"passwords\"\n{}",
        files.tls("")
    );
    files.configure(&format!("[callers.alice]\n{hashes}"), &listener);
}

fn client(proxy: &Proxy, user: &str, password: &str) -> OptsBuilder {
    proxy.client().user(Some(user)).pass(Some(password))
}

fn refusal(options: OptsBuilder) -> (u16, String) {
    match block_on(Conn::new(options)) {
        Ok(_) => panic!("it was logged in"),
        Err(ClientError::Server(error)) => (error.code, error.message),
        Err(error) => panic!("{error}"),
    }
}

fn user_of(options: OptsBuilder) -> String {
    block_on(async {
        let mut connection = Conn::new(options).await.unwrap();
        let user: Option<String> = connection
            .query_first("SELECT CURRENT_USER()")
            .await
            .unwrap();
        user.unwrap()
    })
}

#[apply(on_each_server)]
fn a_password_lets_in_and_nothing_else(product: Product) {
    let server = Server::shared(product);
    let files = ProxyFiles::new();
    configure(&files, "wonderland");
    let proxy = files.start(server);
    assert_eq!(
        user_of(client(&proxy, "alice", "wonderland")),
        "lambda-user@%"
    );
    let tls = SslOpts::default()
        .with_root_certs(vec![files.authority.pem().into_bytes().into()])
        .with_disable_built_in_roots(true)
        .with_danger_skip_domain_validation(true);
    let inside_tls = client(&proxy, "alice", "wonderland").ssl_opts(tls);
    assert_eq!(user_of(inside_tls), "lambda-user@%");

    // A user who does not exist gets the same answer as one with a wrong password.
    let answers = [
        ("alice", "wrong"),
        ("bob", "wrong"),
        ("alice", ""),
        ("bob", ""),
    ];
    let answers = answers.map(|(user, password)| {
        let (code, message) = refusal(client(&proxy, user, password));
        (code, message.replace(user, "USER"))
    });
    assert_eq!(answers[0].0, 1045);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[2], answers[3]);
    let (status, log) = proxy.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("wonderland"), "{log}");
}

#[test]
fn callers_change_on_a_hang_up() {
    let server = Server::shared(Product::MySql);
    let files = ProxyFiles::new();
    configure(&files, "old");
    let proxy = files.start(server);
    assert_eq!(user_of(client(&proxy, "alice", "old")), "lambda-user@%");
    configure(&files, "new");
    proxy.hang_up(RELOADED);
    assert_eq!(user_of(client(&proxy, "alice", "new")), "lambda-user@%");
    assert_eq!(refusal(client(&proxy, "alice", "old")).0, 1045);

    // An invalid file changes nothing.
    files.write_config("[databases");
    proxy.hang_up(UNCHANGED);
    assert_eq!(user_of(client(&proxy, "alice", "new")), "lambda-user@%");
}

#[test]
fn what_is_wrong_in_the_file_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rds-bridge.toml");
    fs::write(
        &file,
        "[databases.a]\nendpoint = \"e\"\nuser = \"u\"\nports = 1\n",
    )
    .unwrap();
    let output = run(&["proxy", "--config", file.to_str().unwrap()], &[], "");
    assert_eq!(output.status.code(), Some(2));
    let problem = "line 4, column 1: unknown field `ports`";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
}

#[test]
fn the_example_is_valid() {
    let output = run(&["proxy", "example"], &[], "");
    assert!(output.status.success());
    rds_bridge_access::Config::parse(stdout(&output)).unwrap();
}

#[test]
fn options_that_the_file_has_keys_for_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rds-bridge.toml");
    fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for (option, value, key) in [
        ("--username", "app", "set user in [databases.NAME]"),
        (
            "--hostname",
            "db.example.com",
            "set endpoint in [databases.NAME]",
        ),
        (
            "--connect-to",
            "127.0.0.1",
            "set connect_to in [databases.NAME]",
        ),
    ] {
        let output = run(&["proxy", "--config", file, option, value], &[], "");
        assert_eq!(output.status.code(), Some(2));
        let problem = format!("--config and {option} cannot be used together: {key}");
        assert!(stderr(&output).contains(&problem), "{}", stderr(&output));
    }
    let output = run(&["proxy", "--config", "/no/such.toml"], &[], "");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    // Options after -- are the program's.
    let program = ["proxy", "--config", file, "--", "mysql", "--port", "1"];
    let output = run(&program, &[], "");
    let problem = "no listener: add [[proxy.listeners]]";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
}

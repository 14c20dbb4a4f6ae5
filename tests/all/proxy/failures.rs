//! What fails on the way to the database reaches the client as an error that says where and why.

use std::net::{Ipv4Addr, TcpListener};

use mysql_async::{Conn, Error as ClientError, ServerError};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::addresses::free_address;
use crate::helpers::command::{stderr, with};
use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;

fn refused(proxy: &Proxy) -> ServerError {
    match block_on(Conn::new(proxy.client())) {
        Ok(_) => panic!("it was logged in"),
        Err(ClientError::Server(error)) => error,
        Err(error) => panic!("{error}"),
    }
}

#[apply(on_each_server)]
fn a_refused_login_keeps_its_code_and_gets_its_causes(product: Product) {
    let server = Server::shared(product);
    let proxy = Proxy::start_with(server, &[("AWS_SECRET_ACCESS_KEY", "Zq7-not-the-key")], &[]);
    let error = refused(&proxy);
    assert_eq!((error.code, &*error.state), (1045, "28000"));
    let message = &error.message;
    assert!(
        message.starts_with("Access denied for user 'lambda-user'"),
        "{message}"
    );
    assert!(message.contains("[rds-bridge, stage login]"), "{message}");
    assert!(message.contains("likely cause 1: "), "{message}");
    assert!(!message.contains("Zq7"), "{message}");
    // The operator sees the failure too, without --log.
    let (_, log) = proxy.terminate();
    let warnings = log.lines().filter(|line| line.contains("warning"));
    let warnings: Vec<&str> = warnings.collect();
    let [warning] = warnings[..] else {
        panic!("{log}");
    };
    assert!(
        warning.starts_with("rds-bridge: warning: connecting to the database failed: "),
        "{warning}"
    );
    assert!(
        warning.contains("stage login, error Access denied"),
        "{warning}"
    );
    assert!(!log.contains("Zq7"), "{log}");
}

#[test]
fn a_server_that_is_down_is_named_with_its_stage() {
    let server = Server::shared(Product::MySql);
    let address = free_address().to_string();
    let proxy = Proxy::start_with(server, &[("DB_CONNECT_TO", &address)], &[]);
    let error = refused(&proxy);
    assert_eq!(error.code, 1158);
    let begin = "rds-bridge: TCP connection: ";
    assert!(error.message.starts_with(begin), "{}", error.message);
    assert!(error.message.contains(&address), "{}", error.message);
}

#[test]
fn no_credentials_is_an_error_of_the_client() {
    let server = Server::shared(Product::MySql);
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let proxy = Proxy::start_with(server, &none, &[]);
    let error = refused(&proxy);
    assert_eq!(error.code, 1045);
    let begin = "rds-bridge: credentials: ";
    assert!(error.message.starts_with(begin), "{}", error.message);
}

/// The client would show only the beginning of the proxy's error.
#[cfg(unix)]
#[test]
fn a_shell_without_credentials_does_not_start_its_client() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let client = folder.path().join("mysql");
    std::fs::write(&client, "#!/bin/sh\necho started\n").unwrap();
    std::fs::set_permissions(&client, PermissionsExt::from_mode(0o700)).unwrap();
    let variables = [
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("PATH", folder.path().to_str().unwrap()),
    ];
    let server = Server::shared(Product::MySql);
    let output = with(server, &variables, &["shell"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.starts_with("rds-bridge: credentials: "), "{said}");
    assert_eq!(output.stdout, b"");
    let output = with(server, &variables, &["shell", "--client", "mycli"]);
    assert_eq!(output.status.code(), Some(2));
    let problem = "mycli is not in PATH: install it, or omit --client";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
}

#[apply(on_each_server)]
fn one_client_too_many_is_told_so(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &["--max-connections", "1"]);
    let first = block_on(Conn::new(proxy.client())).unwrap();
    let error = refused(&proxy);
    assert_eq!(error.code, 1040);
    assert!(
        error.message.contains("accepts at most 1 clients"),
        "{}",
        error.message
    );
    drop(first);
}

#[test]
fn a_taken_port_is_an_error_that_names_a_free_one() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let server = Server::shared(Product::MySql);
    let output = with(server, &[], &["proxy", "--listen", &address]);
    assert_eq!(output.status.code(), Some(2));
    let begin = format!("rds-bridge: {address} is already in use; 127.0.0.1:");
    assert!(stderr(&output).starts_with(&begin), "{}", stderr(&output));
    assert!(stderr(&output).contains(" is free: use --listen 127.0.0.1:"));
}

#[test]
fn an_address_that_others_reach_is_refused() {
    let server = Server::shared(Product::MySql);
    let output = with(server, &[], &["proxy", "--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(2));
    let problem =
        "other machines can reach the listener, so TLS and authentication of clients are required";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
}

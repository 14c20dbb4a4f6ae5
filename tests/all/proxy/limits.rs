//! Limits: of a server that several endpoints are, of clients that are not logged in, and of open files.

use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{ChangeUserOpts, Conn, Error as ClientError, OptsBuilder};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server::{Product, Server};
use rds_bridge_test_support::tls_peer::read;

use super::admin::get;
use crate::helpers::addresses::free_address;
use crate::helpers::command::executable;
use crate::helpers::live::{block_on, environment};
use crate::helpers::proxy::Proxy;
use crate::helpers::proxy_files::ProxyFiles;
use crate::helpers::waiting::until;

#[test]
fn endpoints_that_are_one_server_share_its_limit() {
    let server = Server::shared(Product::MySql);
    let other = free_address();
    let second = format!("{ENDPOINT}?user=lambda-user&listen={other}");
    let proxy = Proxy::start(server, &["--max-connections", "1", ENDPOINT, &second]);
    block_on(async {
        let _open = proxy.connect().await;
        let options = OptsBuilder::default()
            .ip_or_hostname(other.ip().to_string())
            .tcp_port(other.port())
            .user(Some("anyone"));
        match Conn::new(options).await {
            Err(ClientError::Server(error)) => {
                assert_eq!(error.code, 1040);
                let option = "1 clients (--max-connections)";
                assert!(error.message.contains(option), "{error}");
            }
            other => panic!("{other:?}"),
        }
    });
}

/// Each of the listeners alone would allow the first connections at once.
#[test]
fn endpoints_that_are_one_server_share_the_rate_of_its_connections() {
    let server = Server::shared(Product::MySql);
    let other = free_address();
    let second = format!("{ENDPOINT}?user=lambda-user&listen={other}");
    let proxy = Proxy::start(
        server,
        &["--connections-per-second", "1", ENDPOINT, &second],
    );
    block_on(async {
        let options = OptsBuilder::default()
            .ip_or_hostname(other.ip().to_string())
            .tcp_port(other.port())
            .user(Some("anyone"));
        let begin = Instant::now();
        for _ in 0..2 {
            let _one = proxy.connect().await;
            let _other = Conn::new(options.clone()).await.unwrap();
        }
        // Three of the four wait for a second each. With a rate for each listener, only one second would pass.
        assert!(begin.elapsed() >= Duration::from_secs(3));
    });
}

/// `--max-connections` cannot be given beside a file.
#[test]
fn a_limit_of_a_file_is_named_by_its_key() {
    let files = ProxyFiles::new();
    files.configure("", "listen = \"127.0.0.1:0\"\nmax_connections = 1");
    let proxy = files.start(Server::shared(Product::MySql));
    block_on(async {
        let _open = proxy.connect().await;
        match Conn::new(proxy.client()).await {
            Err(ClientError::Server(error)) => {
                let key = "1 clients (max_connections in [[proxy.listeners]])";
                assert!(error.message.contains(key), "{error}");
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_change_of_the_user_waits_for_its_turn() {
    let server = Server::shared(Product::MySql);
    let proxy = Proxy::start(server, &["--connections-per-second", "1"]);
    block_on(async {
        let mut connection = proxy.connect().await;
        let begin = Instant::now();
        for _ in 0..3 {
            let options = ChangeUserOpts::default().with_user(Some("another".to_owned()));
            connection.change_user(options).await.unwrap();
        }
        assert!(begin.elapsed() > Duration::from_secs(2));
    });
}

/// The first byte of the first packet: 10 of a server's first packet, 0xFF of an error; and the packet's text.
fn first_packet(stream: &mut TcpStream) -> (u8, String) {
    let (_, payload) = read(stream).unwrap();
    (payload[0], String::from_utf8_lossy(&payload).into_owned())
}

#[test]
fn one_source_cannot_take_every_place() {
    let files = ProxyFiles::new();
    let admin = free_address();
    let address = admin.to_string();
    let arguments = ["--max-logins-per-source", "2", "--admin", &address];
    let proxy = files.start_for_certificates(Server::shared(Product::MySql), &arguments);
    let mut silent = [proxy.connect_tcp(), proxy.connect_tcp()];
    for stream in &mut silent {
        assert_eq!(first_packet(stream).0, 10);
    }
    let (kind, text) = first_packet(&mut proxy.connect_tcp());
    assert_eq!(kind, 0xFF);
    assert!(text.contains("2 clients from one address"), "{text}");
    let (_, metrics) = get(admin, "/metrics");
    for metric in [
        "rds_bridge_proxy_clients_logging_in",
        "rds_bridge_proxy_refused_logins_total",
    ] {
        let line = metrics.lines().find(|line| line.starts_with(metric));
        let expected = if metric.ends_with("total") {
            " 1"
        } else {
            " 2"
        };
        assert!(line.unwrap().ends_with(expected), "{metrics}");
    }
    drop(silent);
    // The proxy sees the end at its own pace.
    until(|| match first_packet(&mut proxy.connect_tcp()) {
        (10, _) => Ok(()),
        (_, text) => Err(text),
    });
}

/// Runs the proxy in a shell with limits on open files.
fn with_open_files(limits: &str, arguments: &[&str]) -> Proxy {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{limits}; exec \"$@\""), "sh"])
        .arg(executable())
        .args(["proxy", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .env_clear()
        .envs(environment(Server::shared(Product::MySql)));
    Proxy::run(command)
}

#[test]
fn the_soft_limit_on_open_files_is_raised() {
    let proxy = with_open_files("ulimit -Sn 50", &["--max-connections", "40"]);
    block_on(async {
        let mut open = Vec::new();
        for _ in 0..40 {
            open.push(proxy.connect().await);
        }
        for connection in &mut open {
            connection.ping().await.unwrap();
        }
    });
    let (_, log) = proxy.terminate();
    assert!(!log.contains("warning"), "{log}");
}

#[test]
fn too_few_open_files_are_a_warning() {
    let proxy = with_open_files("ulimit -n 100", &["--max-connections", "40"]);
    let (_, log) = proxy.terminate();
    let warning = "40 client connections need 144 open files, but the system allows 100";
    assert!(log.contains(warning), "{log}");
}

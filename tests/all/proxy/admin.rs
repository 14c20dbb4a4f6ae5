//! The admin address: health checks, metrics, shutdown.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use mysql_async::prelude::Queryable;
use rds_bridge_test_support::server::{Options, Product, Server};

use crate::helpers::addresses::free_address;
use crate::helpers::command::{run, stderr};
use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;
use crate::helpers::waiting::until;

fn with_admin(server: &Server) -> (Proxy, SocketAddr) {
    let address = free_address();
    let proxy = Proxy::start(server, &["--admin", &address.to_string()]);
    (proxy, address)
}

/// The status and the body of the answer.
fn request(address: SocketAddr, head: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("{head}\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, body.to_owned())
}

pub(super) fn get(address: SocketAddr, path: &str) -> (u16, String) {
    request(address, &format!("GET {path} HTTP/1.1"))
}

#[test]
fn readiness_needs_a_login() {
    let server = Server::start(Product::MySql, &Options::default());
    let (_proxy, admin) = with_admin(&server);
    assert_eq!(get(admin, "/startup"), (200, "ok\n".to_owned()));
    assert_eq!(get(admin, "/readiness"), (200, "ok\n".to_owned()));
    server.kill();
    assert_eq!(get(admin, "/liveness"), (200, "ok\n".to_owned()));
    // The result of the last login answers for a while.
    let body = until(|| match get(admin, "/readiness") {
        (503, body) => Ok(body),
        (status, body) => Err(format!("{status}: {body}")),
    });
    assert!(body.contains(": TCP connection: "), "{body}");
}

#[test]
fn metrics_count_clients_and_commands() {
    let (proxy, admin) = with_admin(Server::shared(Product::MySql));
    block_on(async {
        let mut connection = proxy.connect().await;
        connection.query_drop("SELECT 1").await.unwrap();
        connection.ping().await.unwrap();
        let (status, body) = get(admin, "/metrics");
        assert_eq!(status, 200);
        let value = |name: &str| {
            let line = body.lines().find(|line| line.starts_with(name)).unwrap();
            line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
        };
        assert_eq!(value("rds_bridge_proxy_open_clients{"), 1);
        assert_eq!(value("rds_bridge_proxy_logged_in_total{"), 1);
        let pings = "rds_bridge_proxy_commands_total{";
        let line = body
            .lines()
            .find(|line| line.starts_with(pings) && line.contains("command=\"ping\""))
            .unwrap();
        assert!(line.ends_with(" 1"), "{line}");
    });
}

#[test]
fn a_web_page_cannot_stop_the_proxy_and_the_command_can() {
    let (proxy, admin) = with_admin(Server::shared(Product::MySql));
    let head = "POST /quitquitquit HTTP/1.1\r\nOrigin: http://example.com";
    assert_eq!(request(admin, head).0, 403);
    assert_eq!(get(admin, "/quitquitquit").0, 405);
    assert_eq!(get(admin, "/other").0, 404);
    let address = admin.to_string();
    let local = format!("localhost:{}", admin.port());
    let waited = run(&["proxy", "wait", "--admin", &local], &[], "");
    assert!(waited.status.success(), "{}", stderr(&waited));
    let asked = run(&["proxy", "shutdown", "--admin", &address], &[], "");
    assert!(asked.status.success(), "{}", stderr(&asked));
    let (status, log) = proxy.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    let gone = run(&["proxy", "shutdown", "--admin", &address], &[], "");
    assert_eq!(gone.status.code(), Some(6));
    assert!(
        stderr(&gone).contains("start the proxy with --admin"),
        "{}",
        stderr(&gone)
    );
}

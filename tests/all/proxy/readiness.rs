//! A health check that gives up before the login that it has asked for is done.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rds_bridge_test_support::scripted_peer::{Line, ScriptedPeer};
use rds_bridge_test_support::server::{Product, Server};

use super::admin::get;
use crate::helpers::addresses::free_address;
use crate::helpers::proxy::Proxy;
use crate::helpers::waiting::until;

#[test]
fn the_result_of_a_login_outlives_the_check_that_asked_for_it() {
    let peer = ScriptedPeer::start(vec![Line::Pause(Duration::from_secs(2))]);
    let admin = free_address();
    let proxy = Proxy::start_with(
        Server::shared(Product::MySql),
        &[("DB_CONNECT_TO", &peer.address().to_string())],
        &["--admin", &admin.to_string()],
    );
    let mut gives_up = TcpStream::connect(admin).unwrap();
    let request = format!("GET /readiness HTTP/1.1\r\nHost: {admin}\r\n\r\n");
    gives_up.write_all(request.as_bytes()).unwrap();
    until(|| match peer.connections() {
        0 => Err("the proxy has not connected to the server".to_owned()),
        _ => Ok(()),
    });
    gives_up.shutdown(Shutdown::Write).unwrap();
    // The proxy closes the connection, and with it drops the request.
    assert_eq!(gives_up.read(&mut [0]).unwrap(), 0);
    let (status, body) = get(admin, "/readiness");
    assert_eq!(status, 503);
    assert!(body.contains(": greeting: "), "{body}");
    assert_eq!(peer.connections(), 1, "the second check logged in again");
    drop(proxy);
}

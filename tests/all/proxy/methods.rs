//! Authentication methods that a client may name where the proxy asks for no password.

use std::io::Write;
use std::net::TcpStream;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rds_bridge_test_support::tls_peer::{frame, read};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::proxy::Proxy;

/// `PROTOCOL_41`, `SECURE_CONNECTION` and `PLUGIN_AUTH`.
const CAPABILITIES: u32 = 0x0008_8200;
const SWITCH: u8 = 0xFE;
const OK: u8 = 0;

/// Connects and sends a response without a password that names `plugin`. Returns the proxy's answer.
fn respond(proxy: &Proxy, plugin: &str) -> (TcpStream, u8, Vec<u8>) {
    let mut stream = proxy.connect_tcp();
    let (sequence_id, greeting) = read(&mut stream).unwrap();
    assert_eq!((sequence_id, greeting[0]), (0, 10));
    let mut response = CAPABILITIES.to_le_bytes().to_vec();
    response.extend([0, 0, 0, 1, 45]);
    response.resize(32, 0);
    response.extend(b"x\0\0");
    response.extend(plugin.bytes());
    response.push(0);
    stream.write_all(&frame(1, &response)).unwrap();
    let (sequence_id, answer) = read(&mut stream).unwrap();
    (stream, sequence_id, answer)
}

/// MariaDB's client names this one if it could not load the server's, which happens when many threads connect at once.
#[apply(on_each_server)]
fn a_client_without_a_method_is_switched_to_one(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &[]);
    for plugin in ["dummy_fallback_auth", "client_ed25519"] {
        let (mut stream, sequence_id, answer) = respond(&proxy, plugin);
        assert_eq!((sequence_id, answer[0]), (2, SWITCH), "{plugin}");
        assert!(answer[1..].starts_with(b"mysql_native_password\0"));
        stream.write_all(&frame(3, b"")).unwrap();
        let (sequence_id, answer) = read(&mut stream).unwrap();
        assert_eq!((sequence_id, answer[0]), (4, OK), "{plugin}");
        // COM_PING
        stream.write_all(&frame(0, b"\x0E")).unwrap();
        assert_eq!(read(&mut stream).unwrap().1[0], OK);
    }
}

#[apply(on_each_server)]
fn a_client_with_a_known_method_is_accepted_at_once(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &[]);
    for plugin in [
        "caching_sha2_password",
        "mysql_native_password",
        "mysql_clear_password",
    ] {
        let (_stream, sequence_id, answer) = respond(&proxy, plugin);
        assert_eq!((sequence_id, answer[0]), (2, OK), "{plugin}");
    }
}

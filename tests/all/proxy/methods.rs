//! Authentication methods that a client may name where the proxy asks for no password.

use std::io::{Read, Write};
use std::net::TcpStream;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::proxy::Proxy;

/// `PROTOCOL_41`, `SECURE_CONNECTION` and `PLUGIN_AUTH`.
const CAPABILITIES: u32 = 0x0008_8200;
const SWITCH: u8 = 0xFE;
const OK: u8 = 0;

fn read(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut header = [0; 4];
    stream.read_exact(&mut header).unwrap();
    let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).unwrap();
    (header[3], payload)
}

fn write(stream: &mut TcpStream, sequence_id: u8, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    let packet = [&length[..3], &[sequence_id], payload].concat();
    stream.write_all(&packet).unwrap();
}

/// Connects and sends a response without a password that names `plugin`. Returns the proxy's answer.
fn respond(proxy: &Proxy, plugin: &str) -> (TcpStream, u8, Vec<u8>) {
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    let (sequence_id, greeting) = read(&mut stream);
    assert_eq!((sequence_id, greeting[0]), (0, 10));
    let mut response = CAPABILITIES.to_le_bytes().to_vec();
    response.extend([0, 0, 0, 1, 45]);
    response.resize(32, 0);
    response.extend(b"x\0\0");
    response.extend(plugin.bytes());
    response.push(0);
    write(&mut stream, 1, &response);
    let (sequence_id, answer) = read(&mut stream);
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
        write(&mut stream, 3, b"");
        let (sequence_id, answer) = read(&mut stream);
        assert_eq!((sequence_id, answer[0]), (4, OK), "{plugin}");
        // COM_PING
        write(&mut stream, 0, b"\x0E");
        assert_eq!(read(&mut stream).1[0], OK);
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

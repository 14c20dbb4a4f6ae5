//! Peers that are no clients of MySQL, or break off: the proxy goes on, and the server does not block its host.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use mysql_async::prelude::Queryable;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rds_bridge_test_support::tls_peer::read;
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::emulator::raw_client::code;
use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;
use crate::helpers::waiting::until;

/// Reads the server's first packet.
fn read_greeting(stream: &mut TcpStream) {
    let (_, payload) = read(stream).unwrap();
    assert_eq!(payload[0], 10);
}

fn works(proxy: &Proxy) {
    block_on(async {
        let mut connection = proxy.connect().await;
        let answer: Option<u8> = connection.query_first("SELECT 1").await.unwrap();
        assert_eq!(answer, Some(1));
    });
}

#[apply(on_each_server)]
fn port_scans_do_not_make_the_server_block_the_proxy(product: Product) {
    let options = Options {
        arguments: vec!["--max-connect-errors=3".to_owned()],
        ..Options::default()
    };
    let server = Server::start(product, &options);
    let proxy = Proxy::start(&server, &[]);
    for _ in 0..10 {
        drop(proxy.connect_tcp());
        let mut stream = proxy.connect_tcp();
        read_greeting(&mut stream);
        drop(stream);
    }
    works(&proxy);
    // Each of them was logged in and has quit.
    let aborted = server.execute_as_admin("SHOW GLOBAL STATUS LIKE 'Aborted_connects'");
    assert_eq!(aborted.trim(), "Aborted_connects\t0");
}

#[test]
fn other_protocols_are_refused() {
    let proxy = Proxy::start(Server::shared(Product::MySql), &[]);
    let garbage = [0xFF; 300];
    let huge = [&[0xFF, 0xFF, 0xFF, 1][..], &[0; 100]].concat();
    let http = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let tls = b"\x16\x03\x01\x02\0\x01\0\x01\xFC\x03\x03";
    // The response of MySQL 3.20's protocol, whose errors have no SQLSTATE.
    let old = b"\x0F\0\0\x01\x05\0\0\0\0root\0x\0\0\0\0";
    let too_old = "Bad handshake: the client does not support CLIENT_PROTOCOL_41";
    let empty = "#08S01Bad handshake: the field client_flag of ";
    let too_large =
        "#08S01Bad handshake: the client sent a packet of 16777215 bytes, but the limit is 65536";
    for (bytes, expected) in [
        (&http[..], Some("#08S01Bad handshake")),
        (tls, Some("#08S01Bad handshake")),
        (&garbage, Some("#08S01Bad handshake")),
        (&huge, Some(too_large)),
        (old, Some(too_old)),
        (b"\0\0\0\x01", Some(empty)),
        (b"\x20\0\0\x07", Some("#08S01Bad handshake")),
        // What breaks off in a header or in a packet gets no answer.
        (b"\x20\0", None),
        (b"\x20\0\0\x01\x05\xA2", None),
    ] {
        let mut stream = proxy.connect_tcp();
        read_greeting(&mut stream);
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The proxy closes the connection: a read that times out is an error.
        stream.read_to_end(&mut answer).unwrap();
        match expected {
            Some(message) => {
                let (_, payload) = read(&mut &answer[..]).unwrap();
                let text = String::from_utf8_lossy(&payload[3..]);
                assert_eq!(code(&payload), 1043, "{bytes:?}: {text}");
                assert!(text.starts_with(message), "{bytes:?}: {text}");
            }
            None => assert_eq!(answer, b"", "{bytes:?}"),
        }
    }
    works(&proxy);
    let (status, _) = proxy.terminate();
    assert_eq!(status.code(), Some(0));
}

#[apply(on_each_server)]
fn a_client_that_vanishes_in_a_result_leaves_nothing_open(product: Product) {
    let server = Server::start(product, &Options::default());
    let proxy = Proxy::start(&server, &[]);
    block_on(async {
        for _ in 0..5 {
            let mut connection = proxy.connect().await;
            // The server sends rows at once, and sees the end when it writes: 800 MB do not fit any buffer.
            let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
                        SELECT REPEAT('x', 1000) FROM n a, n b";
            let rows = connection.query_iter(long).await.unwrap();
            drop(rows);
            // Drops the stream without reading the rest.
            drop(connection);
        }
    });
    works(&proxy);
    let open = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'lambda-user'";
    until(|| match server.execute_as_admin(open).trim() {
        "0" => Ok(()),
        count => Err(format!("{count} sessions are open")),
    });
}

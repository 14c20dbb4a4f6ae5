//! Peers that are no clients of MySQL, or break off: the proxy goes on, and the server does not block its host.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;

pub(super) fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    let limit = Some(Duration::from_secs(30));
    stream.set_read_timeout(limit).unwrap();
    stream
}

/// Reads the server's first packet.
fn read_greeting(stream: &mut TcpStream) {
    let mut header = [0; 4];
    stream.read_exact(&mut header).unwrap();
    let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).unwrap();
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
        drop(connect(&proxy));
        let mut stream = connect(&proxy);
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
    let old = b"\x10\0\0\x01\x05\0\0\0\0root\0x\0\0\0\0";
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"\x16\x03\x01\x02\0\x01\0\x01\xFC\x03\x03",
        &garbage,
        &huge,
        old,
        b"\0\0\0\x01",
        b"\x20\0\0\x07",
    ] {
        let mut stream = connect(&proxy);
        read_greeting(&mut stream);
        stream.write_all(bytes).unwrap();
        // A half of a packet is followed by nothing.
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _read = stream.read_to_end(&mut answer);
        if let Some(payload) = answer.get(4..) {
            let is_error = payload.first() == Some(&0xFF);
            assert!(is_error, "{bytes:?}: {payload:?}");
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
    while server.execute_as_admin(open).trim() != "0" {
        std::thread::sleep(Duration::from_millis(20));
    }
}

//! The faults of the proxy.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy, Side};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::scripted_peer::{Line, ScriptedPeer};
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::client::{assert_reads_items, read_items_at};

const HELLO: &[u8] = b"hello from the server";

/// A server that sends a greeting and then only receives.
fn greeter() -> ScriptedPeer {
    ScriptedPeer::start(vec![Line::Send(HELLO.into()), Line::Hold])
}

fn connect(proxy: &FaultProxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    stream
}

fn read_all(stream: &mut TcpStream) -> (Vec<u8>, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let error = stream.read_to_end(&mut bytes).err();
    (bytes, error.map(|error| error.kind()))
}

/// Whether the read timed out. Systems differ in the error for that.
fn is_silence(error: Option<ErrorKind>) -> bool {
    matches!(error, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

fn wait_until(happens: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(10);
    while !happens() {
        assert!(Instant::now() < limit);
        thread::sleep(Duration::from_millis(5));
    }
}

#[apply(on_each_server)]
fn a_login_passes_whole_and_byte_by_byte_and_late(product: Product) {
    let server = Server::shared(product);
    for fault in [
        Fault::Pass,
        Fault::OneByteAtATime,
        Fault::Delay(Duration::from_millis(20)),
    ] {
        let proxy = FaultProxy::start(server.address(), fault);
        let port = proxy.address().port();
        let tls = ["--ssl-verify-server-cert"];
        let begin = Instant::now();
        assert_reads_items(&read_items_at(
            server,
            port,
            "password-user",
            PASSWORD,
            &tls,
        ));
        assert_eq!(proxy.connections(), 1);
        if let Fault::Delay(time) = fault {
            // The least number of chunks: the greeting, two flights of TLS, the response, the result.
            assert!(begin.elapsed() > 5 * time);
        }
    }
}

#[test]
fn bytes_come_one_at_a_time() {
    let peer = greeter();
    let proxy = FaultProxy::start(peer.address(), Fault::OneByteAtATime);
    let mut stream = connect(&proxy);
    let mut buffer = [0; 64];
    let (mut bytes, mut reads) = (Vec::new(), 0);
    while bytes.len() < HELLO.len() {
        let length = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..length]);
        reads += 1;
    }
    assert_eq!(bytes, HELLO);
    assert!(reads > 1, "{reads}");
}

#[test]
fn a_cut_lets_so_many_bytes_through_and_ends_orderly() {
    let peer = greeter();
    for after in [0, 1, HELLO.len() - 1] {
        let proxy = FaultProxy::start(
            peer.address(),
            Fault::Cut {
                from: Side::Server,
                after,
            },
        );
        assert_eq!(
            read_all(&mut connect(&proxy)),
            (HELLO[..after].to_vec(), None)
        );
    }
    let from = Side::Client;
    let proxy = FaultProxy::start(peer.address(), Fault::Cut { from, after: 3 });
    let mut stream = connect(&proxy);
    stream.read_exact(&mut [0; HELLO.len()]).unwrap();
    stream.write_all(b"ab").unwrap();
    stream.write_all(b"cdef").unwrap();
    assert_eq!(read_all(&mut stream), (vec![], None));
    wait_until(|| peer.received() == b"abc");
}

#[test]
fn a_reset_is_one() {
    let peer = greeter();
    for after in [0, 5] {
        let proxy = FaultProxy::start(
            peer.address(),
            Fault::Reset {
                from: Side::Server,
                after,
            },
        );
        let (bytes, error) = read_all(&mut connect(&proxy));
        assert_eq!(error, Some(ErrorKind::ConnectionReset), "{after}");
        // A reset discards bytes that arrived but were not read.
        assert!(HELLO[..after].starts_with(&bytes));
    }
    let from = Side::Client;
    let proxy = FaultProxy::start(peer.address(), Fault::Reset { from, after: 1 });
    let mut stream = connect(&proxy);
    stream.read_exact(&mut [0; HELLO.len()]).unwrap();
    stream.write_all(b"ab").unwrap();
    assert_eq!(
        read_all(&mut stream),
        (vec![], Some(ErrorKind::ConnectionReset))
    );
}

#[test]
fn a_black_hole_swallows_all() {
    let peer = greeter();
    let proxy = FaultProxy::start(peer.address(), Fault::BlackHole);
    let mut stream = connect(&proxy);
    stream.write_all(b"anybody?").unwrap();
    let (bytes, error) = read_all(&mut stream);
    assert!(bytes.is_empty() && is_silence(error), "{error:?}");
    assert!(peer.received().is_empty());
}

#[test]
fn a_fault_can_come_while_connected() {
    let peer = greeter();
    let proxy = FaultProxy::start(peer.address(), Fault::Pass);
    let mut stream = connect(&proxy);
    stream.read_exact(&mut [0; HELLO.len()]).unwrap();
    stream.write_all(b"heard").unwrap();
    wait_until(|| peer.received() == b"heard");
    proxy.set(Fault::BlackHole);
    stream.write_all(b"unheard").unwrap();
    assert!(is_silence(read_all(&mut stream).1));
    assert_eq!(peer.received(), b"heard");

    proxy.close_connections();
    assert_eq!(read_all(&mut stream), (vec![], None));
    proxy.set(Fault::Pass);
    connect(&proxy).read_exact(&mut [0; HELLO.len()]).unwrap();
    assert_eq!(proxy.connections(), 2);
}

#[test]
fn nobody_behind_it_and_nobody_left_of_it_are_ends() {
    let peer = greeter();
    let proxy = FaultProxy::start(peer.address(), Fault::Pass);
    let mut stream = connect(&proxy);
    stream.read_exact(&mut [0; HELLO.len()]).unwrap();
    drop(peer);
    assert_eq!(read_all(&mut stream), (vec![], None));
    assert_eq!(read_all(&mut connect(&proxy)), (vec![], None));

    let address = proxy.address();
    drop(proxy);
    assert!(TcpStream::connect(address).is_err());
}

/// A child process holds all sockets of its parent until its program runs.
#[test]
fn a_child_that_starts_does_not_keep_it_listening() {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                assert!(Command::new("true").status().unwrap().success());
            }
        });
        let answered = (0..200).filter(|_| {
            let proxy = FaultProxy::start((Ipv4Addr::LOCALHOST, 9).into(), Fault::Pass);
            let address = proxy.address();
            drop(proxy);
            TcpStream::connect(address).is_ok()
        });
        let answered = answered.count();
        is_over.store(true, Ordering::SeqCst);
        assert_eq!(answered, 0);
    });
}

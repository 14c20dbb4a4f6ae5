//! The steps of the scripted peer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rds_bridge_test_support::scripted_peer::{Line, ScriptedPeer};

fn hear(peer: &ScriptedPeer) -> (Vec<u8>, Duration) {
    let begin = Instant::now();
    let mut bytes = Vec::new();
    let mut stream = TcpStream::connect(peer.address()).unwrap();
    stream.read_to_end(&mut bytes).unwrap();
    (bytes, begin.elapsed())
}

#[test]
fn it_says_its_lines_on_every_connection() {
    let interval = Duration::from_millis(20);
    let peer = ScriptedPeer::start(vec![
        Line::Send(b"garbage".into()),
        Line::Pause(2 * interval),
        Line::Trickle {
            bytes: b"abc".into(),
            interval,
        },
    ]);
    for _ in 0..2 {
        let (bytes, time) = hear(&peer);
        assert_eq!(bytes, b"garbageabc");
        assert!(time >= 5 * interval, "{time:?}");
    }
    assert_eq!(peer.connections(), 2);
}

#[test]
fn without_a_line_it_closes_at_once() {
    assert_eq!(hear(&ScriptedPeer::start(vec![])).0, b"");
}

#[test]
fn it_waits_for_what_it_is_to_hear_and_keeps_it() {
    let peer = ScriptedPeer::start(vec![Line::Receive(4), Line::Send(b"thanks".into())]);
    let mut stream = TcpStream::connect(peer.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    stream.write_all(b"abc").unwrap();
    let mut answer = [0; 6];
    assert!(stream.read(&mut answer).is_err());
    stream.write_all(b"d").unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"thanks");
    assert_eq!(peer.received(), b"abcd");
}

#[test]
fn it_holds_a_connection_until_it_is_dropped() {
    let peer = ScriptedPeer::start(vec![Line::Hold]);
    let mut stream = TcpStream::connect(peer.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    assert!(stream.read(&mut [0]).is_err());
    drop(peer);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_flood_does_not_end() {
    let peer = ScriptedPeer::start(vec![Line::Flood(b'x')]);
    let mut stream = TcpStream::connect(peer.address()).unwrap();
    let mut bytes = vec![0; 4 << 20];
    stream.read_exact(&mut bytes).unwrap();
    assert!(bytes.iter().all(|byte| *byte == b'x'));
}

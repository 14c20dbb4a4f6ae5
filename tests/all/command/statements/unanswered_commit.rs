//! `rds-bridge query` whose COMMIT gets no answer: the message says that the outcome is unknown.

use std::process::{Child, Command, Stdio};

use rds_bridge_test_support::server_packets::{Then, error, ok};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};

use crate::helpers::command::{executable, send_signal, stderr};
use crate::helpers::live::environment_of_peer;

const COMMIT: &[u8] = b"\x03COMMIT";

/// A peer that answers the statement, but not the COMMIT.
fn peer() -> TlsPeer {
    let done = || say([ok(Then::Nothing)]);
    TlsPeer::start(vec![done(), done(), Vec::new()])
}

fn update(peer: &TlsPeer, arguments: &[&str]) -> Child {
    Command::new(executable())
        .args(["query", "UPDATE t SET a = 1", "--allow-writes"])
        .args(arguments)
        .env_clear()
        .envs(environment_of_peer(peer))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_time_limit_does_not_call_it_rolled_back() {
    let peer = peer();
    let output = update(&peer, &["--timeout", "1"])
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let said = stderr(&output);
    assert!(said.contains("timed out after 1 s"), "{said}");
    assert!(said.contains("COMMIT was sent but not answered"), "{said}");
    assert_eq!(peer.asked().last().unwrap(), COMMIT);
}

#[test]
fn a_second_signal_does_not_wait_for_it() {
    let peer = peer();
    let child = update(&peer, &[]);
    while peer.asked().last().is_none_or(|asked| asked != COMMIT) {}
    send_signal(&child, "-INT");
    send_signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let said = stderr(&output);
    assert!(said.contains("interrupted; COMMIT was sent"), "{said}");
}

/// The server may have committed before the connection ended.
#[test]
fn a_connection_that_is_lost_does_not_tell() {
    let done = || say([ok(Then::Nothing)]);
    let dying = || say([error(1053, "08S01", "Server shutdown in progress")]);
    for last in [vec![Say::HangUp], dying()] {
        let peer = TlsPeer::start(vec![done(), done(), last]);
        let output = update(&peer, &[]).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(6), "{output:?}");
        let said = stderr(&output);
        assert!(said.contains("COMMIT was sent but not answered"), "{said}");
        assert!(!said.contains("idle"), "{said}");
    }
}

/// A refusal is an answer: the transaction is rolled back.
#[test]
fn a_commit_that_is_refused_is_refused() {
    let done = || say([ok(Then::Nothing)]);
    let deadlock = say([error(
        1213,
        "40001",
        "Deadlock found when trying to get lock",
    )]);
    let peer = TlsPeer::start(vec![done(), done(), deadlock]);
    let output = update(&peer, &[]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{output:?}");
    assert!(!stderr(&output).contains("COMMIT was sent"), "{output:?}");
}

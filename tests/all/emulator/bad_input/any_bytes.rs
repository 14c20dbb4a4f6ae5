//! Arbitrary bytes at every stage do not cause a panic, and other clients are served meanwhile.

use std::cell::RefCell;
use std::io::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rds_bridge_test_support::tls_peer::frame;

use crate::helpers::emulator::program::Program;
use crate::helpers::emulator::raw_client::{
    assert_is_served, greeted, hang_up, hang_up_in_tls, in_tls, logged_in,
};

const CASES: u32 = 128;

/// Arbitrary bytes, or packets of arbitrary bytes with valid sequence ids, from `first` on in steps of `step`.
fn garbage(first: u8, step: u8) -> impl Strategy<Value = Vec<u8>> {
    let packets = vec(vec(any::<u8>(), 0..80), 1..4);
    prop_oneof![
        vec(any::<u8>(), 0..200),
        packets.prop_map(move |payloads| numbered(&payloads, first, step)),
    ]
}

fn numbered(payloads: &[Vec<u8>], first: u8, step: u8) -> Vec<u8> {
    let numbers = (0..).map(|index| first + step * index);
    let packets = payloads.iter().zip(numbers);
    packets
        .flat_map(|(payload, number)| frame(number, payload))
        .collect()
}

/// Defined commands with arbitrary arguments.
fn commands() -> impl Strategy<Value = Vec<u8>> {
    let argument = prop_oneof![
        vec(any::<u8>(), 0..80),
        "[ -~]{0,80}".prop_map(String::into_bytes),
        // The id of the first prepared statement.
        vec(any::<u8>(), 0..80).prop_map(|rest| [b"\x01\0\0\0\0\x01\0\0\0", &rest[..]].concat()),
    ];
    let command = (0..0x20_u8, argument).prop_map(|(code, rest)| [&[code], &rest[..]].concat());
    vec(command, 1..6).prop_map(|payloads| numbered(&payloads, 0, 0))
}

/// Runs a program, whose standard error would contain a panic, with a valid client at the same time.
fn for_any(strategy: &impl Strategy<Value = Vec<u8>>, stranger: impl Fn(&Program, &[u8])) {
    let program = Program::start(&[]);
    let good = RefCell::new(logged_in(program.environment()));
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..Default::default()
    };
    let checked = TestRunner::new(config).run(strategy, |bytes| {
        stranger(&program, &bytes);
        assert_is_served(&mut good.borrow_mut());
        Ok(())
    });
    checked.unwrap();
    let said = program.end();
    assert!(!said.contains("panicked"), "{said}");
    // A line for each connection, and none of another form: input does not create lines.
    let connections = said
        .lines()
        .filter(|line| line.starts_with("rds-bridge: connection "));
    assert!(connections.count() > CASES as usize, "{said}");
}

#[test]
fn any_bytes_before_tls() {
    for_any(&garbage(1, 1), |program, bytes| {
        let mut tcp = greeted(program.environment());
        let _refused = tcp.write_all(bytes);
        hang_up(tcp);
    });
}

#[test]
fn any_bytes_in_place_of_the_login() {
    for_any(&garbage(2, 2), |program, bytes| {
        let mut tls = in_tls(program.environment());
        let _refused = tls.write_all(bytes);
        hang_up_in_tls(tls);
    });
}

#[test]
fn any_bytes_as_commands() {
    for_any(&prop_oneof![garbage(0, 0), commands()], |program, bytes| {
        let mut tls = logged_in(program.environment());
        let prepare = frame(0, b"\x16SELECT ?, ?");
        let _refused = tls.write_all(&[&prepare, bytes].concat());
        hang_up_in_tls(tls);
    });
}

//! Many sequential logins, and many clients at the same time.

use std::thread;

use rds_bridge::component::CONCURRENT_INSTANCES;
use rds_bridge_emulator::{Emulator, EventKind};

use crate::helpers::emulator::program::Program;
use crate::helpers::emulator::raw_client::{assert_is_served, greeted, logged_in};
use crate::helpers::live::block_on;

const LOGINS: usize = 2_000;
const CLIENTS: usize = 64;
const STATEMENTS: u64 = 20;

async fn log_in(emulator: &Emulator) -> rds_bridge::mysql::Connection {
    let bridge = emulator.bridge().build().await.unwrap();
    bridge.connect().await.unwrap()
}

/// Each login has a token of its own, which the emulator verifies.
#[test]
fn logins_in_a_row() {
    let emulator = Emulator::start().unwrap();
    block_on(async {
        let bridge = emulator.bridge().build().await.unwrap();
        for _ in 0..LOGINS {
            let mut connection = bridge.connect().await.unwrap();
            let mut rows = connection.query("SELECT 1").await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get::<u32>(0).unwrap(), 1);
            drop(rows);
            connection.close().await.unwrap();
        }
    });
    assert_eq!(let_in(&emulator), LOGINS);
}

/// All clients are connected before the first one executes a statement.
#[test]
fn clients_at_once() {
    let emulator = Emulator::builder()
        .seed("CREATE TABLE numbers (number BIGINT)")
        .start()
        .unwrap();
    let all_are_there = std::sync::Barrier::new(CLIENTS);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (emulator, all_are_there) = (&emulator, &all_are_there);
            scope.spawn(move || {
                block_on(async {
                    let mut connection = log_in(emulator).await;
                    all_are_there.wait();
                    for number in 0..STATEMENTS {
                        let sql = format!("SELECT {client} * 1000 + {number}");
                        let mut rows = connection.query(&sql).await.unwrap();
                        let row = rows.next().await.unwrap().unwrap();
                        let expected = client as u64 * 1000 + number;
                        assert_eq!(row.get::<u64>(0).unwrap(), expected);
                    }
                    connection.close().await.unwrap();
                });
            });
        }
    });
    assert_eq!(let_in(&emulator), CLIENTS);
}

/// More clients than a pool of the component's instances has places.
#[test]
fn more_silent_clients_than_pooled_instances() {
    let program = Program::start(&[]);
    let environment = program.environment();
    let silent: Vec<_> = (0..CONCURRENT_INSTANCES + 10)
        .map(|_| greeted(environment))
        .collect();
    assert_is_served(&mut logged_in(environment));
    drop(silent);
    program.end();
}

/// The memory that each client adds, and the program's memory with all clients, without its executable file. Both
/// together must stay below 30 MB, which `just bench-emulator` measures; the optimised executable is 10 MB of them.
#[cfg(target_os = "linux")]
#[test]
fn clients_at_once_take_little_memory() {
    // 201 kB and 18.4 MB here. The build of the tests also has Wasmtime's compiler and its async functions, which the
    // command does not have: `just bench-emulator` measures that one.
    const MOST_KB: u64 = 210;
    const MOST_IN_ALL_KB: u64 = 19_300;
    let emulate = Program::start(&[]);
    block_on(async {
        let bridge = emulate.bridge().build().await.unwrap();
        let mut connections = Vec::new();
        // The first client loads what all of them share.
        let mut alone = 0;
        for _ in 0..=CLIENTS {
            let mut connection = bridge.connect().await.unwrap();
            connection.execute("SELECT 1", ()).await.unwrap();
            if connections.is_empty() {
                alone = memory(emulate.id(), "VmHWM:");
            }
            connections.push(connection);
        }
        let added = memory(emulate.id(), "VmHWM:").saturating_sub(alone);
        assert!(
            added / CLIENTS as u64 <= MOST_KB,
            "{added} kB of {CLIENTS} clients"
        );
        let in_all = memory(emulate.id(), "RssAnon:");
        assert!(in_all <= MOST_IN_ALL_KB, "{in_all} kB");
    });
    emulate.end();
}

/// A figure of the process's memory in kB: its peak (`VmHWM:`), or its current memory without files (`RssAnon:`).
#[cfg(target_os = "linux")]
fn memory(process: u32, kind: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix(kind));
    let size = size.unwrap().trim().trim_end_matches(" kB");
    size.parse().unwrap()
}

fn let_in(emulator: &Emulator) -> usize {
    let events = emulator.events().into_iter();
    events
        .filter(|event| matches!(event.kind, EventKind::Accepted { .. }))
        .count()
}

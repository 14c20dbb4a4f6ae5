//! Injects faults at random into two replicating MySQL servers, while the library's pool, the proxy, the gateway and the
//! function write through it. Then it checks every transaction: what was confirmed is there once, and what failed is not.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "for tests: to panic is how they fail"
)]

mod arguments;
mod black_hole;
mod chaos;
mod clients;
mod cluster;
mod credentials;
mod database;
mod faults;
mod ledger;
mod load;
mod name_server;
mod namespace;
mod network;
mod processes;
mod program;
mod random;
mod report;
mod shell;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use arguments::{Arguments, USAGE};

/// Asks whether this system allows what chaos needs, without a database.
const CHECK: &str = "--check";

/// Measures how long the library takes to notice that the server's machine has vanished, with a limit in seconds.
const BLACK_HOLE: &str = "--black-hole";

fn measure_black_hole(seconds: u64) -> ExitCode {
    if !namespace::is_inside() {
        return namespace::enter(&[BLACK_HOLE, &seconds.to_string()]);
    }
    let folder = tempfile::tempdir().unwrap();
    namespace::prepare(folder.path());
    let wrong = black_hole::run(Duration::from_secs(seconds), folder.path());
    wrong.iter().for_each(|it| eprintln!("error: {it}"));
    match wrong.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn check() -> ExitCode {
    if !namespace::is_inside() {
        return namespace::enter(&[CHECK]);
    }
    let folder = tempfile::tempdir().unwrap();
    namespace::prepare(folder.path());
    network::make_bridge();
    let host = network::Host::new(1);
    host.cut_off();
    host.reconnect();
    host.mute();
    host.unmute();
    host.slow_down();
    host.speed_up();
    ExitCode::SUCCESS
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if words == [load::library::COMMAND] {
        load::library::run();
        return ExitCode::SUCCESS;
    }
    if words == [CHECK] {
        return check();
    }
    if let [name, seconds] = &words[..]
        && name == BLACK_HOLE
        && let Ok(seconds) = seconds.parse()
    {
        return measure_black_hole(seconds);
    }
    let Some(arguments) = Arguments::read(&words) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    if !namespace::is_inside() {
        let seconds = arguments.time.as_secs().to_string();
        let seed = arguments.seed.to_string();
        let mut again = vec!["--seconds", &seconds, "--seed", &seed];
        if let Some(fault) = arguments.fault {
            again.extend(["--fault", fault.name()]);
        }
        println!("chaos: the same faults again: {again:?}");
        return namespace::enter(&again);
    }
    let folder = tempfile::tempdir().unwrap();
    namespace::prepare(folder.path());
    let report = chaos::run(arguments, folder.path());
    print!("{report}");
    match report.wrong.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

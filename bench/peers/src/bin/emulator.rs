//! The command `demo` as a whole process, and `emulate` compared with a server: sequential logins (each verifies a
//! token), many clients at once, and memory. `emulator [ROUNDS] [--server mysql|mariadb]`.

use std::time::Instant;

use clap::Parser;
use rds_bridge_bench_peers::contenders::Contender;
use rds_bridge_bench_peers::contenders::ours::Ours;
use rds_bridge_bench_peers::emulate::Emulate;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::settings::Settings;
use rds_bridge_bench_peers::whole_process::{Process, beside};
use rds_bridge_bench_peers::{at_once, goal};

/// The number of sequential logins at the emulator, over all rounds.
const LOGINS: usize = 2_000;
const CLIENTS: usize = 64;

/// The emulator compared with a server
#[derive(Parser)]
struct Arguments {
    /// Number of rounds. Each round measures every contender
    #[arg(default_value = "21")]
    rounds: usize,
    #[command(flatten)]
    on: OnServer,
}

fn main() {
    let Arguments { rounds: number, on } = Arguments::parse();
    let server = on.start(Vec::new());
    let settings = Settings::of(&server);
    demo(number, &settings);

    let emulate = Emulate::start();
    let idle = emulate.peak_megabytes();
    let servers = [
        ("emulate", Ours::read_write(emulate.settings())),
        (on.server.name(), Ours::read_write(&settings)),
    ];
    for (_, ours) in &servers {
        // Warms up everything that is created at its first use.
        ours.connect(1);
    }
    let logins = LOGINS.div_ceil(number);
    let times = u32::try_from(logins).expect("a few");
    let in_a_row = rounds(number, servers.len(), |index| {
        let took = milliseconds(|| servers[index].1.connect(times));
        took / f64::from(times)
    });
    let after_logins = emulate.peak_megabytes();
    let together = rounds(number, servers.len(), |index| {
        milliseconds(|| at_once::connect(&servers[index].1, CLIENTS))
    });
    let peak = emulate.peak_megabytes();
    let let_in = emulate.end();
    assert_eq!(let_in, 1 + number * (logins + CLIENTS));

    println!("\n{number} interleaved rounds");
    let row = format!("{} sequential logins, ms", number * logins);
    print(&row, &servers, &in_a_row);
    let row = format!("{CLIENTS} simultaneous clients, ms");
    print(&row, &servers, &together);
    println!("\n{let_in} logins at emulate, without an error");
    println!(
        "its memory, MB: {idle:.1} idle, {after_logins:.1} after the logins, {peak:.1} at the peak"
    );
    goal::at_most(30.0, "memory of emulate, MB", Spread::of([peak]));
}

fn demo(number: usize, settings: &Settings) {
    let demo = Process::new(
        "rds-bridge demo",
        settings,
        &[&beside("rds-bridge"), "demo"],
    );
    let run = || {
        let run = demo.run();
        assert!(run.output.contains("| cheese | 12.00 |"), "{}", run.output);
        run
    };
    // Loads the program's files into the page cache.
    run();
    let runs: Vec<_> = (0..number).map(|_| run()).collect();
    let peak = Spread::of(runs.iter().map(|run| run.peak_megabytes)).median;
    println!("rds-bridge demo: {number} runs, {peak:.1} MB");
    let took = Spread::of(runs.iter().map(|run| run.milliseconds));
    goal::at_most(200.0, "from its start to its end, ms", took);
}

fn milliseconds(what: impl FnOnce()) -> f64 {
    let start = Instant::now();
    what();
    start.elapsed().as_secs_f64() * 1e3
}

/// Prints the figures of each server, and their ratio to the last one's.
fn print(what: &str, servers: &[(&str, Ours)], measured: &[Vec<f64>]) {
    let peer = measured.last().expect("a server");
    for ((name, _), values) in servers.iter().zip(measured) {
        println!(
            "{what:<32} {name:<8} {:>24}  {:>6.2}",
            Spread::of(values.iter().copied()),
            Spread::of_ratios(values, peer).median
        );
    }
}

//! Guests of a Wasmtime host: short results, whole calls, and long results, beside the library and an interface that
//! returns one row a call. Everything panics on failure: a failed run must not produce a figure.

mod by_row;
mod calls;
mod host;
mod long;
mod native;
mod readers;
mod short;

use clap::Parser;
use rds_bridge_bench_peers::contenders::runtime;
use rds_bridge_bench_peers::latency;
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::recorded::{Peer, Recording};
use rds_bridge_bench_peers::rows::Shape;
use rds_bridge_bench_peers::settings::Settings;

/// Guests of a Wasmtime host, beside the library
#[derive(Parser)]
struct Arguments {
    /// Number of rounds. Each round measures every contender
    #[arg(long, default_value = "15")]
    rounds: usize,
    /// Number of results of 1,000 rows in a round
    #[arg(long, default_value = "100")]
    results: usize,
    /// Number of calls in a round, each in a new instance
    #[arg(long, default_value = "1000")]
    calls: usize,
    /// Number of rows of the long result
    #[arg(long, default_value = "200000")]
    rows: u64,
    #[command(flatten)]
    on: OnServer,
}

fn main() {
    let arguments = Arguments::parse();
    let ring = rustls::crypto::ring::default_provider();
    ring.install_default()
        .expect("the first provider of the process");
    let rows = arguments.rows.max(short::ROWS);
    let memory = (256 << 20) + 2 * Shape::Mixed.bytes_in_memory(rows);
    let server = arguments
        .on
        .start(vec![format!("--innodb-buffer-pool-size={memory}")]);
    server.execute_as_admin(&latency::create_table(server.product()));
    server.execute_as_admin(&Shape::Mixed.create_table(rows, server.product()));
    let settings = Settings::of(&server);
    let runtime = runtime();
    // A pool is built inside it.
    let _entered = runtime.enter();

    short::measure(&runtime, &settings, arguments.rounds, arguments.results);
    calls::measure(&runtime, &settings, arguments.rounds, arguments.calls);
    println!(
        "\nlong result of {rows} rows from {}",
        server.product().name()
    );
    long::measure(&runtime, &settings, arguments.rounds, rows);
    println!("\nlong result of {rows} rows from its recorded answer");
    let peer = Peer::start(Recording::of(&settings, Shape::Mixed));
    long::measure(&runtime, &peer.settings(&settings), arguments.rounds, rows);
}

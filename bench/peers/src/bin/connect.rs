//! Connections a second and the client's CPU time for each, with one thread and with eight, and the component's share
//! of that time. `connect [ROUNDS] [--server mysql|mariadb]`.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use clap::Parser;
use rds_bridge_bench_peers::component_share::ComponentShare;
use rds_bridge_bench_peers::contenders::Contender;
use rds_bridge_bench_peers::contenders::bare::Bare;
use rds_bridge_bench_peers::contenders::mysql_async::MysqlAsync;
use rds_bridge_bench_peers::contenders::ours::Ours;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::process::cpu;
use rds_bridge_bench_peers::settings::Settings;

/// How many connections each contender opens in a round, over all threads: about a quarter of a second.
const CONNECTIONS: u32 = 240;
/// The index of the contender that the others are compared to.
const PEER: usize = 1;

/// Connections a second and the client's CPU time for each
#[derive(Parser)]
struct Arguments {
    /// Number of rounds. Each round measures every contender
    #[arg(default_value = "25")]
    rounds: usize,
    #[command(flatten)]
    on: OnServer,
}

fn main() {
    let Arguments { rounds: number, on } = Arguments::parse();
    let ring = rustls::crypto::ring::default_provider();
    ring.install_default()
        .expect("the first provider of the process");
    let server = on.start(Vec::new());
    let settings = Settings::of(&server);
    let ours = Ours::read_write(&settings);
    let contenders: [&dyn Contender; 6] = [
        &ours,
        &MysqlAsync::told(&settings),
        &Ours::read_only(&settings),
        &MysqlAsync::asking(&settings),
        &Bare::resuming(&settings),
        &Bare::not_resuming(&settings),
    ];
    for contender in contenders {
        // Warms up: TLS sessions to resume, threads of the server, and everything that is created at its first use.
        phase(contender, 8);
    }
    for threads in [1, 8] {
        let measured = rounds(number, contenders.len(), |contender| {
            phase(contenders[contender], threads)
        });
        print(&contenders, threads, &measured);
    }
    component_share(&ours, &settings);
}

struct Phase {
    connections_per_second: f64,
    cpu_microseconds: f64,
}

fn phase(contender: &dyn Contender, threads: u32) -> Phase {
    let times = CONNECTIONS / threads;
    let parties = usize::try_from(threads).expect("a few") + 1;
    let barrier = Barrier::new(parties);
    let (start, cpu_before) = thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                barrier.wait();
                contender.connect(times);
            });
        }
        let before = (Instant::now(), cpu());
        barrier.wait();
        before
    });
    let seconds = start.elapsed().as_secs_f64();
    let cpu = cpu() - cpu_before;
    let connections = f64::from(times * threads);
    Phase {
        connections_per_second: connections / seconds,
        cpu_microseconds: cpu.as_secs_f64() * 1e6 / connections,
    }
}

fn print(contenders: &[&dyn Contender], threads: u32, measured: &[Vec<Phase>]) {
    let rounds = measured[PEER].len();
    println!("\nthreads: {threads}; {rounds} interleaved rounds of {CONNECTIONS} connections");
    println!(
        "{:<22} {:>24}  {:>12}  {:>22}  {:>12}",
        "median (quartiles)", "connections/s", "to peer", "client CPU, µs each", "to peer"
    );
    let rates = |phases: &[Phase]| -> Vec<f64> {
        phases.iter().map(|it| it.connections_per_second).collect()
    };
    let costs =
        |phases: &[Phase]| -> Vec<f64> { phases.iter().map(|it| it.cpu_microseconds).collect() };
    let (peer_rates, peer_costs) = (rates(&measured[PEER]), costs(&measured[PEER]));
    for (contender, phases) in contenders.iter().zip(measured) {
        let (rates, costs) = (rates(phases), costs(phases));
        println!(
            "{:<22} {:>24}  {:>12.2}  {:>22}  {:>12.2}",
            contender.name(),
            format!("{:.0}", Spread::of(rates.iter().copied())),
            Spread::of_ratios(&rates, &peer_rates).median,
            format!("{:.0}", Spread::of(costs.iter().copied())),
            Spread::of_ratios(&costs, &peer_costs).median,
        );
    }
}

/// Measures the component after a connection each time, so that its code and data are no warmer in the cache than
/// there.
fn component_share(ours: &Ours, settings: &Settings) {
    let share = ComponentShare::new(settings);
    let shares = (0..1_000).map(|_| {
        ours.connect(1);
        share.measure().as_secs_f64() * 1e6
    });
    let spread = Spread::of(shares);
    println!(
        "\nthe component's share, a signature and a handshake: {spread:.0} µs, promised < 150"
    );
}

//! Selecting a row by its primary key on open, warm connections: p50 and p99 of the time it takes.

use std::time::Instant;

use clap::{Parser, ValueEnum};
use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::latency::{self, Key, Opening, Selects};
use rds_bridge_bench_peers::measure::{Spread, percentile, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::process::{cpu, stay_on};
use rds_bridge_bench_peers::settings::Settings;

/// Selecting a row by its primary key on open, warm connections
#[derive(Parser)]
struct Arguments {
    /// Number of rounds. Each round measures every contender
    #[arg(long, default_value = "15")]
    rounds: usize,
    /// Number of selects in a round, over all connections
    #[arg(long, default_value = "6400")]
    selects: usize,
    /// Number of simultaneous connections; a list is measured one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8,64")]
    connections: Vec<usize>,
    /// Worker threads of the asynchronous clients' runtime; 0 runs all connections on the calling thread. Tokio's
    /// default is one for each processor
    #[arg(long, default_value = "0")]
    workers: usize,
    /// The processors of server and clients. If the system chooses, it is chance whether a single connection and its
    /// server share a processor, and so whether a select takes 20 µs or 90
    #[arg(long, value_enum, default_value = "any")]
    processors: Processors,
    #[command(flatten)]
    on: OnServer,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Processors {
    /// The system chooses
    Any,
    /// The server on one, the clients on another
    Apart,
    /// Both on the same one: the time of a select is the work of both, without waking another processor
    Together,
}

/// The indexes of rds-bridge and of the peers that it must not be slower than.
const OURS: usize = 0;
const PEERS: [usize; 3] = [1, 2, 3];
const CONTENDERS: usize = 6;
/// The index of the contender that differs only if the key is in the statement's text.
const IN_TEXT_ALONE: usize = 5;

fn main() {
    let arguments = Arguments::parse();
    let ring = rustls::crypto::ring::default_provider();
    ring.install_default()
        .expect("the first provider of the process");
    let most = *arguments.connections.iter().max().expect("a number");
    if arguments.processors != Processors::Any {
        stay_on(0);
    }
    let server = arguments.on.start(vec![format!(
        "--max-connections={}",
        CONTENDERS * most + 10
    )]);
    server.execute_as_admin(&latency::create_table(server.product()));
    if arguments.processors == Processors::Apart {
        stay_on(1);
    }
    let settings = &Settings::of(&server);
    let mut contenders = open(settings, most, arguments.workers);
    let threads = match arguments.workers {
        0 => "of one thread".to_owned(),
        workers => format!("of {workers} worker threads"),
    };
    println!(
        "ours, mysql_async, sqlx: all connections are tasks {threads}; mysql, bare: each has a thread"
    );
    let text = (arguments.connections[0], Key::InText);
    let bound = arguments.connections.iter().map(|&it| (it, Key::Bound));
    for (connections, key) in bound.chain([text]) {
        let contenders = match key {
            Key::Bound => &mut contenders[..IN_TEXT_ALONE],
            Key::InText => &mut contenders[..],
        };
        measure(&arguments, contenders, connections, key);
    }
}

/// Opens `number` connections for each contender.
fn open(settings: &Settings, number: usize, workers: usize) -> [Box<dyn Selects>; CONTENDERS] {
    let opening = Opening { number, workers };
    [
        Box::new(latency::ours::open(settings, opening)),
        Box::new(latency::mysql_async::open(settings, opening)),
        Box::new(latency::sqlx::open(settings, opening)),
        Box::new(latency::mysql::open(settings, number)),
        Box::new(latency::bare::open(settings, number)),
        Box::new(latency::ours::open_auto(settings, opening)),
    ]
}

/// Warms the contenders up, measures them on `connections` of their connections, and prints the figures.
fn measure(
    arguments: &Arguments,
    contenders: &mut [Box<dyn Selects>],
    connections: usize,
    key: Key,
) {
    let times = arguments.selects.div_ceil(connections);
    for contender in &mut *contenders {
        // Prepares the statements and warms the caches of every connection.
        contender.select(connections, times.div_ceil(4), key);
    }
    let measured = rounds(arguments.rounds, contenders.len(), |contender| {
        turn(&mut *contenders[contender], connections, times, key)
    });
    let what = match key {
        Key::Bound => "with a bound parameter",
        Key::InText => "as a text",
    };
    println!(
        "\n{connections} connections, {what}; {} interleaved rounds of {} selects",
        arguments.rounds,
        connections * times
    );
    print(contenders, &measured);
}

struct Turn {
    p50: f64,
    p99: f64,
    selects_per_second: f64,
    cpu_microseconds: f64,
}

fn turn(contender: &mut dyn Selects, connections: usize, times: usize, key: Key) -> Turn {
    let (start, cpu_before) = (Instant::now(), cpu());
    let took = contender.select(connections, times, key);
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu() - cpu_before);
    let selects = took.len() as f64;
    let mut took: Vec<_> = took.iter().map(|it| it.as_secs_f64() * 1e6).collect();
    Turn {
        p50: percentile(&mut took, 50),
        p99: percentile(&mut took, 99),
        selects_per_second: selects / seconds,
        cpu_microseconds: cpu.as_secs_f64() * 1e6 / selects,
    }
}

fn print(contenders: &[Box<dyn Selects>], measured: &[Vec<Turn>]) {
    let of = |contender: usize, figure: fn(&Turn) -> f64| -> Vec<f64> {
        measured[contender].iter().map(figure).collect()
    };
    let median = |contender, figure| Spread::of(of(contender, figure)).median;
    let fastest = |figure: fn(&Turn) -> f64| -> usize {
        let peers = PEERS.into_iter();
        let fastest = peers.min_by(|&a, &b| median(a, figure).total_cmp(&median(b, figure)));
        fastest.expect("peers")
    };
    let p50: fn(&Turn) -> f64 = |turn| turn.p50;
    let p99: fn(&Turn) -> f64 = |turn| turn.p99;
    let to_peer =
        |contender, figure| Spread::of_ratios(&of(contender, figure), &of(fastest(figure), figure));
    println!(
        "{:<18} {:>22} {:>8}  {:>22} {:>8}  {:>10} {:>14}",
        "median (quartiles)",
        "p50, µs",
        "to peer",
        "p99, µs",
        "to peer",
        "selects/s",
        "client CPU, µs"
    );
    for (at, contender) in contenders.iter().enumerate() {
        println!(
            "{:<18} {:>22} {:>8.2}  {:>22} {:>8.2}  {:>10.0} {:>14.1}",
            contender.name(),
            format!("{:.0}", Spread::of(of(at, p50))),
            to_peer(at, p50).median,
            format!("{:.0}", Spread::of(of(at, p99))),
            to_peer(at, p99).median,
            median(at, |turn| turn.selects_per_second),
            median(at, |turn| turn.cpu_microseconds),
        );
    }
    for (name, figure) in [("p50", p50), ("p99", p99)] {
        let peer = contenders[fastest(figure)].name();
        let what = format!("{name}, ours to the fastest peer, {peer}");
        goal::at_most(1.0, &what, to_peer(OURS, figure));
    }
}

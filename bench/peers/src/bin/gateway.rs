//! The HTTP gateway beside the library, a bare hyper echo, axum with sqlx, and FastAPI with aiomysql: point selects over
//! keep-alive connections, long results beside the command's, and readers that do not read. `rds-bridge`, `once` and
//! `gateway_peer` are expected in this program's folder.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use rds_bridge_bench_peers::gateway::point_selects::{Endpoint, Target};
use rds_bridge_bench_peers::gateway::{Program, client::Client, streams};
use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::latency::{self, Key, Opening, Selects};
use rds_bridge_bench_peers::measure::{Spread, percentile, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::rows::Shape;
use rds_bridge_bench_peers::settings::Settings;
use rds_bridge_bench_peers::whole_process::{Process, beside};
use tokio::runtime::Builder;

/// The HTTP gateway beside its peers
#[derive(Parser)]
struct Arguments {
    /// Number of rounds. Each round measures every contender
    #[arg(long, default_value = "9")]
    rounds: usize,
    /// Number of point selects in a round, one after the other and then over all connections; an eighth in Python
    #[arg(long, default_value = "8000")]
    selects: usize,
    /// Number of keep-alive connections for the requests a CPU second
    #[arg(long, default_value = "16")]
    connections: usize,
    /// Number of rows of the long results
    #[arg(long, default_value = "1000000")]
    rows: u64,
    /// Python interpreter with the packages of bench/gateway/requirements.in
    #[arg(long)]
    python: PathBuf,
    /// The program that it runs: bench/gateway/fastapi_peer.py
    #[arg(long)]
    python_peer: PathBuf,
    #[command(flatten)]
    on: OnServer,
}

fn main() {
    let arguments = Arguments::parse();
    let ring = rustls::crypto::ring::default_provider();
    ring.install_default()
        .expect("the first provider of the process");
    let memory = (256 << 20) + 2 * Shape::Mixed.bytes_in_memory(arguments.rows);
    let server = arguments.on.start(vec![
        "--max-connections=300".to_owned(),
        format!("--innodb-buffer-pool-size={memory}"),
    ]);
    server.execute_as_admin(&latency::create_table(server.product()));
    server.execute_as_admin(&Shape::Mixed.create_table(arguments.rows, server.product()));
    let settings = Settings::of(&server);
    measure_point_selects(&arguments, &settings);
    measure_long_results(&arguments, &settings);
    measure_slow_readers(&arguments, &settings);
}

const OURS: usize = 0;
const ECHO: usize = 1;
const AXUM: usize = 2;
const AXUM_WITHOUT_PING: usize = 3;
const PYTHON: usize = 4;
const SERVERS: usize = 5;
/// The library, which is measured beside the servers.
const LIBRARY: usize = 5;

fn servers(arguments: &Arguments, settings: &Settings) -> [Target; SERVERS] {
    let open = |name, program, endpoint, returns_rows| {
        Target::open(name, program, endpoint, returns_rows, arguments.connections)
    };
    let rust = |name, argument| {
        let mut command = Command::new(beside("gateway_peer"));
        let program = Program::peer(command.arg(argument), settings);
        open(name, program, Endpoint::Peer, argument != "echo")
    };
    let mut python = Command::new(&arguments.python);
    let python = Program::peer(python.arg(&arguments.python_peer), settings);
    [
        open("ours", Program::gateway(settings), Endpoint::Gateway, true),
        rust("hyper echo", "echo"),
        rust("axum + sqlx", "axum"),
        rust("axum + sqlx, no ping", "axum-without-ping"),
        open("FastAPI + aiomysql", python, Endpoint::Peer, true),
    ]
}

/// A round's figures. The library has no server of its own.
#[derive(Default)]
struct Turn {
    /// In microseconds.
    p50: f64,
    requests_per_second: f64,
    requests_per_cpu_second: f64,
}

fn measure_point_selects(arguments: &Arguments, settings: &Settings) {
    let mut servers = servers(arguments, settings);
    let opening = Opening {
        number: 1,
        workers: 0,
    };
    let mut library = latency::ours::open(settings, opening);
    let mut turn = |contender: usize, selects: usize| {
        if contender == LIBRARY {
            let took = library.select(1, selects, Key::Bound);
            return Turn {
                p50: p50(&took),
                ..Turn::default()
            };
        }
        let selects = match contender {
            PYTHON => selects.div_ceil(8),
            _ => selects,
        };
        let server = &mut servers[contender];
        let p50 = p50(&server.one_by_one(selects));
        let times = selects.div_ceil(server.connections());
        let (took, cpu) = server.at_once(times);
        let requests = (times * server.connections()) as f64;
        Turn {
            p50,
            requests_per_second: requests / took.as_secs_f64(),
            requests_per_cpu_second: requests / cpu.as_secs_f64(),
        }
    };
    for contender in 0..=LIBRARY {
        // Opens the connections to the database, and prepares the statements.
        turn(contender, arguments.selects.div_ceil(4));
    }
    let measured = rounds(arguments.rounds, SERVERS + 1, |contender| {
        turn(contender, arguments.selects)
    });
    let names: Vec<&str> = servers.iter().map(|it| it.name).collect();
    println!(
        "\npoint selects; {} interleaved rounds of {} on one connection, and of as many on {}",
        arguments.rounds, arguments.selects, arguments.connections
    );
    print_point_selects(&names, &measured);
}

fn p50(took: &[Duration]) -> f64 {
    let mut took: Vec<_> = took.iter().map(|it| it.as_secs_f64() * 1e6).collect();
    percentile(&mut took, 50)
}

fn print_point_selects(names: &[&str], measured: &[Vec<Turn>]) {
    let of = |contender: usize, figure: fn(&Turn) -> f64| -> Vec<f64> {
        measured[contender].iter().map(figure).collect()
    };
    println!(
        "{:<22} {:>22} {:>12} {:>24}",
        "median (quartiles)", "p50, µs", "requests/s", "requests a CPU second"
    );
    for (at, name) in names.iter().chain(&["the library"]).enumerate() {
        let p50 = format!("{:.0}", Spread::of(of(at, |turn| turn.p50)));
        let median = |figure| Spread::of(of(at, figure)).median;
        println!(
            "{name:<22} {p50:>22} {:>12.0} {:>24.0}",
            median(|turn| turn.requests_per_second),
            median(|turn| turn.requests_per_cpu_second),
        );
    }
    let p50 = |contender| of(contender, |turn| turn.p50);
    let floor: Vec<f64> = p50(LIBRARY)
        .iter()
        .zip(p50(ECHO))
        .map(|(select, echo)| select + echo)
        .collect();
    goal::at_most(
        1.5,
        "p50, ours to the library's select plus a hyper echo",
        Spread::of_ratios(&p50(OURS), &floor),
    );
    let rate = |contender| of(contender, |turn| turn.requests_per_cpu_second);
    for (limit, peer) in [(15.0, PYTHON), (2.0, AXUM), (2.0, AXUM_WITHOUT_PING)] {
        let what = format!("requests a CPU second, ours to {}", names[peer]);
        goal::at_least(limit, &what, Spread::of_ratios(&rate(OURS), &rate(peer)));
    }
}

/// The formats of the long results: their names, in `Accept`, and as the command's option.
const FORMATS: [(&str, &str, &str); 2] = [
    ("NDJSON", streams::NDJSON, "ndjson"),
    ("Arrow", streams::ARROW, "arrow-stream"),
];
/// A result that is short beside the long ones, for comparing the memory.
const FEW_ROWS: u64 = 10_000;

fn measure_long_results(arguments: &Arguments, settings: &Settings) {
    let statement = |rows: u64| format!("{} LIMIT {rows}", Shape::Mixed.statement());
    let rows = arguments.rows;
    for (name, accept, option) in FORMATS {
        let gateway = Program::gateway(settings);
        let read = |rows: u64| {
            let read = block_on(streams::read(&gateway, &statement(rows), accept));
            if accept == streams::NDJSON {
                assert_eq!(read.lines, rows);
            }
            read
        };
        read(FEW_ROWS);
        let before = gateway.peak_megabytes();
        let text = statement(rows);
        let command = [&beside("rds-bridge"), "query", &text, "--format", option];
        let command = Process::new("rds-bridge query", settings, &command);
        let measured = rounds(arguments.rounds, 2, |contender| match contender {
            0 => {
                let read = read(rows);
                (read.cpu.as_secs_f64() * 1e3, read.bytes as f64 / 1e6)
            }
            _ => {
                let run = command.run();
                (run.cpu_milliseconds, run.bytes as f64 / 1e6)
            }
        });
        let cpu =
            |contender: usize| -> Vec<f64> { measured[contender].iter().map(|it| it.0).collect() };
        println!(
            "\n{rows} rows as {name}; {} interleaved rounds",
            arguments.rounds
        );
        for (at, who) in ["gateway", "command"].into_iter().enumerate() {
            let spread = Spread::of(cpu(at));
            println!(
                "{who:<10} CPU {spread:.0} ms, {:.1} MB out",
                measured[at][0].1
            );
        }
        let what = format!("{name}, CPU of the gateway to the command's");
        goal::at_most(1.3, &what, Spread::of_ratios(&cpu(0), &cpu(1)));
        let peak = gateway.peak_megabytes();
        goal::at_most(30.0, &format!("{name}, peak in MB"), Spread::of([peak]));
        let what = format!("{name}, peak minus that of {FEW_ROWS} rows, in MB");
        goal::at_most(2.0, &what, Spread::of([peak - before]));
    }
}

const SLOW_READERS: usize = 16;
const SLOW_FOR: Duration = Duration::from_secs(3);

/// Readers that read nothing: what they cost in memory and in CPU time.
fn measure_slow_readers(arguments: &Arguments, settings: &Settings) {
    let gateway = Program::gateway(settings);
    let sql = Shape::Mixed.statement();
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let few = format!("{sql} LIMIT {FEW_ROWS}");
    runtime.block_on(streams::read(&gateway, &few, streams::NDJSON));
    let before = gateway.peak_megabytes();
    let readers: Vec<_> = (0..SLOW_READERS)
        .map(|_| {
            runtime.block_on(async {
                let mut client = Client::open(gateway.address()).await;
                let response = streams::begin(&mut client, sql, streams::NDJSON).await;
                (client, response)
            })
        })
        .collect();
    // The gateway fills its buffers and those of the system.
    thread::sleep(Duration::from_secs(1));
    let (start, cpu) = (Instant::now(), gateway.cpu());
    thread::sleep(SLOW_FOR);
    let cpu = (gateway.cpu() - cpu).as_secs_f64() / start.elapsed().as_secs_f64();
    let each = (gateway.peak_megabytes() - before) / SLOW_READERS as f64;
    drop(readers);
    println!(
        "\n{SLOW_READERS} readers that read nothing of {} rows",
        arguments.rows
    );
    goal::at_most(1.0, "memory of each, in MB", Spread::of([each]));
    goal::at_most(0.01, "CPU of the gateway, in processors", Spread::of([cpu]));
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

//! The Lambda function of rds-bridge compared with the original in Python: cold starts, warm invocations, memory,
//! package.

use std::path::PathBuf;

use clap::Parser;
use rds_bridge_bench_peers::functions::cold::{self, Cold};
use rds_bridge_bench_peers::functions::package::{self, Environment, Sizes};
use rds_bridge_bench_peers::functions::warm::{Block, Warm};
use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::process::stay_on;
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::original_function::{environment, localhost_expectation};
use rds_bridge_test_support::server::Server;

/// The Lambda function of rds-bridge compared with the original in Python
#[derive(Parser)]
struct Arguments {
    /// The package of rds-bridge's function, as `./just package` creates it
    #[arg(long)]
    package: PathBuf,
    /// Number of cold starts of each function
    #[arg(long, default_value = "41")]
    starts: usize,
    /// Number of rounds of warm invocations. Each round invokes both functions
    #[arg(long, default_value = "15")]
    rounds: usize,
    /// Number of warm invocations in a round
    #[arg(long, default_value = "1000")]
    invocations: usize,
    /// Let the system choose the processors. By default everything runs on one: waking another processor costs the
    /// waking process time, in a virtual machine as much as everything else, and whether it is needed is chance
    #[arg(long)]
    any_processor: bool,
    #[command(flatten)]
    on: OnServer,
}

fn main() {
    let arguments = Arguments::parse();
    if !arguments.any_processor {
        stay_on(0);
    }
    let server = arguments.on.start(Vec::new());
    let environment = environment(&server);
    // rds-bridge comes first, here and in all lists below.
    let functions = [
        package::ours(&arguments.package, at_endpoint(&server, &environment)),
        package::original(environment),
    ];
    let start = |at: usize| {
        expect(&server, at);
        cold::start(&functions[at])
    };
    // Loads the functions' files into the page cache.
    let _first = [0, 1].map(start);
    let cold = rounds(arguments.starts, 2, start);
    let processes = [0, 1].map(|at| {
        expect(&server, at);
        Warm::start(&functions[at])
    });
    let warm = rounds(arguments.rounds, 2, |at| {
        processes[at].block(arguments.invocations)
    });
    println!(
        "{} interleaved cold starts; {} interleaved rounds of {} warm invocations; {}",
        arguments.starts,
        arguments.rounds,
        arguments.invocations,
        if arguments.any_processor {
            "on any processor"
        } else {
            "all on one processor"
        }
    );
    println!(
        "{:<28} {:>22} {:>22} {:>24}",
        "median (quartiles)", "ours", "boto3 + PyMySQL", "to ours"
    );
    let figures = figures(&cold, &warm);
    for figure in &figures {
        figure.print();
    }
    let sizes = package::sizes(&arguments.package);
    print_sizes(&sizes);
    for figure in &figures {
        if let Some(least) = figure.goal {
            let what = format!("{}, theirs to ours", figure.name);
            goal::at_least(least, &what, figure.ratio());
        }
    }
    goal::at_most(6.0, "our package, MB", Spread::of([sizes.ours]));
}

/// Tells the server for which name the next token must be.
fn expect(server: &Server, function: usize) {
    server.expect(&match function {
        0 => Expectation::default(),
        _ => localhost_expectation(server),
    });
}

/// The environment with an RDS endpoint's name, as in Lambda, and the server's address beside it. rds-bridge then knows
/// that no proxy is between, and sends what sets up a session with the first statement. The original has no setting for
/// an address.
fn at_endpoint(server: &Server, environment: &Environment) -> Environment {
    let settings = environment.iter().cloned().map(|(name, value)| match name {
        "DB_HOST" => (name, ENDPOINT.to_owned()),
        "DB_PORT" => (name, Expectation::default().port.to_string()),
        _ => (name, value),
    });
    settings
        .chain([("DB_CONNECT_TO", server.address().to_string())])
        .collect()
}

/// A figure measured for both functions.
struct Figure {
    name: &'static str,
    ours: Vec<f64>,
    original: Vec<f64>,
    /// The least ratio of the original's figure to that of rds-bridge, if one is required.
    goal: Option<f64>,
}

impl Figure {
    fn of<T>(
        measured: &[Vec<T>],
        name: &'static str,
        goal: Option<f64>,
        figure: fn(&T) -> f64,
    ) -> Self {
        let [ours, original] = [0, 1].map(|at| measured[at].iter().map(figure).collect());
        Self {
            name,
            ours,
            original,
            goal,
        }
    }

    fn ratio(&self) -> Spread {
        Spread::of_ratios(&self.original, &self.ours)
    }

    fn print(&self) {
        let [ours, original] =
            [&self.ours, &self.original].map(|it| Spread::of(it.iter().copied()));
        println!(
            "{:<28} {:>22} {:>22} {:>24}",
            self.name,
            format!("{ours:.1}"),
            format!("{original:.1}"),
            format!("{:.2}", self.ratio()),
        );
    }
}

fn figures(cold: &[Vec<Cold>], warm: &[Vec<Block>]) -> Vec<Figure> {
    let mut figures = vec![
        Figure::of(cold, "cold: ready, ms", None, |it| milliseconds(it.ready)),
        Figure::of(cold, "cold: first answer, ms", Some(15.0), |it| {
            milliseconds(it.answer)
        }),
        Figure::of(cold, "cold: CPU until then, ms", None, |it| {
            milliseconds(it.cpu)
        }),
        Figure::of(warm, "warm: p50, µs", Some(1.5), |it| it.p50_microseconds),
        Figure::of(warm, "warm: p99, µs", None, |it| it.p99_microseconds),
        Figure::of(warm, "warm: CPU, µs", Some(4.0), |it| it.cpu_microseconds),
    ];
    let mut peak = Figure::of(warm, "peak memory, MB", Some(3.0), |it| it.peak_megabytes);
    for peaks in [&mut peak.ours, &mut peak.original] {
        // The peak grows over the process's lifetime, so only the last value counts.
        peaks.drain(..peaks.len() - 1);
    }
    figures.push(peak);
    figures
}

fn print_sizes(sizes: &Sizes) {
    let Sizes {
        ours,
        original,
        brought_by_lambda,
    } = sizes;
    println!(
        "{:<28} {ours:>22.2} {original:>22.2}  Lambda provides Python and boto3: {brought_by_lambda:.0} MB when installed",
        "package, MB"
    );
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

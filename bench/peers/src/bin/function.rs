//! Our Lambda function beside the original, in Python: cold starts, warm invocations, memory, package.

use std::path::PathBuf;

use clap::Parser;
use rds_bridge_bench_peers::asked;
use rds_bridge_bench_peers::functions::cold::{self, Cold};
use rds_bridge_bench_peers::functions::package::{self, Sizes};
use rds_bridge_bench_peers::functions::warm::{Block, Warm};
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::process::stay_on;
use rds_bridge_test_support::original_function::environment;

/// Our Lambda function beside the original, in Python
#[derive(Parser)]
struct Arguments {
    /// Our function's package, as `./just package` makes it
    #[arg(long)]
    package: PathBuf,
    /// How often both start cold
    #[arg(long, default_value = "41")]
    starts: usize,
    /// How often it is both's turn to be invoked warm
    #[arg(long, default_value = "15")]
    rounds: usize,
    /// How many warm invocations are a turn
    #[arg(long, default_value = "1000")]
    invocations: usize,
    /// Run wherever the system puts everybody, and not all on one processor. To wake another processor takes the
    /// waking process's time, in a virtual machine as much as all else, and whether it has to be is chance
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
    // Ours first, everywhere.
    let functions = [
        package::ours(&arguments.package, environment.clone()),
        package::original(environment),
    ];
    for function in &functions {
        // Files that are not in memory yet.
        cold::start(function);
    }
    let cold = rounds(arguments.starts, 2, |at| cold::start(&functions[at]));
    let processes = functions.each_ref().map(Warm::start);
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
        if let Some(least) = figure.asked {
            let what = format!("{}, theirs to ours", figure.name);
            asked::at_least(least, &what, figure.ratio());
        }
    }
    asked::at_most(6.0, "our package, MB", Spread::of([sizes.ours]));
}

/// Something measured of both.
struct Figure {
    name: &'static str,
    ours: Vec<f64>,
    original: Vec<f64>,
    /// How many times ours the original's is to be.
    asked: Option<f64>,
}

impl Figure {
    fn of<T>(
        measured: &[Vec<T>],
        name: &'static str,
        asked: Option<f64>,
        figure: fn(&T) -> f64,
    ) -> Self {
        let [ours, original] = [0, 1].map(|at| measured[at].iter().map(figure).collect());
        Self {
            name,
            ours,
            original,
            asked,
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
        // Each has grown until the end.
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
        "{:<28} {ours:>22.2} {original:>22.2}  Lambda brings Python and boto3: installed, that is {brought_by_lambda:.0} MB",
        "package, MB"
    );
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

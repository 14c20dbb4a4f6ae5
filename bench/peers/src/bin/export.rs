//! Whole processes that write a long result: wall-clock time, CPU time and memory. The other programs and `rds-bridge`
//! are expected in this program's folder.

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::rows::Shape;
use rds_bridge_bench_peers::settings::{Settings, text};
use rds_bridge_bench_peers::whole_process::{Process, Run, beside};
use rds_bridge_test_support::server::Product;
use tempfile::TempDir;

/// Whole processes that write a long result as NDJSON, CSV and Parquet
#[derive(Parser)]
struct Arguments {
    /// Number of rows; a list is measured one after the other. rds-bridge should need no more memory for 10,000,000
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
    rows: Vec<u64>,
    /// Number of rounds. Each round measures every program
    #[arg(long, default_value = "5")]
    rounds: usize,
    #[command(flatten)]
    on: OnServer,
}

/// PyMySQL would take minutes for more.
const PYTHON_ROWS: u64 = 1_000_000;
/// The number of rows for which limits are defined.
const ASKED_ROWS: u64 = 1_000_000;

fn main() {
    let arguments = Arguments::parse();
    let most = *arguments.rows.iter().max().expect("a number");
    let shape = Shape::Mixed;
    let memory = (256 << 20) + 2 * shape.bytes_in_memory(most);
    let server = arguments
        .on
        .start(vec![format!("--innodb-buffer-pool-size={memory}")]);
    server.execute_as_admin(&shape.create_table(most, server.product()));
    let settings = Settings::of(&server);
    let folder = tempfile::tempdir().expect("a folder");
    let mut peaks: Vec<(&str, Vec<f64>)> = [NDJSON, CSV].map(|name| (name, Vec::new())).into();
    for &rows in &arguments.rows {
        let exports = exports(&settings, rows, &folder);
        for export in &exports {
            // Loads the program's files into the page cache.
            export.run();
        }
        let measured = rounds(arguments.rounds, exports.len(), |at| exports[at].run());
        println!("\n{rows} rows; {} interleaved rounds", arguments.rounds);
        let table = Table {
            makers_client: makers_client(settings.product),
            exports,
            measured,
        };
        table.print();
        if rows == ASKED_ROWS {
            table.print_goals();
        }
        for (name, peaks) in &mut peaks {
            let runs = table.runs(name).expect("ours");
            peaks.push(Spread::of(runs.iter().map(|run| run.peak_megabytes)).median);
        }
    }
    println!("\nmemory for {:?} rows", arguments.rows);
    for (name, peaks) in peaks {
        let most = peaks.iter().copied().fold(0.0, f64::max);
        let least = peaks.iter().copied().fold(f64::MAX, f64::min);
        let what = format!("{name}, peak in MB");
        goal::at_most(12.0, &what, Spread::of([most]));
        let what = format!("{name}, largest minus smallest, in MB");
        goal::at_most(1.0, &what, Spread::of([most - least]));
    }
}

const NDJSON: &str = "rds-bridge, NDJSON";
const CSV: &str = "rds-bridge, CSV";
const PARQUET: &str = "rds-bridge, Parquet";
const MYSQL: &str = "mysql --quick -B";
const MARIADB: &str = "mariadb --quick -B";
const PYTHON_NDJSON: &str = "PyMySQL, NDJSON";
const PYTHON_CSV: &str = "PyMySQL, CSV";

fn makers_client(product: Product) -> &'static str {
    match product {
        Product::MySql => MYSQL,
        Product::MariaDb => MARIADB,
    }
}

struct Export {
    process: Process,
    writes: Writes,
}

enum Writes {
    /// As many lines to standard output.
    Lines(u64),
    Parquet(PathBuf),
}

fn exports(settings: &Settings, rows: u64, folder: &TempDir) -> Vec<Export> {
    let statement = &format!("{} LIMIT {rows}", Shape::Mixed.statement());
    // The first line contains the column names.
    let with_names = || Writes::Lines(rows + 1);
    let ours = |name, format| {
        let command = [
            &beside("rds-bridge"),
            "query",
            statement,
            "--format",
            format,
        ];
        Process::new(name, settings, &command)
    };
    let python = |name, format| {
        let arguments: [&str; 2] = [format, statement];
        Process::python(name, settings, "export_with_boto3.py", &arguments)
    };
    let quick = ["--quick", "--execute", statement];
    let mut all = vec![
        (ours(NDJSON, "ndjson"), Writes::Lines(rows)),
        (ours(CSV, "csv"), with_names()),
        (
            Process::makers_client(makers_client(settings.product), settings, &quick),
            with_names(),
        ),
    ];
    if rows <= PYTHON_ROWS {
        all.push((python(PYTHON_NDJSON, "ndjson"), Writes::Lines(rows)));
        all.push((python(PYTHON_CSV, "csv"), with_names()));
    }
    let file = folder.path().join("rows.parquet");
    let command = [
        &beside("rds-bridge"),
        "query",
        statement,
        "--format",
        "parquet",
        "--output",
        &text(&file),
    ];
    let process = Process::new(PARQUET, settings, &command);
    all.push((process, Writes::Parquet(file)));
    let all = all.into_iter();
    all.map(|(process, writes)| Export { process, writes })
        .collect()
}

impl Export {
    fn run(&self) -> Run {
        let mut run = self.process.run();
        match &self.writes {
            Writes::Lines(lines) => assert_eq!(run.lines, *lines, "{}", self.process.name),
            Writes::Parquet(file) => {
                // Each run has to write the file again.
                run.bytes = fs::metadata(file).expect("a file").len();
                fs::remove_file(file).expect("removed");
            }
        }
        run
    }
}

struct Table {
    /// The name of the contender that rds-bridge is compared to.
    makers_client: &'static str,
    exports: Vec<Export>,
    measured: Vec<Vec<Run>>,
}

impl Table {
    fn runs(&self, name: &str) -> Option<&[Run]> {
        let mut all = self.exports.iter().zip(&self.measured);
        all.find_map(|(export, runs)| (export.process.name == name).then_some(&runs[..]))
    }

    /// The ratio of a contender's figure to another's; `None` if one of the two was not measured.
    fn ratio(&self, figure: fn(&Run) -> f64, name: &str, other: &str) -> Option<Spread> {
        let values = |runs: &[Run]| -> Vec<f64> { runs.iter().map(figure).collect() };
        let (these, others) = (values(self.runs(name)?), values(self.runs(other)?));
        Some(Spread::of_ratios(&these, &others))
    }

    fn print(&self) {
        println!(
            "{:<20} {:>20} {:>11}  {:>20} {:>11}  {:>9} {:>9}",
            "median (quartiles)",
            "wall, ms",
            "to client",
            "CPU, ms",
            "to client",
            "peak, MB",
            "MB out"
        );
        for (export, runs) in self.exports.iter().zip(&self.measured) {
            let name = export.process.name;
            let spread = |figure: fn(&Run) -> f64| Spread::of(runs.iter().map(figure));
            let client = self.makers_client;
            let to_client = |figure| self.ratio(figure, name, client).expect("it").median;
            println!(
                "{name:<20} {:>20} {:>11.2}  {:>20} {:>11.2}  {:>9.1} {:>9.1}",
                format!("{:.0}", spread(wall)),
                to_client(wall),
                format!("{:.0}", spread(cpu)),
                to_client(cpu),
                spread(|run| run.peak_megabytes).median,
                spread(|run| run.bytes as f64 / 1e6).median,
            );
        }
    }

    fn print_goals(&self) {
        let client = self.makers_client;
        let (wall_limit, cpu_limit) = match client {
            MYSQL => (0.55, 0.5),
            _ => (0.5, 0.6),
        };
        for (name, python) in [(NDJSON, PYTHON_NDJSON), (CSV, PYTHON_CSV)] {
            if let Some(ratio) = self.ratio(wall, name, client) {
                goal::at_most(wall_limit, &format!("wall, {name} to {client}"), ratio);
            }
            if let Some(ratio) = self.ratio(cpu, name, client) {
                goal::at_most(cpu_limit, &format!("CPU, {name} to {client}"), ratio);
            }
            if let Some(ratio) = self.ratio(wall, python, name) {
                goal::at_least(15.0, &format!("wall, {python} to ours"), ratio);
            }
        }
        if let Some(ratio) = self.ratio(cpu, PARQUET, CSV) {
            goal::at_most(2.0, "CPU, Parquet to our CSV", ratio);
        }
    }
}

fn wall(run: &Run) -> f64 {
    run.milliseconds
}

fn cpu(run: &Run) -> f64 {
    run.cpu_milliseconds
}

//! Whole processes from start to end: a login with a token, and three printed rows. `start [ROUNDS] [--server
//! mysql|mariadb]`. The other programs and `rds-bridge` are expected in this program's folder, and are copied to
//! another one before they run.

use clap::Parser;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::settings::{STATEMENT, Settings, text};
use rds_bridge_bench_peers::whole_process::{Installed, Process, Run};
use rds_bridge_test_support::server::Product;

const ROWS: &str = "1\tapple\t1.25\n2\tbread\t3.50\n3\tcheese\t12.00\n";

/// Whole processes from their start to their rows
#[derive(Parser)]
struct Arguments {
    /// Number of rounds. Each round measures every contender
    #[arg(default_value = "41")]
    rounds: usize,
    #[command(flatten)]
    on: OnServer,
}

fn main() {
    let Arguments { rounds: number, on } = Arguments::parse();
    let server = on.start(Vec::new());
    let settings = Settings::of(&server);
    let installed = Installed::new();
    let contenders = contenders(&settings, &installed);
    for contender in &contenders {
        // Loads the program's files into the page cache.
        contender.run();
    }
    let measured = rounds(number, contenders.len(), |index| contenders[index].run());
    print(&contenders, &measured);
}

struct Contender {
    process: Process,
    /// The expected end of its output.
    prints: &'static str,
}

impl Contender {
    fn run(&self) -> Run {
        let run = self.process.run();
        let printed = &run.output;
        let name = self.process.name;
        assert!(printed.ends_with(self.prints), "{name} printed:\n{printed}");
        run
    }
}

/// The contenders. rds-bridge comes first, and the others are compared to it.
fn contenders(settings: &Settings, installed: &Installed) -> Vec<Contender> {
    let contender = |name, command: &[&str], prints| Contender {
        process: Process::new(name, settings, command),
        prints,
    };
    let with_rows = |process| Contender {
        process,
        prints: ROWS,
    };
    let rds_bridge = &installed.program("rds-bridge");
    let query = [rds_bridge, "query", STATEMENT, "--format", "tsv"];
    let ca_file = text(&settings.ca_file);
    let all_roots = [&query[..], &["--ca-file-extra", &ca_file]].concat();
    let mut all_roots = Process::new("rds-bridge query, all roots", settings, &all_roots);
    all_roots
        .environment
        .retain(|(name, _)| *name != "DB_CA_FILE");
    let python = Process::python("boto3 + PyMySQL", settings, "login_with_boto3.py", &[]);
    let makers_client = match settings.product {
        Product::MySql => "mysql, a password",
        Product::MariaDb => "mariadb, a password",
    };
    let with_password = Process::makers_client(
        makers_client,
        settings,
        &["--skip-column-names", "--execute", STATEMENT],
    );
    let peer = installed.program("start_mysql_async");
    let mysql_async = |provider| [peer.as_str(), provider];
    let bare = installed.program("start_bare");
    vec![
        contender("rds-bridge query", &query, ROWS),
        with_rows(all_roots),
        with_rows(python),
        contender("aws-sigv4 + mysql_async", &mysql_async("aws-lc-rs"), ROWS),
        contender("… with ring", &mysql_async("ring"), ROWS),
        contender("bare", &[&bare], ROWS),
        contender("… offering P-256", &[&bare, "p-256"], ROWS),
        with_rows(with_password),
        contender("rds-bridge token", &[rds_bridge, "token"], "\n"),
        contender("true", &["true"], ""),
    ]
}

/// Prints the figures. The ratio is of the times to the first byte, which is a part of the first row.
fn print(contenders: &[Contender], measured: &[Vec<Run>]) {
    println!("{} interleaved rounds", measured[0].len());
    println!(
        "{:<28} {:>22}  {:>8}  {:>22}  {:>8}",
        "median (quartiles)", "to the first byte, ms", "to ours", "to the end, ms", "peak, MB"
    );
    let first_bytes = |runs: &[Run]| -> Vec<f64> {
        let each = runs.iter().map(|run| run.milliseconds_to_first_byte);
        each.collect()
    };
    let ours = first_bytes(&measured[0]);
    for (contender, runs) in contenders.iter().zip(measured) {
        let first_bytes = first_bytes(runs);
        let ends = Spread::of(runs.iter().map(|run| run.milliseconds));
        println!(
            "{:<28} {:>22}  {:>8.2}  {:>22}  {:>8.1}",
            contender.process.name,
            format!("{:.1}", Spread::of(first_bytes.iter().copied())),
            Spread::of_ratios(&first_bytes, &ours).median,
            format!("{ends:.1}"),
            Spread::of(runs.iter().map(|run| run.peak_megabytes)).median,
        );
    }
    println!(
        "promised: boto3 + PyMySQL ≥ 15, aws-sigv4 + mysql_async ≥ 2.5, bare ≥ 0.77; ours under 16 MB"
    );
}

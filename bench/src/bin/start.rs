//! Whole processes, from their start to their end: a login with a token, and three rows printed. `start
//! [ROUNDS]`; the other programs, and `rds-bridge`, are beside it.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use rds_bridge_bench::measure::{Spread, rounds};
use rds_bridge_bench::settings::{STATEMENT, Settings, text};
use rds_bridge_test_support::maria_db::{MariaDb, Options, PASSWORD};
use rds_bridge_test_support::python;

const ROUNDS: usize = 41;
const ROWS: &str = "1\tapple\t1.25\n2\tbread\t3.50\n3\tcheese\t12.00\n";

fn main() {
    let number = env::args()
        .nth(1)
        .map(|text| text.parse().expect("a number"));
    let number = number.unwrap_or(ROUNDS);
    let server = MariaDb::start(&Options::default());
    let settings = Settings::of(&server);
    let contenders = contenders(&settings);
    for contender in &contenders {
        // Files that are not in memory yet.
        contender.run();
    }
    let measured = rounds(number, contenders.len(), |index| contenders[index].run());
    print(&contenders, &measured);
}

struct Contender {
    name: &'static str,
    command: Vec<String>,
    environment: Vec<(&'static str, String)>,
    /// How what it prints has to end.
    prints: &'static str,
}

/// Ours first: the others are compared to it.
fn contenders(settings: &Settings) -> Vec<Contender> {
    let environment = settings.environment();
    let contender = |name, command: &[&str], prints| Contender {
        name,
        command: command.iter().map(|&word| word.to_owned()).collect(),
        environment: environment.clone(),
        prints,
    };
    let rds_bridge = &beside("rds-bridge");
    let query = [rds_bridge, "query", STATEMENT, "--format", "tsv"];
    let ca_file = text(&settings.ca_file);
    let (host, port) = (
        settings.address.ip().to_string(),
        settings.address.port().to_string(),
    );
    let with_roots = [&query[..], &["--ca-file-extra", &ca_file]].concat();
    let mut with_roots = contender("rds-bridge query, all roots", &with_roots, ROWS);
    with_roots
        .environment
        .retain(|(name, _)| *name != "DB_CA_FILE");
    let interpreter = text(&python::interpreter());
    let script = text(&python::script("login_with_boto3.py"));
    let python = [
        &interpreter,
        &script,
        &host,
        &port,
        &ca_file,
        &settings.endpoint,
        &settings.region,
        &settings.user,
    ]
    .map(String::as_str);
    let mut mariadb = contender(
        "mariadb, a password",
        &[
            "mariadb",
            "--no-defaults",
            "--batch",
            "--skip-column-names",
            "--ssl-verify-server-cert",
            &format!("--ssl-ca={ca_file}"),
            &format!("--host={host}"),
            &format!("--port={port}"),
            "--user=native-user",
            "--database=iamtest",
            "--execute",
            STATEMENT,
        ],
        ROWS,
    );
    mariadb.environment.push(("MYSQL_PWD", PASSWORD.to_owned()));
    let peer = beside("start_mysql_async");
    let mysql_async = |provider| [peer.as_str(), provider];
    vec![
        contender("rds-bridge query", &query, ROWS),
        with_roots,
        contender("boto3 + PyMySQL", &python, ROWS),
        contender("aws-sigv4 + mysql_async", &mysql_async("aws-lc-rs"), ROWS),
        contender("… with ring", &mysql_async("ring"), ROWS),
        contender("bare", &[&beside("start_bare")], ROWS),
        mariadb,
        contender("rds-bridge token", &[rds_bridge, "token"], "\n"),
        contender("true", &["true"], ""),
    ]
}

/// A program that was built with this one.
fn beside(name: &str) -> String {
    let own: PathBuf = env::current_exe().expect("this program");
    text(&own.with_file_name(name))
}

struct Run {
    first_byte: f64,
    end: f64,
    peak: f64,
}

impl Contender {
    fn run(&self) -> Run {
        let mut once = Command::new(beside("once"));
        once.args(&self.command).env_clear();
        for (name, value) in &self.environment {
            once.env(name, value);
        }
        let output = once.output().expect("once");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {complaint}", self.name);
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        let (figures, printed) = said.split_once('\n').expect("a line of figures");
        assert!(
            printed.ends_with(self.prints),
            "{} printed:\n{printed}",
            self.name
        );
        let mut figures = figures
            .split(' ')
            .map(|it| it.parse::<f64>().expect("a number"));
        let mut next = || figures.next().expect("three figures");
        Run {
            first_byte: next() / 1e3,
            end: next() / 1e3,
            peak: next() / 1024.0,
        }
    }
}

fn print(contenders: &[Contender], measured: &[Vec<Run>]) {
    println!("{} interleaved rounds", measured[0].len());
    println!(
        "{:<28} {:>22}  {:>22}  {:>8}  {:>8}",
        "median (quartiles)", "to the first byte, ms", "to the end, ms", "to ours", "peak, MB"
    );
    let ends = |runs: &[Run]| -> Vec<f64> { runs.iter().map(|run| run.end).collect() };
    let ours = ends(&measured[0]);
    for (contender, runs) in contenders.iter().zip(measured) {
        let first_byte = Spread::of(runs.iter().map(|run| run.first_byte));
        let ends = ends(runs);
        println!(
            "{:<28} {:>22}  {:>22}  {:>8.2}  {:>8.1}",
            contender.name,
            format!("{first_byte:.1}"),
            format!("{:.1}", Spread::of(ends.iter().copied())),
            Spread::of_ratios(&ends, &ours).median,
            Spread::of(runs.iter().map(|run| run.peak)).median,
        );
    }
    println!(
        "promised: boto3 + PyMySQL ≥ 15, aws-sigv4 + mysql_async ≥ 2.5, bare ≥ 0.77; ours under 16 MB"
    );
}

//! A long result, from a live server and from a recording of its answer: rows a second, and the client's CPU time.

use std::time::Instant;

use clap::{Parser, ValueEnum};
use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::on_server::OnServer;
use rds_bridge_bench_peers::process::cpu_of_thread;
use rds_bridge_bench_peers::recorded::{Peer, Recording};
use rds_bridge_bench_peers::rows::bare::BareRows;
use rds_bridge_bench_peers::rows::mysql::MysqlRows;
use rds_bridge_bench_peers::rows::mysql_async::MysqlAsyncRows;
use rds_bridge_bench_peers::rows::our_structs::OurStructs;
use rds_bridge_bench_peers::rows::ours::OurRows;
use rds_bridge_bench_peers::rows::sqlx::SqlxRows;
use rds_bridge_bench_peers::rows::{Depth, Protocol, RowReader, Shape, Totals};
use rds_bridge_bench_peers::settings::Settings;

/// A long result, from a server and from its recorded answer
#[derive(Parser)]
struct Arguments {
    /// Shape of the result; a list is measured one after the other
    #[arg(long, value_delimiter = ',', default_value = "mixed")]
    shape: Vec<Shape>,
    /// Number of rows. The default is 1,000,000; 20,000 for wide rows and 200 for blobs. The recording of 10,000,000
    /// mixed rows takes 3 GB of memory
    #[arg(long)]
    rows: Option<u64>,
    /// Number of rounds. Each round measures every contender
    #[arg(long, default_value = "15")]
    rounds: usize,
    /// Source of the rows
    #[arg(long, value_delimiter = ',', default_value = "live,recorded")]
    source: Vec<Source>,
    #[command(flatten)]
    on: OnServer,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Source {
    Live,
    Recorded,
}

fn main() {
    let arguments = Arguments::parse();
    let ring = rustls::crypto::ring::default_provider();
    ring.install_default()
        .expect("the first provider of the process");
    for &shape in &arguments.shape {
        let rows = arguments.rows.unwrap_or(shape.usual_rows());
        // The buffer pool holds all rows, because the server is slow enough without a disk.
        let memory = (256 << 20) + 2 * shape.bytes_in_memory(rows);
        let server = arguments
            .on
            .start(vec![format!("--innodb-buffer-pool-size={memory}")]);
        server.execute_as_admin(&shape.create_table(rows, server.product()));
        let live = Settings::of(&server);
        let recording = Recording::of(&live, shape);
        let sizes = recording.sizes();
        let [text, binary] = sizes.map(|bytes| bytes as f64 / rows as f64);
        println!(
            "\n{}: {rows} rows of {} columns; a row has {text:.0} bytes in text, {binary:.0} in binary",
            shape.name(),
            shape.columns()
        );
        let run = |source, settings: &Settings| {
            Run {
                shape,
                rows,
                sizes,
                rounds: arguments.rounds,
                source,
            }
            .measure(settings);
        };
        if arguments.source.contains(&Source::Live) {
            run(Source::Live, &live);
        }
        if arguments.source.contains(&Source::Recorded) {
            let peer = Peer::start(recording);
            run(Source::Recorded, &peer.settings(&live));
        }
    }
}

/// The indexes of the contenders. rds-bridge is compared with the floor, and with mysql_async, which is asynchronous
/// too.
const OURS: usize = 0;
const OURS_WALKED: usize = 1;
const FLOOR: usize = 2;
const MYSQL_ASYNC: usize = 4;
const MYSQL_WALKED: usize = 7;
const OUR_STRUCTS: usize = 8;

fn readers(settings: &Settings) -> [Box<dyn RowReader>; 9] {
    [
        Box::new(OurRows::open(settings, Depth::Decoded)),
        Box::new(OurRows::open(settings, Depth::Walked)),
        Box::new(BareRows::open(settings, Depth::Walked)),
        Box::new(BareRows::open(settings, Depth::Decoded)),
        Box::new(MysqlAsyncRows::open(settings)),
        Box::new(SqlxRows::open(settings)),
        Box::new(MysqlRows::open(settings, Depth::Decoded)),
        Box::new(MysqlRows::open(settings, Depth::Walked)),
        Box::new(OurStructs::open(settings)),
    ]
}

struct Run {
    shape: Shape,
    rows: u64,
    /// The bytes of the answer in the text and in the binary protocol.
    sizes: [usize; 2],
    rounds: usize,
    source: Source,
}

impl Run {
    fn measure(&self, settings: &Settings) {
        let mut readers = readers(settings);
        for (protocol, bytes) in [Protocol::Text, Protocol::Binary]
            .into_iter()
            .zip(self.sizes)
        {
            self.compare(&mut readers, protocol);
            let measured = rounds(self.rounds, readers.len(), |reader| {
                self.read(&mut *readers[reader], protocol)
            });
            let source = match self.source {
                Source::Live => settings.product.name(),
                Source::Recorded => "its recorded answer",
            };
            let Self { shape, rounds, .. } = self;
            println!(
                "\n{}, {source}, {protocol:?}; {rounds} interleaved rounds",
                shape.name()
            );
            self.print(&readers, bytes, &measured);
            if self.shape == Shape::Mixed {
                self.print_goals(&measured, protocol);
            }
        }
    }

    /// Lets every contender read all rows once, which warms it up. All that decode must get the same values.
    fn compare(&self, readers: &mut [Box<dyn RowReader>], protocol: Protocol) {
        let totals = readers
            .iter_mut()
            .map(|reader| reader.read(self.shape, protocol));
        let totals: Vec<Totals> = totals.collect();
        assert!(totals.iter().all(|it| it.rows == self.rows), "{totals:?}");
        let mut sums = totals.iter().filter_map(|it| it.sum);
        let first = sums.next();
        assert!(sums.all(|sum| Some(sum) == first), "{totals:?}");
    }

    fn read(&self, reader: &mut dyn RowReader, protocol: Protocol) -> Reading {
        let (start, cpu) = (Instant::now(), cpu_of_thread());
        reader.read(self.shape, protocol);
        let wall = start.elapsed();
        Reading {
            wall_milliseconds: wall.as_secs_f64() * 1e3,
            cpu_milliseconds: (cpu_of_thread() - cpu).as_secs_f64() * 1e3,
        }
    }

    fn print(&self, readers: &[Box<dyn RowReader>], bytes: usize, measured: &[Vec<Reading>]) {
        println!(
            "{:<18} {:>18} {:>10} {:>7} {:>9}  {:>20} {:>8} {:>9}",
            "median (quartiles)",
            "wall, ms",
            "rows/s",
            "MB/s",
            "to async",
            "client CPU, ms",
            "to bare",
            "to async"
        );
        for (at, reader) in readers.iter().enumerate() {
            let (wall, cpu) = (walls(&measured[at]), cpus(&measured[at]));
            let wall = Spread::of(wall);
            let seconds = wall.median / 1e3;
            println!(
                "{:<18} {:>18} {:>10.0} {:>7.0} {:>9.2}  {:>20} {:>8.2} {:>9.2}",
                reader.name(),
                format!("{wall:.0}"),
                self.rows as f64 / seconds,
                bytes as f64 / 1e6 / seconds,
                speed_to(measured, at, MYSQL_ASYNC).median,
                format!("{:.0}", Spread::of(cpu)),
                cpu_to(measured, at, FLOOR).median,
                cpu_to(measured, at, MYSQL_ASYNC).median,
            );
        }
    }

    fn print_goals(&self, measured: &[Vec<Reading>], protocol: Protocol) {
        let to_tuples = cpu_to(measured, OUR_STRUCTS, OURS);
        goal::at_most(1.1, "CPU, our structs to our tuples", to_tuples);
        match self.source {
            Source::Live => {
                let to_peer = cpu_to(measured, OURS, MYSQL_ASYNC);
                goal::at_most(0.4, "CPU, ours to mysql_async", to_peer);
                let to_floor = cpu_to(measured, OURS, FLOOR);
                let limit = match protocol {
                    Protocol::Text => 1.6,
                    Protocol::Binary => 1.5,
                };
                goal::at_most(limit, "CPU, ours to bare, walked", to_floor);
            }
            Source::Recorded => {
                let to_peer = speed_to(measured, OURS, MYSQL_ASYNC);
                goal::at_least(2.5, "rows/s, ours to mysql_async", to_peer);
                let walked = speed_to(measured, OURS_WALKED, MYSQL_WALKED);
                goal::at_least(2.5, "rows/s, ours to mysql, both walked", walked);
            }
        }
    }
}

struct Reading {
    wall_milliseconds: f64,
    cpu_milliseconds: f64,
}

fn walls(readings: &[Reading]) -> Vec<f64> {
    readings.iter().map(|it| it.wall_milliseconds).collect()
}

fn cpus(readings: &[Reading]) -> Vec<f64> {
    readings.iter().map(|it| it.cpu_milliseconds).collect()
}

/// The ratio of the rows a second of `at` to those of `other`.
fn speed_to(measured: &[Vec<Reading>], at: usize, other: usize) -> Spread {
    Spread::of_ratios(&walls(&measured[other]), &walls(&measured[at]))
}

fn cpu_to(measured: &[Vec<Reading>], at: usize, other: usize) -> Spread {
    Spread::of_ratios(&cpus(&measured[at]), &cpus(&measured[other]))
}

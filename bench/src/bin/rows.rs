//! A long result, from a live server and from a recording of its answer: rows a second, and the client's
//! CPU. `rows [ROUNDS [ROWS]]`.

use std::env;
use std::time::Instant;

use rds_bridge_bench::measure::{Spread, rounds};
use rds_bridge_bench::process::cpu_of_thread;
use rds_bridge_bench::recorded::{Peer, Recording};
use rds_bridge_bench::rows::bare::BareRows;
use rds_bridge_bench::rows::mysql::MysqlRows;
use rds_bridge_bench::rows::mysql_async::MysqlAsyncRows;
use rds_bridge_bench::rows::ours::OurRows;
use rds_bridge_bench::rows::{Protocol, RowReader, Totals, create_table};
use rds_bridge_bench::settings::Settings;
use rds_bridge_test_support::maria_db::{MariaDb, Options};

const ROUNDS: u64 = 15;
const ROWS: u64 = 300_000;
/// Whom the others are compared to: the floor, and the peer that is asynchronous as ours is.
const FLOOR: usize = 1;
const PEER: usize = 2;

fn main() {
    let number = |at, default| {
        let given = env::args().nth(at);
        given.map_or(default, |text| text.parse().expect("a number"))
    };
    let number_of_rounds = usize::try_from(number(1, ROUNDS)).expect("a few");
    let rows = number(2, ROWS);
    let ring = rustls::crypto::ring::default_provider();
    ring.install_default().expect("the peers take the first");
    let server = MariaDb::start(&Options {
        // The rows in memory: the server is slow enough without a disk.
        arguments: vec!["--innodb-buffer-pool-size=512M".to_owned()],
        ..Options::default()
    });
    server.execute_as_admin(&create_table(rows));
    let live = Settings::of(&server);
    let recording = Recording::of(&live);
    let [text, binary] = recording.sizes().map(|bytes| bytes as f64 / rows as f64);
    println!("{rows} rows of {text:.0} bytes in text, {binary:.0} in binary");
    let peer = Peer::start(recording);
    for (source, settings) in [
        ("MariaDB", &live),
        ("its recorded answer", &peer.settings(&live)),
    ] {
        let mut readers: [Box<dyn RowReader>; 4] = [
            Box::new(OurRows::open(settings)),
            Box::new(BareRows::open(settings)),
            Box::new(MysqlAsyncRows::open(settings)),
            Box::new(MysqlRows::open(settings)),
        ];
        for protocol in [Protocol::Text, Protocol::Binary] {
            compare(&mut readers, protocol, rows);
            let measured = rounds(number_of_rounds, readers.len(), |reader| {
                read(&mut *readers[reader], protocol)
            });
            println!("\n{source}, {protocol:?}; {number_of_rounds} interleaved rounds");
            print(&readers, rows, &measured);
        }
    }
}

/// Everybody reads all rows, and who decodes them the same values. It warms them up, too.
fn compare(readers: &mut [Box<dyn RowReader>], protocol: Protocol, rows: u64) {
    let totals = readers.iter_mut().map(|reader| reader.read(protocol));
    let totals: Vec<Totals> = totals.collect();
    assert!(totals.iter().all(|it| it.rows == rows), "{totals:?}");
    let mut sums = totals.iter().filter_map(|it| it.sum);
    let first = sums.next();
    assert!(sums.all(|sum| Some(sum) == first), "{totals:?}");
}

struct Reading {
    wall_milliseconds: f64,
    cpu_milliseconds: f64,
}

fn read(reader: &mut dyn RowReader, protocol: Protocol) -> Reading {
    let (start, cpu) = (Instant::now(), cpu_of_thread());
    reader.read(protocol);
    let wall = start.elapsed();
    Reading {
        wall_milliseconds: wall.as_secs_f64() * 1e3,
        cpu_milliseconds: (cpu_of_thread() - cpu).as_secs_f64() * 1e3,
    }
}

fn print(readers: &[Box<dyn RowReader>], rows: u64, measured: &[Vec<Reading>]) {
    println!(
        "{:<14} {:>22} {:>10} {:>10}  {:>22} {:>8} {:>16}",
        "median",
        "wall, ms (quartiles)",
        "M rows/s",
        "to async",
        "client CPU, ms",
        "to bare",
        "to async"
    );
    let walls = |readings: &[Reading]| -> Vec<f64> {
        readings.iter().map(|it| it.wall_milliseconds).collect()
    };
    let costs = |readings: &[Reading]| -> Vec<f64> {
        readings.iter().map(|it| it.cpu_milliseconds).collect()
    };
    for (reader, readings) in readers.iter().zip(measured) {
        let (wall, cost) = (walls(readings), costs(readings));
        println!(
            "{:<14} {:>22} {:>10.2} {:>10.2}  {:>22} {:>8.2} {:>16}",
            reader.name(),
            format!("{:.0}", Spread::of(wall.iter().copied())),
            rows as f64 / 1e3 / Spread::of(wall.iter().copied()).median,
            Spread::of_ratios(&walls(&measured[PEER]), &wall).median,
            format!("{:.0}", Spread::of(cost.iter().copied())),
            Spread::of_ratios(&cost, &costs(&measured[FLOOR])).median,
            format!("{:.2}", Spread::of_ratios(&cost, &costs(&measured[PEER]))),
        );
    }
}

//! A long result: rows a second.

use std::time::Instant;

use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::process::cpu_of_thread;
use rds_bridge_bench_peers::rows::Shape;
use rds_bridge_bench_peers::settings::Settings;
use tokio::runtime::Runtime;

use crate::readers::{Reader, Readers, assert_equal};

const READERS: [(&str, Reader); 4] = [
    ("library", Reader::Library),
    ("guest, columns of 1,000", Reader::Columns(1_000)),
    ("guest, batches of 1,000", Reader::Batches(1_000)),
    ("guest, one row a call", Reader::OneByOne),
];
const COLUMNS: usize = 1;
const ONE_BY_ONE: usize = 3;

pub(crate) fn measure(runtime: &Runtime, settings: &Settings, times: usize, rows: u64) {
    let mut readers = Readers::open(runtime, settings);
    let sql = Shape::Mixed.statement();
    let mut turn = |contender: usize| {
        let (start, before) = (Instant::now(), cpu_of_thread());
        let (_, reader) = READERS[contender];
        let total = runtime.block_on(readers.sum(reader, sql));
        Turn {
            wall: start.elapsed().as_secs_f64(),
            cpu: (cpu_of_thread() - before).as_secs_f64(),
            total,
        }
    };
    // Warms up, and compares.
    let totals: Vec<u64> = (0..READERS.len()).map(|it| turn(it).total).collect();
    assert_equal(&totals);
    let measured = rounds(times, READERS.len(), turn);
    println!("{times} interleaved rounds");
    println!(
        "{:<26} {:>12} {:>22} {:>20}",
        "median (quartiles)", "rows/s", "CPU of 1,000 rows, µs", "to one row a call"
    );
    for ((name, _), turns) in READERS.iter().zip(&measured) {
        let wall = Spread::of(turns.iter().map(|it| it.wall));
        let cpu = Spread::of(turns.iter().map(|it| it.cpu * 1e9 / rows as f64));
        println!(
            "{name:<26} {:>12.0} {:>22} {:>20}",
            rows as f64 / wall.median,
            format!("{cpu:.0}"),
            speed_to(turns, &measured[ONE_BY_ONE])
        );
    }
    let ratio = speed_to(&measured[COLUMNS], &measured[ONE_BY_ONE]);
    goal::at_least(3.0, "rows/s, columns to one row a call", ratio);
}

/// In seconds.
struct Turn {
    wall: f64,
    /// Of the host's thread, in which the guest runs too.
    cpu: f64,
    total: u64,
}

fn speed_to(turns: &[Turn], others: &[Turn]) -> Spread {
    let walls = |turns: &[Turn]| turns.iter().map(|it| it.wall).collect::<Vec<_>>();
    Spread::of_ratios(&walls(others), &walls(turns))
}

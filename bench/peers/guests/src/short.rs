//! A statement with 1,000 rows on an open connection: the CPU time of the host's thread, in which the guest runs too.

use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::process::cpu_of_thread;
use rds_bridge_bench_peers::settings::Settings;
use tokio::runtime::Runtime;

use crate::readers::{Reader, Readers, assert_equal};

pub(crate) const ROWS: u64 = 1_000;
const SQL: &str = "SELECT n, big, name, price, made, ratio FROM mixed LIMIT 1000";

const READERS: [(&str, Reader); 5] = [
    ("library", Reader::Library),
    ("guest, columns of 1,000", Reader::Columns(1_000)),
    ("guest, batches of 1,000", Reader::Batches(1_000)),
    ("guest, batches of 100", Reader::Batches(100)),
    ("guest, one row a call", Reader::OneByOne),
];
const LIBRARY: usize = 0;
const COLUMNS: usize = 1;

pub(crate) fn measure(runtime: &Runtime, settings: &Settings, times: usize, results: usize) {
    let mut readers = Readers::open(runtime, settings);
    let mut turn = |contender: usize, results: usize| {
        let (_, reader) = READERS[contender];
        let before = cpu_of_thread();
        let mut total = 0;
        for _ in 0..results {
            total = runtime.block_on(readers.sum(reader, SQL));
        }
        let took = cpu_of_thread() - before;
        (took.as_secs_f64() * 1e6 / results as f64, total)
    };
    // Warms up, and compares.
    let totals: Vec<u64> = (0..READERS.len())
        .map(|it| turn(it, results.div_ceil(4)).1)
        .collect();
    assert_equal(&totals);
    let measured = rounds(times, READERS.len(), |contender| turn(contender, results).0);
    println!("\na statement with 1,000 rows; {times} interleaved rounds of {results}");
    println!(
        "{:<26} {:>24} {:>20}",
        "median (quartiles)", "CPU, µs", "to the library"
    );
    for ((name, _), cpu) in READERS.iter().zip(&measured) {
        let ratio = Spread::of_ratios(cpu, &measured[LIBRARY]);
        let cpu = Spread::of(cpu.iter().copied());
        println!("{name:<26} {:>24} {:>20}", format!("{cpu:.0}"), ratio);
    }
    let ratio = Spread::of_ratios(&measured[COLUMNS], &measured[LIBRARY]);
    goal::at_most(2.5, "CPU, columns to the library", ratio);
}

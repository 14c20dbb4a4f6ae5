//! A statement with 1,000 rows on an open connection: the CPU time of the host's thread, in which the guest runs too.

use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::process::cpu_of_thread;
use rds_bridge_bench_peers::settings::Settings;
use tokio::runtime::Runtime;

use crate::host::{Allocation, Host};
use crate::native;

pub(crate) const ROWS: u64 = 1_000;
const SQL: &str = "SELECT n, big, name, price, made, ratio FROM mixed LIMIT 1000";

const NAMES: [&str; 4] = [
    "library",
    "guest, batches of 1,000",
    "guest, batches of 100",
    "guest, one row a call",
];
const LIBRARY: usize = 0;
const GUEST: usize = 1;

pub(crate) fn measure(runtime: &Runtime, settings: &Settings, times: usize, results: usize) {
    let pool = native::pool(settings);
    let host = Host::new(&pool, Allocation::OnDemand);
    let mut connection = runtime.block_on(native::connection(&pool));
    let mut guest = runtime.block_on(host.instantiate());
    let mut by_row = runtime.block_on(host.instantiate_by_row(&pool));
    let opening = guest.guest.call_open(&mut guest.store);
    runtime.block_on(opening).expect("a connection");

    let mut turn = |contender: usize, results: usize| {
        let before = cpu_of_thread();
        let mut total = 0;
        for _ in 0..results {
            total = runtime.block_on(async {
                let (store, calls) = (&mut guest.store, &guest.guest);
                let read = match contender {
                    LIBRARY => return native::sum(&mut connection, SQL).await,
                    1 => calls.call_in_batches(store, SQL, 1000).await,
                    2 => calls.call_in_batches(store, SQL, 100).await,
                    _ => by_row.guest.call_one_by_one(&mut by_row.store, SQL).await,
                };
                read.expect("rows")
            });
        }
        let took = cpu_of_thread() - before;
        (took.as_secs_f64() * 1e6 / results as f64, total)
    };
    // Warms up, and compares.
    let totals: Vec<u64> = (0..NAMES.len())
        .map(|it| turn(it, results.div_ceil(4)).1)
        .collect();
    assert!(totals.iter().all(|it| *it == totals[LIBRARY]), "{totals:?}");
    let measured = rounds(times, NAMES.len(), |contender| turn(contender, results).0);
    println!("\na statement with 1,000 rows; {times} interleaved rounds of {results}");
    println!(
        "{:<26} {:>24} {:>20}",
        "median (quartiles)", "CPU, µs", "to the library"
    );
    for (name, cpu) in NAMES.iter().zip(&measured) {
        let ratio = Spread::of_ratios(cpu, &measured[LIBRARY]);
        let cpu = Spread::of(cpu.iter().copied());
        println!("{name:<26} {:>24} {:>20}", format!("{cpu:.0}"), ratio);
    }
    let ratio = Spread::of_ratios(&measured[GUEST], &measured[LIBRARY]);
    goal::at_most(2.5, "CPU, a guest to the library", ratio);
}

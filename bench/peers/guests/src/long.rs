//! A long result: rows a second.

use std::time::Instant;

use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::process::cpu_of_thread;
use rds_bridge_bench_peers::rows::Shape;
use rds_bridge_bench_peers::settings::Settings;
use tokio::runtime::Runtime;

use crate::host::{Allocation, Host};
use crate::native;

const NAMES: [&str; 3] = [
    "library",
    "guest, batches of 1,000",
    "guest, one row a call",
];
const LIBRARY: usize = 0;
const GUEST: usize = 1;
const ONE_BY_ONE: usize = 2;

pub(crate) fn measure(runtime: &Runtime, settings: &Settings, times: usize, rows: u64) {
    let pool = native::pool(settings);
    let host = Host::new(&pool, Allocation::OnDemand);
    let mut connection = runtime.block_on(native::connection(&pool));
    let mut guest = runtime.block_on(host.instantiate());
    let mut by_row = runtime.block_on(host.instantiate_by_row(&pool));
    let opening = guest.guest.call_open(&mut guest.store);
    runtime.block_on(opening).expect("a connection");
    let sql = Shape::Mixed.statement();

    let mut turn = |contender: usize| {
        let (start, before) = (Instant::now(), cpu_of_thread());
        let total = runtime.block_on(async {
            let read = match contender {
                LIBRARY => return native::sum(&mut connection, sql).await,
                GUEST => {
                    guest
                        .guest
                        .call_in_batches(&mut guest.store, sql, 1000)
                        .await
                }
                _ => by_row.guest.call_one_by_one(&mut by_row.store, sql).await,
            };
            read.expect("rows")
        });
        Turn {
            wall: start.elapsed().as_secs_f64(),
            cpu: (cpu_of_thread() - before).as_secs_f64(),
            total,
        }
    };
    // Warms up, and compares.
    let totals: Vec<u64> = (0..NAMES.len()).map(|it| turn(it).total).collect();
    assert!(totals.iter().all(|it| *it == totals[LIBRARY]), "{totals:?}");
    let measured = rounds(times, NAMES.len(), turn);
    println!("{times} interleaved rounds");
    println!(
        "{:<26} {:>12} {:>22} {:>20}",
        "median (quartiles)", "rows/s", "CPU of 1,000 rows, µs", "to one row a call"
    );
    for (name, turns) in NAMES.iter().zip(&measured) {
        let wall = Spread::of(turns.iter().map(|it| it.wall));
        let cpu = Spread::of(turns.iter().map(|it| it.cpu * 1e9 / rows as f64));
        println!(
            "{name:<26} {:>12.0} {:>22} {:>20}",
            rows as f64 / wall.median,
            format!("{cpu:.0}"),
            speed_to(turns, &measured[ONE_BY_ONE])
        );
    }
    let ratio = speed_to(&measured[GUEST], &measured[ONE_BY_ONE]);
    goal::at_least(3.0, "rows/s, batches to one row a call", ratio);
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

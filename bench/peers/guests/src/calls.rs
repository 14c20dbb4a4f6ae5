//! Whole calls: an instance is made, opens a connection of the pool, selects a row by its primary key, and is dropped.

use std::time::Instant;

use rds_bridge_bench_peers::goal;
use rds_bridge_bench_peers::latency::{BOUND, ROWS};
use rds_bridge_bench_peers::measure::{Spread, rounds};
use rds_bridge_bench_peers::process::cpu_of_thread;
use rds_bridge_bench_peers::settings::Settings;
use tokio::runtime::Runtime;

use crate::host::{Allocation, Host};
use crate::native;

const NAMES: [&str; 4] = [
    "library, session reset",
    "library, session kept",
    "guest",
    "guest, pooling allocator",
];
const LIBRARY: usize = 0;
const LIBRARY_KEPT: usize = 1;
const GUEST: usize = 2;
const POOLING: usize = 3;

pub(crate) fn measure(runtime: &Runtime, settings: &Settings, times: usize, calls: usize) {
    let pools = NAMES.map(|_| native::pool(settings));
    let hosts = [Allocation::OnDemand, Allocation::Pooling]
        .into_iter()
        .zip(&pools[GUEST..])
        .map(|(allocation, pool)| Host::new(pool, allocation));
    let hosts: Vec<_> = hosts.collect();
    let call = async |contender: usize, id: i64| match contender {
        LIBRARY | LIBRARY_KEPT => {
            native::point(&pools[contender], BOUND, id, contender == LIBRARY).await
        }
        _ => {
            let mut it = hosts[contender - GUEST].instantiate().await;
            let called = it.guest.call_point(&mut it.store, BOUND, id);
            called.await.expect("a row")
        }
    };
    let turn = |contender: usize, calls: usize| {
        let (start, before) = (Instant::now(), cpu_of_thread());
        runtime.block_on(async {
            for time in 0..calls as u64 {
                // Consecutive keys are far apart.
                let id = (time * 6_151 % ROWS + 1) as i64;
                let name = call(contender, id).await;
                assert_eq!(name.strip_prefix("item number "), Some(&*id.to_string()));
            }
        });
        let microseconds = |it: std::time::Duration| it.as_secs_f64() * 1e6 / calls as f64;
        Turn {
            wall: microseconds(start.elapsed()),
            cpu: microseconds(cpu_of_thread() - before),
        }
    };
    for contender in 0..NAMES.len() {
        turn(contender, calls.div_ceil(4));
    }
    let measured = rounds(times, NAMES.len(), |contender| turn(contender, calls));
    println!("\nwhole calls; {times} interleaved rounds of {calls}");
    println!(
        "{:<26} {:>22} {:>22} {:>22}",
        "median (quartiles)", "wall, µs", "CPU, µs", "more than the library"
    );
    for (name, turns) in NAMES.iter().zip(&measured) {
        let spread =
            |value: fn(&Turn) -> f64| format!("{:.0}", Spread::of(turns.iter().map(value)));
        let more = more(turns, &measured[LIBRARY]);
        println!(
            "{name:<26} {:>22} {:>22} {:>22}",
            spread(|it| it.wall),
            spread(|it| it.cpu),
            format!("{more:.0}")
        );
    }
    // The second is the allocator that docs/guests.md recommends for such calls.
    for contender in [GUEST, POOLING] {
        let more = more(&measured[contender], &measured[LIBRARY]);
        let what = format!("µs, {} more than the library", NAMES[contender]);
        goal::at_most(60.0, &what, more);
    }
}

/// In microseconds for each call.
struct Turn {
    wall: f64,
    /// Of the host's thread, in which the guest runs too.
    cpu: f64,
}

/// How much longer the calls take, in the same round.
fn more(turns: &[Turn], others: &[Turn]) -> Spread {
    let pairs = turns.iter().zip(others);
    Spread::of(pairs.map(|(turn, other)| turn.wall - other.wall))
}

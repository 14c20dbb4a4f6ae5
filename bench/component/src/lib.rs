//! Runs benchmarks with criterion, and then interleaved to compute their ratios.
//!
//! Criterion measures one contender after the other. On a shared machine, a temporary load then slows only some of
//! them, which changes the ratios. The interleaved runs measure every contender in every round, and compare the
//! medians.

use std::time::Instant;

use criterion::Criterion;

/// A contender's name, and the function to measure.
pub type Contender<'a> = (&'static str, Box<dyn FnMut() + 'a>);

const ROUNDS: usize = 301;
/// The indexes of the quartiles in the sorted rounds.
const QUARTILES: [usize; 3] = [ROUNDS / 4, ROUNDS / 2, ROUNDS * 3 / 4];
const CALLS_PER_ROUND: u32 = 50;

/// Measures a group of contenders, and prints each median in microseconds and its ratio to the first contender's
/// median. `promised` contains the greatest promised ratio by contender; it is printed, not checked.
pub fn run(
    criterion: &mut Criterion,
    name: &str,
    contenders: &mut [Contender<'_>],
    promised: &[(&str, f64)],
) {
    let mut group = criterion.benchmark_group(name);
    for (name, call) in contenders.iter_mut() {
        group.bench_function(*name, |bencher| bencher.iter(&mut *call));
    }
    group.finish();

    let mut rounds = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, call), microseconds) in contenders.iter_mut().zip(&mut rounds) {
            let start = Instant::now();
            for _ in 0..CALLS_PER_ROUND {
                call();
            }
            let took = start.elapsed().as_secs_f64() * 1e6;
            microseconds.push(took / f64::from(CALLS_PER_ROUND));
        }
    }

    println!("\n{name}: {ROUNDS} interleaved rounds of {CALLS_PER_ROUND} calls");
    println!("{:<18} {:>9} {:>17}   ratio", "", "median", "quartiles");
    let mut base = None;
    for ((name, _), mut microseconds) in contenders.iter().zip(rounds) {
        microseconds.sort_by(f64::total_cmp);
        let at = |round: usize| microseconds.get(round).copied().unwrap_or(f64::NAN);
        let (first, median, third) = (at(QUARTILES[0]), at(QUARTILES[1]), at(QUARTILES[2]));
        let ratio = median / *base.get_or_insert(median);
        let most = promised.iter().find(|(own, _)| own == name);
        let most = most.map_or(String::new(), |(_, most)| format!(", promised ≤ {most}"));
        println!("{name:<18} {median:>6.2} µs {first:>7.2} – {third:>4.2} µs   {ratio:.2}{most}");
    }
    println!();
}

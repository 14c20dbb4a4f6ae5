//! Prints a figure together with its goal.

use crate::measure::Spread;

pub fn at_most(limit: f64, what: &str, measured: Spread) {
    print('≤', limit, what, measured, rounded(measured) <= limit);
}

pub fn at_least(limit: f64, what: &str, measured: Spread) {
    print('≥', limit, what, measured, rounded(measured) >= limit);
}

/// The median as printed, so that the verdict agrees with the printed figure.
fn rounded(measured: Spread) -> f64 {
    (measured.median * 100.0).round() / 100.0
}

fn print(sign: char, limit: f64, what: &str, measured: Spread, is_reached: bool) {
    let verdict = if is_reached { "reached" } else { "missed" };
    println!("goal {sign} {limit}: {what}: {measured:.2}, {verdict}");
}

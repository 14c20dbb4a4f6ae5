//! What a figure has to be, printed with what it is.

use crate::measure::Spread;

pub fn at_most(limit: f64, what: &str, measured: Spread) {
    print('≤', limit, what, measured, measured.median <= limit);
}

pub fn at_least(limit: f64, what: &str, measured: Spread) {
    print('≥', limit, what, measured, measured.median >= limit);
}

fn print(sign: char, limit: f64, what: &str, measured: Spread, is_reached: bool) {
    let verdict = if is_reached { "reached" } else { "missed" };
    println!("asked {sign} {limit}: {what}: {measured:.2}, {verdict}");
}

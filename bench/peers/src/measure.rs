//! Interleaved rounds, and their statistics: medians and quartiles.
//!
//! A slow period of a shared machine must not change a ratio. Therefore every round measures every contender, and a
//! ratio is the median of the rounds' ratios.

use std::fmt;

/// The quartiles of a list of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub first: f64,
    pub median: f64,
    pub third: f64,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Self {
            first: at(1),
            median: at(2),
            third: at(3),
        }
    }

    /// The quartiles of the ratios of each round's value to the other contender's value in the same round.
    pub fn of_ratios(values: &[f64], others: &[f64]) -> Self {
        assert_eq!(values.len(), others.len());
        Self::of(
            values
                .iter()
                .zip(others)
                .map(|(value, other)| value / other),
        )
    }
}

/// `12.3 (11.9 – 12.8)`, with the precision of the format (two digits by default).
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        let Self {
            first,
            median,
            third,
        } = self;
        let text = format!("{median:.digits$} ({first:.digits$} – {third:.digits$})");
        f.pad_integral(true, "", &text)
    }
}

/// The value that `percent` percent of the values do not exceed. Sorts `values`.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}

/// Measures every contender in every round. Each round begins with another contender and has another order, because a
/// contender influences the one that runs after it. Returns the measurements by contender, then by round.
pub fn rounds<T>(
    rounds: usize,
    contenders: usize,
    mut measure: impl FnMut(usize) -> T,
) -> Vec<Vec<T>> {
    let mut measured: Vec<_> = (0..contenders)
        .map(|_| Vec::with_capacity(rounds))
        .collect();
    // A step that is coprime to the number of contenders reaches each of them once.
    let steps: Vec<_> = (1..=contenders.max(1))
        .filter(|&step| greatest_common_divisor(step, contenders) == 1)
        .collect();
    for round in 0..rounds {
        let step = steps[round % steps.len()];
        for turn in 0..contenders {
            let contender = (round + turn * step) % contenders;
            measured[contender].push(measure(contender));
        }
    }
    measured
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    match b {
        0 => a,
        _ => greatest_common_divisor(b, a % b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_and_ratios() {
        let spread = Spread::of([5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(format!("{spread:.1}"), "3.0 (2.0 – 4.0)");
        let ratios = Spread::of_ratios(&[2.0, 30.0, 8.0], &[1.0, 10.0, 2.0]);
        assert_eq!(ratios.median, 3.0);
    }

    #[test]
    fn percentiles() {
        let mut values: Vec<_> = (0..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 50), 100.0);
        assert_eq!(percentile(&mut values, 99), 198.0);
    }

    #[test]
    fn every_round_has_every_contender() {
        let mut order = Vec::new();
        let measured = rounds(2, 3, |contender| {
            order.push(contender);
            order.len()
        });
        assert_eq!(order, [0, 1, 2, 1, 0, 2]);
        assert_eq!(measured, [[1, 5], [2, 4], [3, 6]]);
        assert_eq!(rounds(2, 1, |contender| contender), [[0, 0]]);
    }
}

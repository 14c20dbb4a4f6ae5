//! Durations in the log and in the metrics.

use std::time::Duration;

/// Converts to milliseconds, rounded to three decimal places to keep the log readable.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits() {
        assert_eq!(
            milliseconds(Duration::from_nanos(1_234_567)).to_string(),
            "1.235"
        );
        assert_eq!(milliseconds(Duration::from_secs(2)).to_string(), "2000");
    }
}

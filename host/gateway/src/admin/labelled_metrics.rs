//! The metrics that have labels: of pools, callers, statements and causes.

use std::fmt::{self, Write};

use crate::shared::Shared;
use crate::statistics::Snapshot;

/// Writes the metrics in the text format of Prometheus. The number of labels is bounded.
pub(super) fn write_labelled(output: &mut impl Write, shared: &Shared) -> fmt::Result {
    write_pools(output, shared)?;
    let Snapshot {
        callers,
        statements,
        causes,
        endings,
    } = shared.statistics.snapshot();
    begin(output, "requests_total", "counter", "Requests, by caller.")?;
    for it in &callers {
        line(
            output,
            "requests_total",
            &[("caller", &it.name)],
            it.requests,
        )?;
    }
    begin(
        output,
        "endings_total",
        "counter",
        "Requests, by the way in which they ended. Each is counted once.",
    )?;
    for it in &endings {
        line(output, "endings_total", &[("ending", &it.ending)], it.count)?;
    }
    begin(
        output,
        "failures_total",
        "counter",
        "Requests that failed or were refused, by cause.",
    )?;
    for it in &causes {
        line(output, "failures_total", &[("cause", &it.cause)], it.count)?;
    }
    let help = "Durations of requests, by statement.";
    begin(output, "statement_seconds", "summary", help)?;
    for it in &statements {
        for (quantile, milliseconds) in
            [("0.5", it.p50_ms), ("0.95", it.p95_ms), ("0.99", it.p99_ms)]
        {
            let labels = [("statement", &*it.label), ("quantile", quantile)];
            line(output, "statement_seconds", &labels, milliseconds / 1000.0)?;
        }
        let labels = [("statement", &*it.label)];
        line(
            output,
            "statement_seconds_sum",
            &labels,
            it.total_ms / 1000.0,
        )?;
        line(output, "statement_seconds_count", &labels, it.count)?;
    }
    Ok(())
}

fn write_pools(output: &mut impl Write, shared: &Shared) -> fmt::Result {
    begin(
        output,
        "pool_connections",
        "gauge",
        "Connections to the database, by pool.",
    )?;
    for database in shared.databases.iter() {
        for pool in database.open_pools() {
            let user = pool.user.as_deref().unwrap_or_default();
            let access = pool.access.map_or("", |it| match it.allows_writes() {
                true => "read-write",
                false => "read-only",
            });
            let metrics = pool.metrics;
            for (state, number) in [
                ("used", metrics.size.saturating_sub(metrics.idle)),
                ("idle", metrics.idle),
                ("waiting", metrics.waiting),
            ] {
                let labels = [
                    ("database", &*database.name),
                    ("user", user),
                    ("access", access),
                    ("state", state),
                ];
                line(output, "pool_connections", &labels, number)?;
            }
        }
    }
    Ok(())
}

fn begin(output: &mut impl Write, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(output, "# HELP rds_bridge_gateway_{name} {help}")?;
    writeln!(output, "# TYPE rds_bridge_gateway_{name} {kind}")
}

/// Source: Prometheus, "Exposition formats": a label's value has these three characters escaped.
fn line(
    output: &mut impl Write,
    name: &str,
    labels: &[(&str, &str)],
    value: impl fmt::Display,
) -> fmt::Result {
    write!(output, "rds_bridge_gateway_{name}{{")?;
    for (number, (label, text)) in labels.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        let text = text
            .replace('\\', r"\\")
            .replace('"', "\\\"")
            .replace('\n', r"\n");
        write!(output, "{comma}{label}=\"{text}\"")?;
    }
    writeln!(output, "}} {value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = String::new();
        line(&mut text, "a_total", &[("b", "x\"y\\z\n"), ("c", "")], 7).unwrap();
        assert_eq!(
            text,
            "rds_bridge_gateway_a_total{b=\"x\\\"y\\\\z\\n\",c=\"\"} 7\n"
        );
    }
}

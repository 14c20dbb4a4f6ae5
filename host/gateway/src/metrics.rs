//! What a gateway counts.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) answered: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) unauthenticated: AtomicU64,
    pub(crate) limited: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) killed: AtomicU64,
    pub(crate) timed_out: AtomicU64,
    open: AtomicU64,
}

/// The state of a gateway, and its counters (`…_total`), which only increase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GatewayMetrics {
    /// The number of requests that are being answered.
    pub open_requests: u64,
    /// The number of open sessions. Each keeps a connection to the database.
    pub open_sessions: u64,
    /// How many requests were answered with a status below 400, those with an error of the database included.
    pub answered_total: u64,
    /// How many requests were answered with a status from 400 on.
    pub refused_total: u64,
    /// How many of them had no valid credentials.
    pub unauthenticated_total: u64,
    /// How many of them were beyond a limit of their caller.
    pub limited_total: u64,
    /// How many requests failed, or ended with an unknown outcome, after they were accepted. A stream that is cut off
    /// counts here and in `answered_total`.
    pub failed_total: u64,
    /// How many statements were killed because their request ended before their result was read: the client
    /// disconnected, or the result exceeded a limit.
    pub killed_total: u64,
    /// How many statements were killed because they took too long.
    pub timed_out_total: u64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request while it is open, also if it is given up.
    pub(crate) fn open_request(self: &Arc<Self>) -> OpenRequest {
        Self::add(&self.open);
        OpenRequest(Arc::clone(self))
    }

    pub(crate) fn read(&self, open_sessions: usize) -> GatewayMetrics {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        GatewayMetrics {
            open_requests: value(&self.open),
            open_sessions: u64::try_from(open_sessions).unwrap_or(u64::MAX),
            answered_total: value(&self.answered),
            refused_total: value(&self.refused),
            unauthenticated_total: value(&self.unauthenticated),
            limited_total: value(&self.limited),
            failed_total: value(&self.failed),
            killed_total: value(&self.killed),
            timed_out_total: value(&self.timed_out),
        }
    }
}

pub(crate) struct OpenRequest(Arc<Counters>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Writes the metrics in the text format of Prometheus.
///
/// Source: Prometheus, "Exposition formats", "Text-based format".
pub(crate) fn write_prometheus(output: &mut impl Write, metrics: &GatewayMetrics) -> fmt::Result {
    for (name, help, value) in METRICS {
        let kind = match name.ends_with("_total") {
            true => "counter",
            false => "gauge",
        };
        let value = value(metrics);
        writeln!(output, "# HELP {name} {help}")?;
        writeln!(output, "# TYPE {name} {kind}\n{name} {value}")?;
    }
    Ok(())
}

type Metric = (&'static str, &'static str, fn(&GatewayMetrics) -> u64);

const METRICS: [Metric; 9] = [
    (
        "rds_bridge_gateway_open_requests",
        "Requests in progress.",
        |it| it.open_requests,
    ),
    ("rds_bridge_gateway_open_sessions", "Open sessions.", |it| {
        it.open_sessions
    }),
    (
        "rds_bridge_gateway_answered_total",
        "Requests answered with a status below 400.",
        |it| it.answered_total,
    ),
    (
        "rds_bridge_gateway_refused_total",
        "Requests answered with a status of 400 or above.",
        |it| it.refused_total,
    ),
    (
        "rds_bridge_gateway_unauthenticated_total",
        "Requests without valid credentials.",
        |it| it.unauthenticated_total,
    ),
    (
        "rds_bridge_gateway_limited_total",
        "Requests refused because their caller had reached a limit.",
        |it| it.limited_total,
    ),
    (
        "rds_bridge_gateway_failed_total",
        "Requests that failed, or whose outcome is unknown, after they were accepted.",
        |it| it.failed_total,
    ),
    (
        "rds_bridge_gateway_killed_total",
        "Statements killed because their request ended before their result was read: the client disconnected, or the \
         result exceeded a limit.",
        |it| it.killed_total,
    ),
    (
        "rds_bridge_gateway_timed_out_total",
        "Statements killed because they took too long.",
        |it| it.timed_out_total,
    ),
];

//! Logs one line at the end of each invocation, with CloudWatch metrics in the embedded metric format.
//!
//! Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};
use tracing::Level;
use tracing::level_filters::LevelFilter;

use super::execute::Took;
use super::failure::Failure;
use super::log::Line;
use super::milliseconds::milliseconds;
use super::settings::Settings;

/// The outcome of one invocation.
pub(super) struct Invocation<'a> {
    pub(super) query: &'a str,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// The gateway does not count the warnings of its answers.
    pub(super) warnings: Option<u16>,
    pub(super) took: Took,
    pub(super) total: Duration,
    pub(super) failure: Option<&'a Failure>,
    /// Of an answer in a dialect of the gateway, which describes a failure itself.
    pub(super) dialect: Option<Answered<'a>>,
}

/// An answer in a dialect of the gateway.
pub(super) struct Answered<'a> {
    pub(super) status: u16,
    /// The name of the caller, if it was authenticated.
    pub(super) caller: Option<&'a str>,
    /// Why the request failed, or why its response is incomplete. The status alone does not say it: that of a
    /// PlanetScale error is 200.
    pub(super) cause: Option<&'a str>,
}

impl Answered<'_> {
    fn has_failed(&self) -> bool {
        self.status >= 400 || self.cause.is_some()
    }
}

impl Invocation<'_> {
    fn has_failed(&self) -> bool {
        self.failure.is_some() || self.dialect.as_ref().is_some_and(Answered::has_failed)
    }
}

/// Writes the lines, and keeps the state that metrics need across invocations.
pub(super) struct Reporter {
    level: LevelFilter,
    /// The namespace of the metrics, encoded as a JSON string; `None` writes no metrics.
    namespace: Option<String>,
    function_name: String,
    invocations: AtomicU64,
    /// How long connecting took before the first invocation, in microseconds. 0 if that failed, or once it has been
    /// reported.
    initial_connect: AtomicU64,
    /// The number of refused logins that has already been reported.
    refused: AtomicU64,
}

impl Reporter {
    pub(super) fn new(settings: &Settings, level: LevelFilter) -> Self {
        Self {
            level,
            namespace: settings
                .metrics_namespace
                .as_ref()
                .map(|name| json!(name).to_string()),
            function_name: settings.function_name.clone(),
            invocations: AtomicU64::new(0),
            initial_connect: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Records the duration of the connect before the first invocation.
    pub(super) fn connected(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.initial_connect.store(micros, Ordering::Relaxed);
    }

    /// Writes the line, at level `INFO`, or `ERROR` if the invocation failed. With metrics it is written whatever the
    /// log level is. `refused` is the number of logins that the server has refused so far.
    pub(super) fn report(&self, invocation: &Invocation<'_>, refused: u64) {
        let level = match invocation.has_failed() {
            false => Level::INFO,
            true => Level::ERROR,
        };
        if self.namespace.is_none() && self.level < level {
            return;
        }
        let is_cold = self.invocations.fetch_add(1, Ordering::Relaxed) == 0;
        let Invocation { took, .. } = invocation;
        let mut line = Line::begin(level, "invocation");
        line.text("query", invocation.query);
        line.put("rows", &json!(invocation.rows));
        line.put("bytes", &json!(invocation.bytes));
        if let Some(warnings) = invocation.warnings {
            line.put("warnings", &json!(warnings));
        }
        line.put("coldStart", &json!(is_cold));
        line.put("acquireMs", &json!(milliseconds(took.acquire)));
        line.put("queryMs", &json!(milliseconds(took.query)));
        line.put("totalMs", &json!(milliseconds(invocation.total)));
        if let Some(reused) = took.reused {
            line.put("reusedConnection", &json!(reused));
        }
        if let Some(answered) = &invocation.dialect {
            line.put("status", &json!(answered.status));
            if let Some(caller) = answered.caller {
                line.text("caller", caller);
            }
            if let Some(cause) = answered.cause {
                line.text("cause", cause);
            }
        }
        if let Some(failure) = invocation.failure {
            line.put("error", &failure.json(""));
        }
        if let Some(namespace) = &self.namespace {
            let metrics = self.metrics(invocation, is_cold, refused);
            line.json("_aws", &declaration(namespace, &metrics));
            line.text("FunctionName", &self.function_name);
            for Metric { name, value, .. } in &metrics {
                line.put(name, value);
            }
        }
        line.write();
    }

    fn metrics(&self, invocation: &Invocation<'_>, is_cold: bool, refused: u64) -> Vec<Metric> {
        let Invocation { took, .. } = invocation;
        let refused_before = self.refused.fetch_max(refused, Ordering::Relaxed);
        let mut metrics = vec![
            Metric::count("ColdStart", u64::from(is_cold)),
            Metric::count("Errors", u64::from(invocation.has_failed())),
            Metric::count("Refused", refused.saturating_sub(refused_before)),
            Metric::new("Bytes", "Bytes", json!(invocation.bytes)),
            Metric::count("Rows", invocation.rows),
        ];
        if let Some(reused) = took.reused {
            metrics.push(Metric::count("Reused", u64::from(reused)));
            metrics.push(Metric::time("QueryTime", took.query));
            if !reused {
                metrics.push(Metric::time("ConnectTime", took.acquire));
            }
        }
        let initial = self.initial_connect.swap(0, Ordering::Relaxed);
        if initial > 0 && took.reused != Some(false) {
            metrics.push(Metric::time("ConnectTime", Duration::from_micros(initial)));
        }
        metrics
    }
}

struct Metric {
    name: &'static str,
    unit: &'static str,
    value: Json,
}

impl Metric {
    fn new(name: &'static str, unit: &'static str, value: Json) -> Self {
        Self { name, unit, value }
    }

    fn count(name: &'static str, value: u64) -> Self {
        Self::new(name, "Count", json!(value))
    }

    fn time(name: &'static str, value: Duration) -> Self {
        Self::new(name, "Milliseconds", json!(milliseconds(value)))
    }
}

/// The `_aws` object of the embedded metric format, which tells CloudWatch which fields of the line are metrics.
/// `namespace` is already encoded as JSON; the metrics' names and units have nothing to escape.
fn declaration(namespace: &str, metrics: &[Metric]) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap_or_default().as_millis();
    let mut text = format!(
        r#"{{"Timestamp":{now},"CloudWatchMetrics":[{{"Namespace":{namespace},"Dimensions":[["FunctionName"]],"Metrics":["#
    );
    for (at, Metric { name, unit, .. }) in metrics.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _always = write!(text, r#"{comma}{{"Name":"{name}","Unit":"{unit}"}}"#);
    }
    text.push_str("]}]}");
    text
}

//! The log: one JSON object per line on standard output, with the id of the request it belongs to.

use std::cell::RefCell;
use std::fmt;
use std::io::Write;
use std::time::Instant;

use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::milliseconds::milliseconds;

/// The variables for the log level. Lambda's own setting takes precedence.
const VARIABLES: [&str; 2] = ["AWS_LAMBDA_LOG_LEVEL", "LOG_LEVEL"];
/// Limited to `INFO`, as in the command: `host/command/src/log.rs` says why.
const CREDENTIAL_PROCESS: &str = "aws_config::credential_process";
/// Limited to `DEBUG`: at `TRACE`, these targets log complete events, which may be confidential.
const EVENTS: [&str; 3] = ["lambda_runtime", "hyper", "hyper_util"];
/// Switched off: it logs each function error, which the invocation's own line already contains.
const ERRORS: &str = "lambda_runtime::layers::panic";
/// Not written: the invocation's own line takes the route and the cause of a failure from it.
const ACCESS: &str = "rds_bridge_gateway::access";
/// The stages of connecting are spans of level `DEBUG`. At `INFO` they are enabled too, so that the line for the whole
/// connect can include their durations.
const STAGES: &str = "rds_bridge::bridge::connect";
const CONNECT: &str = "connect";
/// The fields of every line. Fields of events and spans cannot replace them.
const OWN_FIELDS: [&str; 5] = ["timestamp", "level", "message", "requestId", "xrayTraceId"];
const TYPICAL_LENGTH: usize = 1024;

tokio::task_local! {
    /// The request that the current task works on.
    static REQUEST: Request;
}

struct Request {
    id: String,
    /// Of X-Ray.
    trace_id: Option<String>,
    access: RefCell<Access>,
}

/// What the gateway's access log says of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    /// `None` if no route has the path.
    pub(super) route: Option<String>,
    /// Why the request failed.
    pub(super) cause: Option<String>,
}

/// Takes what the gateway has logged of the current request.
pub(super) fn take_access() -> Access {
    let taken = REQUEST.try_with(|request| request.access.take());
    taken.unwrap_or_default()
}

/// Runs work whose log lines carry the ids of a request.
pub(super) async fn in_request<T>(
    id: String,
    trace_id: Option<String>,
    work: impl Future<Output = T>,
) -> T {
    let request = Request {
        id,
        trace_id,
        access: RefCell::default(),
    };
    REQUEST.scope(request, work).await
}

/// Starts logging at the level that the environment sets, and returns that level. The default is `INFO`.
pub(super) fn start(variable: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let level = VARIABLES
        .iter()
        .find_map(|name| variable(name).and_then(|level| parse_level(&level)));
    let level = level.unwrap_or(LevelFilter::INFO);
    let mut targets = Targets::new()
        .with_default(level)
        .with_target(CREDENTIAL_PROCESS, level.min(LevelFilter::INFO))
        .with_target(ERRORS, LevelFilter::OFF)
        .with_target(ACCESS, LevelFilter::INFO);
    if level == LevelFilter::INFO {
        targets = targets.with_target(STAGES, LevelFilter::DEBUG);
    }
    for target in EVENTS {
        targets = targets.with_target(target, level.min(LevelFilter::DEBUG));
    }
    let lines = JsonLines { level }.with_filter(targets);
    // Fails if a subscriber is already installed, as in the library's tests.
    let _begun = tracing_subscriber::registry().with(lines).try_init();
    level
}

/// Parses the name of a level. `FATAL` is a level of Lambda that `tracing` does not have: it becomes `ERROR`.
fn parse_level(name: &str) -> Option<LevelFilter> {
    let name = name.trim();
    if name.eq_ignore_ascii_case("fatal") {
        return Some(LevelFilter::ERROR);
    }
    name.parse().ok()
}

/// A line that is being written, as JSON. Each invocation writes one; collecting its fields in a map first would take
/// as long as the statement itself.
pub(super) struct Line(Vec<u8>);

impl Line {
    pub(super) fn begin(level: Level, message: &str) -> Self {
        let now = OffsetDateTime::now_utc();
        let now = now.replace_millisecond(now.millisecond());
        let now = now.unwrap_or(OffsetDateTime::UNIX_EPOCH).format(&Rfc3339);
        let mut line = Self(Vec::with_capacity(TYPICAL_LENGTH));
        line.text("timestamp", &now.unwrap_or_default());
        line.text("level", level.as_str());
        line.text("message", message);
        let _outside = REQUEST.try_with(|request| {
            line.text("requestId", &request.id);
            if let Some(trace_id) = &request.trace_id {
                line.text("xrayTraceId", trace_id);
            }
        });
        line
    }

    /// Adds a field, whose name must not occur in the line yet.
    pub(super) fn put(&mut self, name: &str, value: &Json) {
        self.name(name);
        let _always = serde_json::to_writer(&mut self.0, value);
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        let _always = serde_json::to_writer(&mut self.0, value);
    }

    /// Adds a field whose value is already encoded as JSON.
    pub(super) fn json(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.extend(value.as_bytes());
    }

    fn name(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        let _always = serde_json::to_writer(&mut self.0, name);
        self.0.push(b':');
    }

    /// Completes the line, and writes it to standard output in one call.
    pub(super) fn write(mut self) {
        self.0.extend(b"}\n");
        // A log that cannot be written cannot report that either.
        let _written = std::io::stdout().lock().write_all(&self.0);
    }
}

/// Writes a line for an event or a span of any crate. Fields with the name of an own field are dropped.
fn line(level: Level, message: &str, fields: &Map<String, Json>) {
    let mut line = Line::begin(level, message);
    for (name, value) in fields {
        if !OWN_FIELDS.contains(&name.as_str()) {
            line.put(name, value);
        }
    }
    line.write();
}

/// Keeps what the gateway has logged of the current request, for [`take_access`].
fn keep_access(event: &Event<'_>) {
    let mut fields = Fields::default();
    event.record(&mut fields);
    let mut text = |name: &str| match fields.0.remove(name) {
        Some(Json::String(text)) => Some(text),
        _ => None,
    };
    let access = Access {
        route: text("route"),
        cause: text("cause"),
    };
    let _outside = REQUEST.try_with(|request| request.access.replace(access));
}

struct JsonLines {
    level: LevelFilter,
}

/// When a span began, and its fields.
struct Begun(Instant, Map<String, Json>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            let begun = Begun(Instant::now(), fields.0);
            span.extensions_mut().insert(begun);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let begun = span.extensions_mut().remove();
        let Some(Begun(begun, mut fields)) = begun else {
            return;
        };
        let elapsed = json!(milliseconds(begun.elapsed()));
        let metadata = span.metadata();
        if metadata.target() == STAGES
            && let Some(whole) = span.parent()
            && let Some(Begun(_, stages)) = whole.extensions_mut().get_mut()
        {
            stages.insert(format!("{}Ms", span.name()), elapsed.clone());
        }
        let level = match span.name() {
            CONNECT => Level::INFO,
            _ => *metadata.level(),
        };
        if self.level >= level {
            fields.insert("elapsedMs".into(), elapsed);
            fields.insert("target".into(), json!(metadata.target()));
            line(level, span.name(), &fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata: &Metadata<'_> = event.metadata();
        if metadata.target() == ACCESS {
            keep_access(event);
            return;
        }
        if self.level < *metadata.level() {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut fields = fields.0;
        let message = match fields.remove("message") {
            Some(Json::String(message)) => message,
            _ => metadata.name().to_owned(),
        };
        fields.insert("target".into(), json!(metadata.target()));
        line(*metadata.level(), &message, &fields);
    }
}

#[derive(Default)]
struct Fields(Map<String, Json>);

impl Fields {
    fn put(&mut self, field: &Field, value: Json) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, json!(format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_levels() {
        for (name, level) in [
            ("INFO", Some(LevelFilter::INFO)),
            ("warn", Some(LevelFilter::WARN)),
            ("FATAL", Some(LevelFilter::ERROR)),
            ("loud", None),
        ] {
            assert_eq!(parse_level(name), level, "{name}");
        }
    }
}

//! The log of a proxy without `--log`: each warning is one line, as the command's other messages.

use std::fmt;

use rds_bridge_text::Printable;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes `rds-bridge: warning: MESSAGE: FIELD=VALUE …`.
#[derive(Debug)]
pub(super) struct Warnings;

impl<S, N> FormatEvent<S, N> for Warnings
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields { message, rest } = fields;
        // A server's text may contain line breaks.
        let line = format!("{message}{rest}");
        writeln!(writer, "rds-bridge: warning: {}", Printable(&line))
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    rest: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            let (separator, name) = (if self.rest.is_empty() { ": " } else { ", " }, field.name());
            self.rest.push_str(&format!("{separator}{name} {value:?}"));
        }
    }
}

//! What is logged, to standard error: nothing, unless it is asked for.

use std::fmt::Display;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use super::error::Error;

/// At trace it would log the whole command of a `credential_process`, which may hold a secret.
const QUIET: (&str, LevelFilter) = ("aws_config::credential_process", LevelFilter::INFO);

/// By a filter as `debug` or `rds_bridge=trace,rustls=info`.
pub(super) fn start(filter: Option<&str>) -> Result<(), Error> {
    let Some(filter) = filter.filter(|filter| !filter.is_empty()) else {
        return Ok(());
    };
    let wrong = |error: &dyn Display| Error::Usage(format!("--log: {error}, as in --log debug"));
    let filter: Targets = filter.parse().map_err(|error| wrong(&error))?;
    let (quiet, level) = QUIET;
    // Beside what was asked for, so that nothing that is asked for takes it away.
    let quiet = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target(quiet, level);
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::CLOSE)
        .with_filter(filter)
        .with_filter(quiet);
    let started = tracing_subscriber::registry().with(log).try_init();
    started.map_err(|error| Error::Usage(format!("--log: {error}")))
}

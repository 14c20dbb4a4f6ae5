//! What is logged, to standard error: nothing, unless it is asked for.

use std::fmt::Display;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::format::FmtSpan;

use super::error::Error;

/// At trace it would log the whole command of a `credential_process`, which may hold a secret.
const QUIET: &str = "aws_config::credential_process=info";

/// By a filter as `debug` or `rds_bridge=trace,rustls=info`.
pub(super) fn start(filter: Option<&str>) -> Result<(), Error> {
    let Some(filter) = filter.filter(|filter| !filter.is_empty()) else {
        return Ok(());
    };
    let wrong = |error: &dyn Display| Error::Usage(format!("--log: {error}, as in --log debug"));
    let quiet = QUIET.parse().map_err(|error: ParseError| wrong(&error))?;
    let filter = EnvFilter::try_new(filter).map_err(|error| wrong(&error))?;
    let filter = filter.add_directive(quiet);
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::CLOSE)
        .try_init();
    started.map_err(|error| Error::Usage(format!("--log: {error}")))
}

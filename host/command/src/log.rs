//! What is logged, to standard error: nothing, unless it is asked for.

use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use super::error::Error;

/// At trace it says that it logs the whole command of a `credential_process`, which may hold a secret. What it logs
/// today has the arguments taken out.
const QUIET: (&str, LevelFilter) = ("aws_config::credential_process", LevelFilter::INFO);

/// By a filter as `debug` or `rds_bridge=trace,rustls=info`.
pub(super) fn start(filter: Option<&str>) -> Result<(), Error> {
    let Some(filter) = filter.filter(|filter| !filter.is_empty()) else {
        return Ok(());
    };
    let wrong = |what| Error::Usage(format!("--log: {what}, as in --log debug"));
    let filter = targets(filter).map_err(wrong)?;
    let (quiet, level) = QUIET;
    // Beside what was asked for, so that nothing that is asked for takes it away.
    let quiet = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target(quiet, level);
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::CLOSE)
        .with_filter(filter.and(quiet));
    let started = tracing_subscriber::registry().with(log).try_init();
    started.map_err(|error| Error::Usage(format!("--log: {error}")))
}

/// Levels, and modules with or without one. The parser of `Targets` would take anything else for a module's name, and
/// a level that is missing behind `=` for `error`.
fn targets(filter: &str) -> Result<Targets, String> {
    let directives = filter.split(',').map(str::trim).filter(|it| !it.is_empty());
    let directives: Vec<&str> = directives.collect();
    for directive in &directives {
        let (module, level) = directive.split_once('=').unwrap_or((directive, "trace"));
        if module.is_empty() || !module.chars().all(is_of_a_module) {
            return Err(format!("{module:?} is not a module's name"));
        }
        if level.is_empty() {
            return Err(format!("{directive:?} says no level"));
        }
    }
    directives
        .join(",")
        .parse()
        .map_err(|error| format!("{error}"))
}

fn is_of_a_module(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-')
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn levels_and_modules() {
        for (filter, module, level) in [
            ("debug", "any", Level::DEBUG),
            ("debug,", "any", Level::DEBUG),
            ("WARN, rds_bridge=trace", "rds_bridge::tls", Level::TRACE),
            ("rds_bridge", "rds_bridge", Level::TRACE),
            ("trace,rustls=info", "rustls::client", Level::INFO),
        ] {
            let targets = targets(filter).unwrap();
            assert!(targets.would_enable(module, &level), "{filter}");
            let above = match level {
                Level::INFO => Level::DEBUG,
                Level::DEBUG => Level::TRACE,
                _ => continue,
            };
            assert!(!targets.would_enable(module, &above), "{filter}");
        }
    }

    #[test]
    fn what_is_neither() {
        for (filter, why) in [
            ("rds_bridge=", "\"rds_bridge=\" says no level"),
            ("=debug", "\"\" is not a module's name"),
            ("*=debug", "\"*\" is not a module's name"),
            ("[connect]=debug", "\"[connect]\" is not a module's name"),
            ("rds_bridge=loud", "error parsing level filter"),
            ("a=b=c", "too many '='"),
        ] {
            let error = targets(filter).unwrap_err();
            assert!(error.contains(why), "{filter}: {error}");
        }
    }
}

//! Logging to standard error, which is off unless `--log` or `RDS_BRIDGE_LOG` turns it on.

use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use super::error::Error;
use super::variables;

/// A module that may not log below this level: its documentation says that at trace it logs the whole command of a
/// `credential_process`, which may contain a secret, although today it leaves out the arguments.
const QUIET: (&str, LevelFilter) = ("aws_config::credential_process", LevelFilter::INFO);

/// Starts logging by a filter such as `debug` or `rds_bridge=trace,rustls=info`.
pub(super) fn start(filter: Option<&str>) -> Result<(), Error> {
    let Some(filter) = filter.filter(|filter| !filter.is_empty()) else {
        return Ok(());
    };
    let name = variables::name_of("--log", "RDS_BRIDGE_LOG");
    let wrong = |problem| {
        Error::Usage(format!(
            "{name}: {problem}; it takes a filter such as debug or rds_bridge=trace"
        ))
    };
    let filter = targets(filter).map_err(wrong)?;
    let (quiet, level) = QUIET;
    // A second filter, so that the one given cannot override it.
    let quiet = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target(quiet, level);
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::CLOSE)
        .with_filter(filter.and(quiet));
    let started = tracing_subscriber::registry().with(log).try_init();
    started.map_err(|error| Error::Usage(format!("{name}: {error}")))
}

/// Parses levels, and modules with or without a level. The checks are stricter than the parser of `Targets`, which
/// takes any other text for a module's name, and a missing level after `=` for `error`.
fn targets(filter: &str) -> Result<Targets, String> {
    let directives = filter.split(',').map(str::trim).filter(|it| !it.is_empty());
    let directives: Vec<&str> = directives.collect();
    for directive in &directives {
        let (module, level) = directive.split_once('=').unwrap_or((directive, "trace"));
        if module.is_empty() || !module.chars().all(is_in_module_name) {
            return Err(format!("{module:?} is not the name of a module"));
        }
        if level.is_empty() {
            return Err(format!("{directive:?} has no level"));
        }
    }
    directives
        .join(",")
        .parse()
        .map_err(|error| format!("{error}"))
}

fn is_in_module_name(c: char) -> bool {
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
    fn other_filters_are_refused() {
        for (filter, why) in [
            ("rds_bridge=", "\"rds_bridge=\" has no level"),
            ("=debug", "\"\" is not the name of a module"),
            ("*=debug", "\"*\" is not the name of a module"),
            (
                "[connect]=debug",
                "\"[connect]\" is not the name of a module",
            ),
            ("rds_bridge=loud", "error parsing level filter"),
            ("a=b=c", "too many '='"),
        ] {
            let error = targets(filter).unwrap_err();
            assert!(error.contains(why), "{filter}: {error}");
        }
    }
}

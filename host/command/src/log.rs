//! Logging to standard error, which is off unless `--log` or `RDS_BRIDGE_LOG` turns it on. A proxy and a gateway
//! log their warnings without them.

#[cfg(feature = "proxy")]
mod warnings;

use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use super::error::Error;
use super::variables;

/// A module that may not log below this level: its documentation says that at trace it logs the whole command of a
/// `credential_process`, which may contain a secret, although today it leaves out the arguments.
const QUIET: (&str, LevelFilter) = ("aws_config::credential_process", LevelFilter::INFO);

/// Logs the warnings of a proxy or a gateway, unless a filter is given. The operator sees a failure of the database without `--log`.
#[cfg(feature = "proxy")]
pub(super) fn start_warnings(filter: Option<&str>) {
    if filter.is_some_and(|filter| !filter.is_empty()) {
        return;
    }
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .event_format(warnings::Warnings);
    let filter = Targets::new()
        .with_target("rds_bridge_gateway", LevelFilter::WARN)
        .with_target("rds_bridge_proxy", LevelFilter::WARN)
        .with_target("rds_bridge_cli", LevelFilter::WARN);
    // A log that is set already stays.
    let _started = tracing_subscriber::registry()
        .with(log.with_filter(filter))
        .try_init();
}

/// Starts logging by a filter such as `debug` or `rds_bridge=trace,rustls=info`.
pub(super) fn start(filter: Option<&str>) -> Result<(), Error> {
    let Some(filter) = filter.filter(|filter| !filter.is_empty()) else {
        return Ok(());
    };
    let name = variables::name_of("--log", "RDS_BRIDGE_LOG");
    let wrong = |problem| {
        Error::Usage(format!(
            "{name}: {problem}; give a filter such as debug or rds_bridge=trace"
        ))
    };
    let (is_json, filter) = split_json(filter);
    let filter = targets(&filter).map_err(wrong)?;
    let (quiet, level) = QUIET;
    // A second filter, so that the one given cannot override it.
    let quiet = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target(quiet, level);
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::CLOSE);
    let filter = filter.and(quiet);
    let registry = tracing_subscriber::registry();
    let started = if is_json {
        let log = log.json().flatten_event(true).with_current_span(false);
        registry.with(log.with_filter(filter)).try_init()
    } else {
        registry.with(log.with_filter(filter)).try_init()
    };
    started.map_err(|error| Error::Usage(format!("{name}: {error}")))
}

/// Whether `json` is among the directives, and the other directives. Alone it stands for `json,debug`.
fn split_json(filter: &str) -> (bool, String) {
    let (json, others): (Vec<&str>, Vec<&str>) = filter
        .split(',')
        .partition(|directive| directive.trim().eq_ignore_ascii_case("json"));
    let has_others = others.iter().any(|directive| !directive.trim().is_empty());
    if !json.is_empty() && !has_others {
        return (true, "debug".to_owned());
    }
    (!json.is_empty(), others.join(","))
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
        if level.parse::<LevelFilter>().is_err() {
            return Err(format!(
                "{level:?} is not a level: use error, warn, info, debug or trace"
            ));
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
    fn json_is_a_directive() {
        for (filter, expected) in [
            ("debug", (false, "debug")),
            ("json", (true, "debug")),
            ("JSON, ", (true, "debug")),
            ("rds_bridge=trace,json", (true, "rds_bridge=trace")),
        ] {
            let (is_json, others) = split_json(filter);
            assert_eq!((is_json, others.as_str()), expected, "{filter}");
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
            ("rds_bridge=loud", "\"loud\" is not a level"),
            ("a=b=c", "\"b=c\" is not a level"),
        ] {
            let error = targets(filter).unwrap_err();
            assert!(error.contains(why), "{filter}: {error}");
        }
    }
}

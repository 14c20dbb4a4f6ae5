//! Messages in place of clap's, where those show Rust's own words or leave out the option that is meant.

use std::env;
use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// The options that need others, which clap does not name in its message.
const NEEDS: [(&str, &[&str]); 9] = [
    ("--check", &["--config"]),
    ("--dump-config", &["--config"]),
    ("--no-transaction", &["--allow-writes"]),
    ("--client-ca-file", &["--tls-certificate", "--tls-key"]),
    ("--tls-certificate", &["--tls-key"]),
    ("--tls-key", &["--tls-certificate"]),
    ("--backend", &["--backend-user"]),
    ("--backend-user", &["--backend"]),
    ("--backend-password-file", &["--backend"]),
];

/// Replaces the problem with a value, such as `invalid digit found in string`, at the end of clap's line.
pub(super) fn of_value(line: String, error: &clap::Error) -> String {
    let Some(problem) = error.source().map(ToString::to_string) else {
        return line;
    };
    match (line.strip_suffix(&problem), expected(&problem)) {
        (Some(beginning), Some(expected)) => format!("{beginning}{expected}"),
        _ => line,
    }
}

fn expected(problem: &str) -> Option<String> {
    let expected = match problem {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "expected a whole number"
        }
        "number too large to fit in target type" => "the number is too large",
        "number too small to fit in target type" => "the number is too small",
        "number would be zero for non-zero type" => "it must be at least 1",
        "value was not a boolean" => "expected true or false",
        "invalid IP address syntax" => "expected an IP address, such as 127.0.0.1",
        _ => return of_range(problem),
    };
    Some(expected.to_owned())
}

/// As for `99999 is not in 0..=65535`.
fn of_range(problem: &str) -> Option<String> {
    let (value, range) = problem.split_once(" is not in ")?;
    let (first, last) = range.split_once("..")?;
    let (value, first): (i128, i128) = (value.parse().ok()?, first.parse().ok()?);
    let last: i128 = last.trim_start_matches('=').parse().ok()?;
    Some(if last < i128::from(u32::MAX) {
        format!("expected a number from {first} to {last}")
    } else if value < first {
        format!("it must be at least {first}")
    } else {
        format!("it must be at most {last}")
    })
}

/// A whole message in place of clap's. `command` is the one whose arguments are wrong, and is built.
pub(super) fn whole(
    error: &clap::Error,
    command: &Command,
    arguments: &[OsString],
) -> Option<String> {
    match error.kind() {
        ErrorKind::UnknownArgument => negative_value(error, command, arguments),
        ErrorKind::TooManyValues => value_of_flag(error, command),
        ErrorKind::MissingRequiredArgument => missing(error, command, arguments),
        _ => None,
    }
}

/// clap takes the value of `--timeout -1` for another option.
fn negative_value(
    error: &clap::Error,
    command: &Command,
    arguments: &[OsString],
) -> Option<String> {
    let ContextValue::String(unknown) = error.get(ContextKind::InvalidArg)? else {
        return None;
    };
    let mut pairs = arguments.iter().zip(arguments.iter().skip(1));
    let (option, value) = pairs.find_map(|(option, value)| {
        let value = value.to_str().filter(|it| it.starts_with(unknown))?;
        Some((option.to_str()?, value))
    })?;
    value.parse::<f64>().ok()?;
    let option = argument(command, option).filter(|it| it.get_action().takes_values())?;
    Some(format!(
        "invalid value '{value}' for '{option}': it must not be negative"
    ))
}

/// `--resolve-cname=false`
fn value_of_flag(error: &clap::Error, command: &Command) -> Option<String> {
    let ContextValue::String(flag) = error.get(ContextKind::InvalidArg)? else {
        return None;
    };
    let ContextValue::String(value) = error.get(ContextKind::InvalidValue)? else {
        return None;
    };
    let variable = argument(command, flag)
        .and_then(Arg::get_env)
        .and_then(|it| it.to_str());
    let remedy = match (value.as_str(), variable) {
        ("false" | "no" | "off" | "0", Some(variable)) => {
            format!("omit the option, or set {variable}=false")
        }
        ("false" | "no" | "off" | "0", None) => "omit the option".to_owned(),
        _ => "omit the value".to_owned(),
    };
    Some(format!("{flag} takes no value: {remedy}"))
}

/// Names the option that needs the missing ones.
fn missing(error: &clap::Error, command: &Command, arguments: &[OsString]) -> Option<String> {
    let ContextValue::Strings(missing) = error.get(ContextKind::InvalidArg)? else {
        return None;
    };
    let is_missing = |option: &str| {
        let mut names = missing.iter().map(|it| it.split(' ').next());
        names.any(|name| name == Some(option))
    };
    let name = NEEDS.iter().find_map(|(option, needed)| {
        let name = given_name(argument(command, option)?, option, arguments)?;
        needed.iter().any(|it| is_missing(it)).then_some(name)
    })?;
    Some(format!("{name} needs {}", missing.join(" and ")))
}

/// The option or its variable, whichever is given.
fn given_name(argument: &Arg, option: &str, arguments: &[OsString]) -> Option<String> {
    let is_option = |text: &str| {
        text.strip_prefix(option)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let mut texts = arguments.iter().filter_map(|it| it.to_str());
    if texts.any(is_option) {
        return Some(option.to_owned());
    }
    let variable = argument.get_env()?;
    let is_set = env::var_os(variable).is_some_and(|value| !value.is_empty());
    is_set.then(|| variable.to_string_lossy().into_owned())
}

fn argument<'c>(command: &'c Command, option: &str) -> Option<&'c Arg> {
    let long = option.strip_prefix("--")?;
    let mut arguments = command.get_arguments();
    arguments.find(|it| it.get_long() == Some(long))
}

//! clap's usage errors in one line: the mistake, the argument that was probably meant, and the `--help` to read.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue};

use super::variables::name_variable;

/// As `unexpected argument '--host' found; did you mean '--hostname'? (see rds-bridge query --help)`.
pub(super) fn one_line(
    error: &clap::Error,
    command: &Command,
    arguments: impl Iterator<Item = OsString>,
) -> String {
    let text = error.render().to_string();
    let lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty());
    let (tips, lines): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with("tip: "));
    let line = lines.join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line).to_owned();
    let mut line = name_variable(line, error, command.clone());
    match suggestion(error) {
        Some(meant) => line.push_str(&format!("; did you mean {meant}?")),
        None => {
            for tip in tips.iter().filter_map(|tip| tip.strip_prefix("tip: ")) {
                line.push_str(&format!("; {tip}"));
            }
        }
    }
    let help = match subcommand(command, arguments) {
        Some(name) => format!("rds-bridge {name} --help"),
        None => "rds-bridge --help".to_owned(),
    };
    format!("{line} (see {help})")
}

/// The names that are similar to the wrong one.
fn suggestion(error: &clap::Error) -> Option<String> {
    let kinds = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(name) => Some(format!("'{name}'")),
        ContextValue::Strings(names) => {
            let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            (!quoted.is_empty()).then(|| quoted.join(" or "))
        }
        _ => None,
    })
}

/// The subcommand among arguments that clap refuses.
fn subcommand(command: &Command, arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let lenient = command.clone().ignore_errors(true);
    let matches = lenient.try_get_matches_from(arguments).ok()?;
    matches.subcommand_name().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::arguments::Arguments;

    fn said_of(line: &str) -> String {
        let line: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let command = Arguments::command();
        let error = command.clone().try_get_matches_from(&line).unwrap_err();
        one_line(&error, &command, line.into_iter())
    }

    #[test]
    fn a_similar_name_is_suggested() {
        for (line, said) in [
            (
                "rds-bridge query --host x",
                "unexpected argument '--host' found; did you mean '--hostname'? (see rds-bridge query --help)",
            ),
            (
                "rds-bridge qurey x",
                "unrecognized subcommand 'qurey'; did you mean 'query'? (see rds-bridge --help)",
            ),
            (
                "rds-bridge --log debug completions bsh",
                "invalid value 'bsh' for '<SHELL>' [possible values: bash, elvish, fish, powershell, zsh]; \
                 did you mean 'bash'? (see rds-bridge completions --help)",
            ),
        ] {
            assert_eq!(said_of(line), said);
        }
    }

    #[test]
    fn without_a_similar_name_the_tip_is_kept() {
        for (line, said) in [
            (
                "rds-bridge query --zzz",
                "unexpected argument '--zzz' found; to pass '--zzz' as a value, use '-- --zzz' \
                 (see rds-bridge query --help)",
            ),
            (
                "rds-bridge component",
                "the following required arguments were not provided: --output <FILE> (see rds-bridge component --help)",
            ),
        ] {
            assert_eq!(said_of(line), said);
        }
    }
}

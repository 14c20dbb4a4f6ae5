//! clap's usage errors in one line: the mistake, the argument that was probably meant, and the `--help` to read.

mod plain_words;

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

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
    let line = plain_words::of_value(line, error);
    let mut line = name_variable(line, error, command.clone());
    let arguments: Vec<OsString> = arguments.collect();
    let names = subcommands(command, &arguments);
    let mut built = command.clone();
    built.build();
    let wrong = names
        .iter()
        .try_fold(&built, |command, name| command.find_subcommand(name));
    let help = ["rds-bridge"]
        .into_iter()
        .chain(names.iter().map(String::as_str));
    let help = help.collect::<Vec<_>>().join(" ");
    if let Some(line) = wrong.and_then(|wrong| plain_words::whole(error, wrong, &arguments)) {
        return format!("{line} (see {help} --help)");
    }
    let known = wrong.and_then(|wrong| hint(error, wrong));
    let meant = || suggestion(error).map(|meant| format!("did you mean {meant}?"));
    match known.or_else(meant) {
        Some(hint) => line.push_str(&format!("; {hint}")),
        None => {
            for tip in tips.iter().filter_map(|tip| tip.strip_prefix("tip: ")) {
                line.push_str(&format!("; {tip}"));
            }
        }
    }
    format!("{line} (see {help} --help)")
}

/// Options of other clients, and what they are here.
const SYNONYMS: [(&str, &str); 10] = [
    ("-u", "username"),
    ("--user", "username"),
    ("-P", "port"),
    ("-D", "database"),
    ("-p", "password-file"),
    ("--password", "password-file"),
    ("-e", "sql"),
    ("--execute", "sql"),
    ("--write", "allow-writes"),
    ("--writes", "allow-writes"),
];

/// What was meant by an argument that does not exist, where clap does not know.
fn hint(error: &clap::Error, command: &Command) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let name = command.get_name();
    let synonym = SYNONYMS
        .iter()
        .find(|(synonym, meant)| synonym == unknown && has(command, meant));
    match synonym {
        Some((_, "sql")) => {
            return Some(
                "the statement is an argument of its own: rds-bridge query 'SELECT 1'".to_owned(),
            );
        }
        Some((_, "password-file")) => {
            return Some(
                "a password is read from --password-file FILE, or from DB_PASSWORD".to_owned(),
            );
        }
        Some((_, meant)) => return Some(format!("did you mean '--{meant}'?")),
        None => {}
    }
    match name {
        "query" if !unknown.starts_with('-') => Some(
            "put the statement in quotes, as one argument: rds-bridge query 'SELECT 1'".to_owned(),
        ),
        "query" if suggestion(error).is_none() => Some(format!(
            "if it is the statement, put -- before it: rds-bridge query -- '{unknown}'"
        )),
        "emulate" if !unknown.starts_with('-') => Some(format!(
            "put -- before the program to run: rds-bridge emulate … -- {unknown}"
        )),
        "proxy" if suggestion(error).is_none() => {
            Some("put -- before a program to run: rds-bridge proxy … -- PROGRAM".to_owned())
        }
        "shell" if suggestion(error).is_none() => Some(format!(
            "put -- before the client's arguments: rds-bridge shell … -- {unknown}"
        )),
        _ => None,
    }
}

fn has(command: &Command, id: &str) -> bool {
    let mut arguments = command.get_arguments();
    arguments.any(|argument| argument.get_id() == id || argument.get_long() == Some(id))
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

/// The subcommand among arguments that clap refuses, and the subcommand of it: `proxy`, `wait`.
fn subcommands(command: &Command, arguments: &[OsString]) -> Vec<String> {
    let lenient = command.clone().ignore_errors(true);
    let Ok(matches) = lenient.try_get_matches_from(arguments) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    let mut next = matches.subcommand();
    while let Some((name, matches)) = next {
        names.push(name.to_owned());
        next = matches.subcommand();
    }
    names
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
    fn habits_of_other_clients_are_known() {
        for (line, said) in [
            ("query -u x", "did you mean '--username'?"),
            ("token --user x", "did you mean '--username'?"),
            ("query -D x", "did you mean '--database'?"),
            (
                "doctor --password x",
                "a password is read from --password-file FILE",
            ),
            ("query --write x", "did you mean '--allow-writes'?"),
            ("query -e x", "the statement is an argument of its own"),
            (
                "query SELECT 1",
                "put the statement in quotes, as one argument",
            ),
            (
                "emulate npm test",
                "put -- before the program to run: rds-bridge emulate … -- npm",
            ),
            (
                "shell -e x",
                "put -- before the client's arguments: rds-bridge shell … -- -e",
            ),
            ("proxy mysql", "put -- before a program to run"),
            ("proxy mysql -e x", "put -- before a program to run"),
        ] {
            let said_of = said_of(&format!("rds-bridge {line}"));
            assert!(said_of.contains(said), "{line}: {said_of}");
        }
    }

    #[test]
    fn without_a_similar_name_the_tip_is_kept() {
        for (line, said) in [
            (
                "rds-bridge query --zzz",
                "unexpected argument '--zzz' found; if it is the statement, put -- before it: rds-bridge query -- '--zzz' \
                 (see rds-bridge query --help)",
            ),
            (
                "rds-bridge component",
                "the following required arguments were not provided: --output <FILE> (see rds-bridge component --help)",
            ),
            (
                "rds-bridge proxy wait",
                "the following required arguments were not provided: --admin <IP:PORT> \
                 (see rds-bridge proxy wait --help)",
            ),
        ] {
            assert_eq!(said_of(line), said);
        }
    }

    #[test]
    fn wrong_values_are_explained_without_words_of_rust() {
        for (line, said) in [
            (
                "query x --port abc",
                "'abc' for '--port <PORT>': expected a whole number",
            ),
            ("query x --port 99999", "expected a number from 0 to 65535"),
            (
                "query x --timeout 0",
                "'--timeout <SECONDS>': it must be at least 1",
            ),
            (
                "query x --timeout -1",
                "'-1' for '--timeout <SECONDS>': it must not be negative",
            ),
            (
                "query x --limit -15",
                "'-15' for '--limit <ROWS>': it must not be negative",
            ),
            ("proxy --max-connections 0", "it must be at least 1"),
            (
                "token --expires-in 4294967296",
                "it must be at most 4294967295",
            ),
            (
                "emulate --listen x",
                "expected an IP address, such as 127.0.0.1",
            ),
            ("proxy wait --admin x", "expected an IP address and a port"),
            (
                "query x --resolve-cname=false",
                "--resolve-cname takes no value: omit the option, or set DB_RESOLVE_CNAME=false (see",
            ),
            (
                "query x --quiet=true",
                "--quiet takes no value: omit the value (see",
            ),
        ] {
            let said_of = said_of(&format!("rds-bridge {line}"));
            assert!(said_of.contains(said), "{line}: {said_of}");
        }
    }

    #[test]
    fn the_option_that_needs_another_is_named() {
        for (line, said) in [
            (
                "query x --no-transaction",
                "--no-transaction needs --allow-writes (see",
            ),
            (
                "proxy --tls-certificate x",
                "--tls-certificate needs --tls-key <FILE> (see",
            ),
            (
                "emulate --backend=x:1",
                "--backend needs --backend-user <USER> (see",
            ),
            ("serve --check", "--check needs --config <FILE> (see"),
            (
                "proxy --dump-config",
                "--dump-config needs --config <FILE> (see",
            ),
        ] {
            let said_of = said_of(&format!("rds-bridge {line}"));
            assert!(said_of.starts_with(said), "{line}: {said_of}");
        }
        let said_of = said_of("rds-bridge proxy --client-ca-file x");
        assert!(
            said_of.starts_with("--client-ca-file needs --tls-"),
            "{said_of}"
        );
    }
}

//! Arguments that come from environment variables: an empty variable counts as unset, as does one that leaves an option
//! off, and errors name the variable.

use std::env;
use std::ffi::OsStr;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command};

use super::setting_names;

/// The command without its variables that are empty, or that leave an option off: clap takes `…_ALLOW_WRITES=false` for
/// an option that is given, and would refuse it beside one that conflicts with it.
pub(super) fn without_unset_variables(command: Command) -> Command {
    command
        .mut_args(|arg| {
            if is_unset(&arg) {
                arg.env(None::<&'static str>)
            } else {
                arg
            }
        })
        .mut_subcommands(without_unset_variables)
}

fn is_unset(arg: &Arg) -> bool {
    let value = arg.get_env().and_then(env::var_os);
    let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
    value.is_some_and(|value| value.is_empty() || is_flag && is_false(&value))
}

/// The words of [`BoolishValueParser`](clap::builder::BoolishValueParser).
fn is_false(value: &OsStr) -> bool {
    const WORDS: [&str; 6] = ["n", "no", "f", "false", "off", "0"];
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// The name by which a user gave a setting of the library: the variable if it provided the value, otherwise the flag. A
/// setting that has neither keeps its name.
pub(super) fn name_of_setting(setting: &str) -> &str {
    let Some(name) = setting_names::of_setting(setting) else {
        return setting;
    };
    match name.variable {
        Some(variable) => name_of(name.flag, variable),
        None => name.flag,
    }
}

/// The variable of an option if it provided the value, otherwise the flag.
pub(super) fn name_of<'n>(flag: &'n str, variable: &'n str) -> &'n str {
    if is_set(variable) && !is_given(flag) {
        variable
    } else {
        flag
    }
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Whether a flag is among the process's arguments. Those after `--` are another program's.
pub(super) fn is_given(flag: &str) -> bool {
    let mut own = env::args_os().take_while(|argument| argument != "--");
    own.any(|argument| {
        let argument = argument.to_string_lossy();
        argument == flag
            || argument
                .strip_prefix(flag)
                .is_some_and(|rest| rest.starts_with('='))
    })
}

/// Replaces the flag in an error by the variable that provided the value, if one did.
pub(super) fn name_variable(line: String, error: &clap::Error, mut command: Command) -> String {
    let Some(ContextValue::String(invalid)) = error.get(ContextKind::InvalidArg) else {
        return line;
    };
    // clap can format the arguments only of a command that is built.
    command.build();
    match variable_of(invalid, &command) {
        Some(variable) => line.replace(&format!("'{invalid}'"), &variable),
        None => line,
    }
}

/// The variable of an argument as clap formats it, `--port <PORT>`, if only the variable is given.
fn variable_of(invalid: &str, command: &Command) -> Option<String> {
    let own = command
        .get_arguments()
        .find(|arg| arg.to_string() == invalid)
        .and_then(|arg| {
            let variable = arg.get_env()?.to_str()?;
            let flag = format!("--{}", arg.get_long()?);
            (is_set(variable) && !is_given(&flag)).then(|| variable.to_owned())
        });
    own.or_else(|| {
        let mut subcommands = command.get_subcommands();
        subcommands.find_map(|command| variable_of(invalid, command))
    })
}

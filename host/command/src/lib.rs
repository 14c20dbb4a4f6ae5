//! The command `rds-bridge`: parses the arguments, runs a subcommand, and returns an exit code.

mod arguments;
#[cfg(any(feature = "emulator", feature = "proxy"))]
mod child;
mod completions;
mod component;
#[cfg(feature = "proxy")]
mod config_file;
mod connection_arguments;
#[cfg(feature = "emulator")]
mod demo;
mod doctor;
#[cfg(feature = "emulator")]
mod emulate;
#[cfg(feature = "emulator")]
mod emulator_error;
mod endpoint_arguments;
mod error;
mod exit;
#[cfg(feature = "gateway")]
mod gateway_error;
#[cfg(feature = "proxy")]
mod hang_ups;
mod inspect;
mod log;
mod manual;
mod output;
mod password;
#[cfg(feature = "proxy")]
mod proxy;
#[cfg(feature = "proxy")]
mod proxy_error;
mod query;
#[cfg(any(feature = "emulator", feature = "proxy"))]
mod quoted;
mod refused_token;
mod roots;
mod runtime;
mod sandbox;
#[cfg(feature = "gateway")]
mod serve;
mod setting_names;
mod setup;
#[cfg(all(feature = "proxy", unix))]
mod shell;
#[cfg(any(feature = "emulator", feature = "proxy"))]
mod signals;
#[cfg(feature = "proxy")]
mod tls_files;
mod token;
mod usage_error;
mod variables;
mod version;

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;

use arguments::{Arguments, Command};
use error::Error;
pub use exit::Exit;

use rds_bridge_text::PrintableLines;

/// Runs the command with the process's arguments and environment.
///
/// Call it only from a program's `main`. It uses the process's timer (`setitimer`, `SIGALRM`) for the deadline of the
/// sandbox, and catches the signals that interrupt a statement (`SIGINT`, `SIGTERM`). A program that embeds a
/// [`Bridge`](rds_bridge::Bridge) needs neither: there, a thread advances the engine's epoch.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Arguments::read() {
        Ok(arguments) => execute(&arguments),
        Err(error) => answer(&error),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // Much of an error's text comes from a server or from AWS, so it is escaped.
            let line = error.to_string();
            // A closed standard error must not change the exit code.
            let _written = writeln!(stderr(), "rds-bridge: {}", PrintableLines(&line));
            error.exit().into()
        }
    }
}

/// Answers arguments that are not a command: with help, with the version, or with what is wrong.
fn answer(error: &clap::Error) -> Result<ExitCode, Error> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output::print(&error.render().to_string()).map(|()| ExitCode::SUCCESS)
        }
        // Help, but on standard error and with the exit code of a usage error: a script whose command is empty must not
        // succeed.
        ErrorKind::MissingSubcommand => {
            let help = Arguments::command().render_help();
            let _written = write!(stderr(), "{help}");
            Ok(Exit::Usage.into())
        }
        _ => {
            let command = Arguments::command();
            let line = usage_error::one_line(error, &command, std::env::args_os());
            Err(Error::Usage(line))
        }
    }
}

fn execute(arguments: &Arguments) -> Result<ExitCode, Error> {
    log::start(arguments.log())?;
    match &arguments.command {
        Command::Token(arguments) => token::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::Setup(arguments) => setup::run(arguments),
        Command::Component(arguments) => component::run(arguments),
        Command::Roots => roots::run(),
        Command::Query(arguments) => query::run(arguments),
        Command::Completions(arguments) => completions::run(arguments, &mut Arguments::command()),
        Command::Man(arguments) => manual::run(arguments, &Arguments::command()),
        Command::Version => version::run(),
        #[cfg(feature = "emulator")]
        Command::Demo(arguments) => demo::run(arguments),
        #[cfg(feature = "emulator")]
        Command::Emulate(arguments) => return emulate::run(arguments),
        #[cfg(feature = "proxy")]
        Command::Proxy(command) => {
            log::start_warnings(arguments.log());
            return proxy::run(command);
        }
        #[cfg(feature = "gateway")]
        Command::Serve(command) => {
            log::start_warnings(arguments.log());
            return serve::run(command);
        }
        #[cfg(all(feature = "proxy", unix))]
        Command::Shell(arguments) => return shell::run(arguments),
        Command::Doctor(arguments) => return doctor::run(arguments).map(ExitCode::from),
    }
    .map(|()| ExitCode::SUCCESS)
}

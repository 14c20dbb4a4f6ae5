//! The command `rds-bridge`: arguments in, one line or a few out, and an exit code.

mod arguments;
mod completions;
mod component;
mod connection_arguments;
#[cfg(feature = "emulator")]
mod demo;
mod doctor;
#[cfg(feature = "emulator")]
mod emulate;
mod endpoint_arguments;
mod error;
mod exit;
mod inspect;
mod log;
mod output;
mod query;
mod runtime;
mod sandbox;
mod setting_names;
mod setup;
mod token;
mod variables;

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
/// It is for a process of its own: it takes the process's timer (`setitimer`, `SIGALRM`) for the deadline of the sandbox,
/// and the signals that interrupt a statement (`SIGINT`, `SIGTERM`). A program that embeds a
/// [`Bridge`](rds_bridge::Bridge) has neither: its engine ticks in a thread.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Arguments::read() {
        Ok(arguments) => execute(&arguments),
        Err(error) if is_help(&error) => {
            output::print(&error.render().to_string()).map(|()| ExitCode::SUCCESS)
        }
        Err(error) => Err(Error::usage(&error, Arguments::command())),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // Servers and AWS choose the words of many an error.
            let line = error.to_string();
            // A standard error that is closed must not change the exit code.
            let _written = writeln!(stderr(), "rds-bridge: {}", PrintableLines(&line));
            error.exit().into()
        }
    }
}

fn execute(arguments: &Arguments) -> Result<ExitCode, Error> {
    log::start(arguments.log())?;
    match &arguments.command {
        Command::Token(arguments) => token::run(arguments),
        Command::Inspect => inspect::run(),
        Command::Setup(arguments) => setup::run(arguments),
        Command::Component(arguments) => component::run(arguments),
        Command::Query(arguments) => query::run(arguments),
        Command::Completions(arguments) => completions::run(arguments, &mut Arguments::command()),
        Command::Man => completions::man(&Arguments::command()),
        #[cfg(feature = "emulator")]
        Command::Demo(arguments) => demo::run(arguments),
        #[cfg(feature = "emulator")]
        Command::Emulate(arguments) => return emulate::run(arguments),
        Command::Doctor(arguments) => return doctor::run(arguments).map(ExitCode::from),
    }
    .map(|()| ExitCode::SUCCESS)
}

fn is_help(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    )
}

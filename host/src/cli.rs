//! The command `rds-bridge`: arguments in, one line or a few out, and an exit code.

mod arguments;
mod component;
mod error;
mod inspect;
mod message;
mod output;
mod setup;
mod token;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use arguments::{Arguments, Command};
use error::Error;
pub use error::Exit;

/// Runs the command with the process's arguments and environment.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Arguments::try_parse() {
        Ok(arguments) => execute(&arguments),
        Err(error) if is_help(&error) => output::print(&error.render().to_string()),
        Err(error) => Err(Error::usage(&error)),
    };
    match done {
        Ok(()) => Exit::Success.into(),
        Err(error) => {
            eprintln!("rds-bridge: {error}");
            error.exit().into()
        }
    }
}

fn execute(arguments: &Arguments) -> Result<(), Error> {
    match &arguments.command {
        Command::Token(arguments) => token::run(arguments),
        Command::Inspect => inspect::run(),
        Command::Setup(arguments) => setup::run(arguments),
        Command::Component(arguments) => component::run(arguments),
    }
}

fn is_help(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    )
}

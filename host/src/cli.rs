//! The command `rds-bridge`: arguments in, one line or a few out, and an exit code.

mod arguments;
mod completions;
mod component;
mod connection_arguments;
mod error;
mod exit;
mod format;
mod inspect;
mod log;
mod message;
pub(crate) use message::of_presign_error as presign_words;
mod output;
mod query;
mod runtime;
mod token;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use arguments::{Arguments, Command};
use error::Error;
pub use exit::Exit;

/// Runs the command with the process's arguments and environment.
#[must_use]
pub fn run() -> ExitCode {
    let parsed = Arguments::command().try_get_matches().and_then(|matches| {
        let order = matches.subcommand_matches("query").map(query::Order::of);
        Ok((
            Arguments::from_arg_matches(&matches)?,
            order.unwrap_or_default(),
        ))
    });
    let done = match parsed {
        Ok((arguments, order)) => execute(&arguments, &order),
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

fn execute(arguments: &Arguments, order: &query::Order) -> Result<(), Error> {
    log::start(arguments.log.as_deref())?;
    match &arguments.command {
        Command::Token(arguments) => token::run(arguments),
        Command::Inspect => inspect::run(),
        Command::Component(arguments) => component::run(arguments),
        Command::Query(arguments) => query::run(arguments, order),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man => completions::man(),
    }
}

fn is_help(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    )
}

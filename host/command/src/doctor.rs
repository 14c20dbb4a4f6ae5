//! `rds-bridge doctor`: walks the way to the rows stage by stage, and says how far it gets.

mod caller;
mod checks;
mod clock;
mod report;
#[cfg(feature = "secrets-manager")]
mod secret;

use clap::Args;

use super::connection_arguments::ConnectionArguments;
use super::error::Error;
use super::exit::Exit;
use super::query::interrupt;
use super::query::terminal::escaped_json;
use super::{output, runtime};
use report::Report;

#[derive(Args, Debug)]
pub(super) struct Doctor {
    /// Print one JSON object, for machines
    #[arg(long)]
    json: bool,

    /// Do not ask AWS whose credentials they are, which needs a way to its STS
    #[arg(long)]
    offline: bool,

    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) fn run(arguments: &Doctor) -> Result<Exit, Error> {
    let builder = arguments.connection.builder()?;
    let mut report = Report::new(!arguments.json);
    let exit = runtime::block_on(async {
        let walk = checks::walk(builder, arguments.offline, &mut report);
        interrupt::or_interrupted(walk).await
    })?;
    if arguments.json {
        output::print_line(&escaped_json(&report.json()))?;
    } else {
        output::print_line(report.verdict())?;
    }
    Ok(exit)
}

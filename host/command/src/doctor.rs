//! `rds-bridge doctor`: checks each stage of a connection, and explains the first failure.

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
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,

    /// Skip the checks that ask AWS: the identity of the credentials, and the alias of the endpoint
    ///
    /// The identity check calls AWS STS, which a subnet without internet access or a VPC endpoint cannot reach.
    #[arg(long)]
    offline: bool,

    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) fn run(arguments: &Doctor) -> Result<Exit, Error> {
    let builder = arguments.connection.builder()?;
    let mut report = Report::new(!arguments.json);
    let exit = runtime::block_on(async {
        let checks = checks::run(builder, arguments, &mut report);
        interrupt::or_interrupted(checks).await
    })?;
    if arguments.json {
        output::print_line(&escaped_json(&report.json()))?;
    } else {
        output::print_line(report.verdict())?;
    }
    Ok(exit)
}

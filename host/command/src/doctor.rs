//! `rds-bridge doctor`: checks each stage of a connection, and explains the first failure.

mod caller;
mod checks;
mod clock;
mod report;
#[cfg(feature = "secrets-manager")]
mod secret;
#[cfg(feature = "proxy")]
mod through;

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

    /// Check the way through a running proxy instead, as a client of it
    ///
    /// The stages are: TCP or the Unix socket, the greeting, TLS if the listener offers it, the login, and a SELECT.
    /// For a proxy that asks for passwords, --username is the name of a caller, and DB_PASSWORD or --password-file its
    /// password. --ca-file is the authority of the listener's certificate. What fails on the proxy's way to the
    /// database is reported as the proxy tells it.
    #[cfg(feature = "proxy")]
    #[arg(long, value_name = "HOST:PORT|PATH")]
    through: Option<through::Place>,

    #[command(flatten)]
    connection: ConnectionArguments,
}

pub(super) fn run(arguments: &Doctor) -> Result<Exit, Error> {
    let mut report = Report::new(!arguments.json);
    let exit = exit(arguments, &mut report)?;
    if arguments.json {
        output::print_line(&escaped_json(&report.json()))?;
    } else {
        output::print_line(report.verdict())?;
    }
    Ok(exit)
}

/// Runs the checks.
fn exit(arguments: &Doctor, report: &mut Report) -> Result<Exit, Error> {
    #[cfg(feature = "proxy")]
    if let Some(place) = &arguments.through {
        let client = arguments.connection.of_client("--through")?;
        let checks = through::run(place, client, report);
        return runtime::block_on(interrupt::or_interrupted(checks));
    }
    let builder = arguments.connection.builder()?;
    let checks = checks::run(builder, arguments, report);
    runtime::block_on(interrupt::or_interrupted(checks))
}

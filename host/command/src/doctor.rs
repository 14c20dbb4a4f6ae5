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

    /// Skip two checks: the identity of the credentials (asks AWS STS), and whether --hostname is an alias (asks DNS)
    ///
    /// AWS STS cannot be reached from a subnet that has neither internet access nor a VPC endpoint for STS.
    #[arg(long)]
    offline: bool,

    /// Check the path through a running proxy instead of the direct one, as one of the proxy's clients
    ///
    /// The stages are: TCP or the Unix socket, the greeting, TLS if the listener offers it, the login, and a SELECT. If
    /// the proxy requires passwords, --username is the name of a caller in the proxy's configuration file
    /// ([callers.NAME]), and DB_PASSWORD or --password-file gives its password. --ca-file is the PEM file of the
    /// authority that issued the certificate of the proxy's listener. If the proxy itself cannot connect to the
    /// database, the report shows the error that the proxy sends.
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

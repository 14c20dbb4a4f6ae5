//! `rds-bridge emulate`: an emulated RDS on this machine.

mod arguments;
mod ca_file;
mod environment;

use std::io::Write;
use std::process::ExitCode;

pub(super) use arguments::Emulate;

use super::error::Error;
use super::quoted::quoted;
use super::signals::Signals;
use super::{child, output, runtime};
use ca_file::CaFile;
use rds_bridge::aws::Credentials;
use rds_bridge_emulator::{Emulator, Event};

/// Settings of another database. A program that connects to the emulator must not use them.
const OF_OTHERS: [&str; 7] = [
    "AWS_SESSION_TOKEN",
    "DB_CONNECT_TO",
    "DB_PASSWORD",
    "DB_REGION",
    "DB_ROLE",
    "DB_SECRET_ARN",
    "DB_TOPOLOGY",
];

pub(super) fn run(arguments: &Emulate) -> Result<ExitCode, Error> {
    runtime::block_on(async {
        // First, so that a signal cannot leave temporary files behind.
        let mut signals = Signals::catch()?;
        let given = environment::credentials()?;
        let mut builder = arguments.builder()?.on_event(log_event);
        if let Some(credentials) = given.clone() {
            builder = builder.credentials(credentials);
        }
        let emulator = builder.start().map_err(Error::Emulator)?;
        let ca_file = CaFile::write(arguments.ca_out.as_deref(), emulator.ca_pem())?;
        let variables = emulator.environment(ca_file.path());
        if !arguments.command.is_empty() {
            return child::run(&arguments.command, variables, &OF_OTHERS, &mut signals).await;
        }
        print(&emulator, given.as_ref(), &variables)?;
        wait_for_end(arguments.until_stdin_closes, &mut signals).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Prints an event. A closed standard error does not affect the connections.
fn log_event(event: &Event) {
    let line = format!("rds-bridge: {event}\n");
    let _unread = std::io::stderr().write_all(line.as_bytes());
}

fn print(
    emulator: &Emulator,
    given: Option<&Credentials>,
    variables: &[(&'static str, String)],
) -> Result<(), Error> {
    let is_shown = |name: &str| given.is_none() || !environment::is_credential(name);
    let lines = variables
        .iter()
        .filter(|(name, _)| is_shown(name))
        .map(|(name, value)| format!("export {name}={}\n", quoted(value)));
    // The empty line marks the end, for a program that reads the lines from a pipe.
    output::print(&(lines.collect::<String>() + "\n"))?;
    let line = format!(
        "rds-bridge: emulating RDS on {}; clients need the settings above{}. Press Ctrl-C to stop.\n",
        emulator.address(),
        match given {
            Some(_) => " and the AWS credentials in the environment",
            None => "",
        }
    );
    let _unread = std::io::stderr().write_all(line.as_bytes());
    Ok(())
}

async fn wait_for_end(until_stdin_closes: bool, signals: &mut Signals) {
    let stdin_closes = async {
        if !until_stdin_closes {
            std::future::pending::<()>().await;
        }
        let read = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _closed = tokio::task::spawn_blocking(read).await;
    };
    tokio::select! {
        () = stdin_closes => {}
        _ = signals.next() => {}
    }
}

//! `rds-bridge emulate`: RDS on a laptop.

mod arguments;
mod ca_file;
mod environment;

use std::process::{Command, ExitCode};

pub(super) use arguments::Emulate;

use super::error::Error;
use super::{output, runtime};
use ca_file::CaFile;

pub(super) fn run(arguments: &Emulate) -> Result<ExitCode, Error> {
    let given = environment::credentials()?;
    let mut builder = arguments.builder();
    if let Some(credentials) = given.clone() {
        builder = builder.credentials(credentials);
    }
    let emulator = builder
        .on_event(|event| eprintln!("rds-bridge: {event}"))
        .start()
        .map_err(Error::Emulator)?;
    let ca_file = CaFile::write(
        arguments.ca_out.as_deref(),
        emulator.ca_pem(),
        emulator.port(),
    )?;
    let variables = emulator.environment(ca_file.path());
    if let Some((program, rest)) = arguments.command.split_first() {
        // It inherits what is in the environment already.
        let mut command = Command::new(program);
        command.args(rest).envs(variables);
        return wait_for(command, program);
    }
    let is_shown = |name: &str| given.is_none() || !environment::is_of_credentials(name);
    let lines = variables
        .iter()
        .filter(|(name, _)| is_shown(name))
        .map(|(name, value)| format!("export {name}={}\n", environment::quoted(value)));
    // The empty line says that this is all.
    output::print(&(lines.collect::<String>() + "\n"))?;
    eprintln!(
        "rds-bridge: emulating RDS at {}; it takes tokens {}. Ctrl-C ends it.",
        emulator.address(),
        match given {
            Some(_) => "that the AWS credentials of this environment have signed",
            None => "that the credentials above have signed",
        }
    );
    runtime::block_on(async {
        until_the_end(arguments.until_stdin_closes).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs a command to its end, and gives its exit code.
fn wait_for(command: Command, program: &std::ffi::OsStr) -> Result<ExitCode, Error> {
    let failed = |error| Error::Command(program.to_owned(), error);
    let status = runtime::block_on(async {
        let mut child = tokio::process::Command::from(command)
            .spawn()
            .map_err(failed)?;
        loop {
            tokio::select! {
                ended = child.wait() => break ended.map_err(failed),
                // It is the command's to heed: it has reached it too.
                _ = tokio::signal::ctrl_c() => {}
                // That one has reached us alone. What we have put in place is to go with us.
                () = terminated() => child.start_kill().map_err(failed)?,
            }
        }
    })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    // One that a signal ended has no code: 1 says that it did not end well.
    Ok(ExitCode::from(code.unwrap_or(1)))
}

async fn until_the_end(until_stdin_closes: bool) {
    let stdin_closes = async {
        if !until_stdin_closes {
            std::future::pending::<()>().await;
        }
        let read = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _closed = tokio::task::spawn_blocking(read).await;
    };
    tokio::select! {
        () = stdin_closes => {}
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

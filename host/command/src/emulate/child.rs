//! A command that runs with the emulator, and with which it ends.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use tokio::process::Child;

use super::signals::{Signals, Told};
use crate::error::Error;

/// Runs a command to its end, and gives its exit code.
pub(super) async fn run(
    command: &[OsString],
    variables: Vec<(&'static str, String)>,
    signals: &mut Signals,
) -> Result<ExitCode, Error> {
    let (program, arguments) = command.split_first().ok_or_else(|| {
        let problem = "no command is given behind --";
        Error::Usage(problem.to_owned())
    })?;
    let failed = |error| Error::Command(program.clone(), error);
    let mut own = Command::new(program);
    // It inherits what is in the environment already.
    own.args(arguments).envs(variables);
    let mut child = tokio::process::Command::from(own).spawn().map_err(failed)?;
    let mut has_been_told = false;
    let status = loop {
        tokio::select! {
            ended = child.wait() => break ended.map_err(failed)?,
            told = signals.next() => match told {
                // It is the command's to heed: it has reached it too.
                Told::Interrupted => {}
                Told::Terminated if has_been_told => child.start_kill().map_err(failed)?,
                Told::Terminated => {
                    has_been_told = true;
                    terminate(&mut child).map_err(failed)?;
                }
            },
        }
    };
    Ok(exit_code(status))
}

/// Asks it to end, so that it can put away what is its own.
#[cfg(unix)]
fn terminate(child: &mut Child) -> std::io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process};
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    match id.and_then(Pid::from_raw) {
        Some(id) => Ok(kill_process(id, Signal::TERM)?),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) -> std::io::Result<()> {
    child.start_kill()
}

/// A shell's: 128 and the number of the signal that has ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status
        .code()
        .or_else(|| signal.map(|signal| signal.saturating_add(128)));
    let code = code.and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(u8::MAX))
}

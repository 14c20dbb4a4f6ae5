//! Runs a program beside the emulator or the proxy, which ends when the program does.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use tokio::process::Child;

use super::error::Error;
use super::signals::{Signals, Stop};

/// Runs a program to its end, with `variables` and without those in `removed`, and returns its exit code.
pub(super) async fn run(
    command: &[OsString],
    variables: Vec<(&'static str, String)>,
    removed: &[&str],
    signals: &mut Signals,
) -> Result<ExitCode, Error> {
    let (program, arguments) = command.split_first().ok_or_else(|| {
        let problem = "a program is missing after --";
        Error::Usage(problem.to_owned())
    })?;
    let failed = |error| Error::Command(program.clone(), error);
    let mut own = Command::new(program);
    // In addition to the rest of this process's environment, which it inherits.
    for name in removed {
        own.env_remove(name);
    }
    own.args(arguments).envs(variables);
    let mut child = tokio::process::Command::from(own).spawn().map_err(failed)?;
    let mut was_terminated = false;
    let status = loop {
        tokio::select! {
            ended = child.wait() => break ended.map_err(failed)?,
            signal = signals.next() => match signal {
                // Ctrl-C reaches the program too, which decides what to do.
                Stop::Interrupted => {}
                Stop::Terminated if was_terminated => child.start_kill().map_err(failed)?,
                Stop::Terminated => {
                    was_terminated = true;
                    terminate(&mut child).map_err(failed)?;
                }
            },
        }
    };
    Ok(exit_code(status))
}

/// Asks the program to end, so that it can clean up.
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

/// The exit code as a shell reports it: 128 plus the number of the signal if one ended the program.
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

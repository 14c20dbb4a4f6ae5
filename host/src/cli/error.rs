//! What went wrong, in one line, and the exit code for it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use super::message;
use crate::aws::MissingCredentials;
use crate::guest::{CallError, Fault, Malformed, PresignError};

/// How the command ends. Part of its contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success = 0,
    /// A bug of ours.
    Bug = 1,
    /// Usage, or a setting that is missing or wrong.
    Usage = 2,
    /// No credentials, or expired ones.
    Credentials = 3,
    /// The text that was to be read is not a token.
    NotAToken = 4,
    /// Reading or writing failed.
    InputOutput = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::from(0),
            Exit::Bug => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Credentials => Self::from(3),
            Exit::NotAToken => Self::from(4),
            Exit::InputOutput => Self::from(5),
        }
    }
}

#[derive(Debug)]
pub(super) enum Error {
    Usage(String),
    MissingSetting {
        what: &'static str,
        how: &'static str,
    },
    InvalidTime,
    ClockBefore1970,
    Credentials(MissingCredentials),
    Presign(PresignError),
    Malformed(Malformed),
    Read(io::Error),
    Write(io::Error),
    File(PathBuf, io::Error),
    Fault(Fault),
}

impl Error {
    /// clap's error, in one line.
    pub(super) fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let lines = text.lines().map(str::trim).take_while(|line| {
            !line.starts_with("Usage:") && !line.starts_with("For more information")
        });
        let line: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let line = line.join(" ");
        let line = line.strip_prefix("error: ").unwrap_or(&line);
        Self::Usage(format!("{line} (see rds-bridge --help)"))
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_)
            | Self::MissingSetting { .. }
            | Self::InvalidTime
            | Self::ClockBefore1970
            | Self::Fault(Fault::ArgumentsTooLarge { .. }) => Exit::Usage,
            Self::Presign(error) => message::exit_of(error),
            Self::Credentials(_) => Exit::Credentials,
            Self::Malformed(_) => Exit::NotAToken,
            Self::Read(_) | Self::Write(_) | Self::File(..) => Exit::InputOutput,
            Self::Fault(Fault::Load(_) | Fault::Instantiate(_) | Fault::Trap(_)) => Exit::Bug,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(line) => f.write_str(line),
            Self::MissingSetting { what, how } => write!(f, "no {what}: {how}"),
            Self::InvalidTime => f.write_str("--signed-at is not a time as 2026-01-31T12:00:00Z"),
            Self::ClockBefore1970 => f.write_str("the time is before 1970: set the clock"),
            Self::Credentials(missing) => write!(f, "no AWS credentials: {missing}"),
            Self::Presign(error) => f.write_str(&message::of_presign_error(error)),
            Self::Malformed(malformed) => {
                write!(f, "not a token: {}", message::of_malformed(malformed))
            }
            Self::Read(error) => write!(f, "cannot read standard input: {error}"),
            Self::Write(error) => write!(f, "cannot write to standard output: {error}"),
            Self::File(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Fault(fault) => {
                write!(f, "{fault}")?;
                let mut source = std::error::Error::source(fault);
                while let Some(error) = source {
                    write!(f, ": {}", error.to_string().replace('\n', " "))?;
                    source = error.source();
                }
                Ok(())
            }
        }
    }
}

impl From<CallError<PresignError>> for Error {
    fn from(error: CallError<PresignError>) -> Self {
        match error {
            CallError::Refused(error) => Self::Presign(error),
            CallError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<CallError<Malformed>> for Error {
    fn from(error: CallError<Malformed>) -> Self {
        match error {
            CallError::Refused(malformed) => Self::Malformed(malformed),
            CallError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

//! The messages of the errors, each in one line, and the likely causes below it.

use std::fmt;

use super::Error;
use crate::setting_names;
use crate::variables::name_of_setting;
use rds_bridge::component::{Fault, PresignError};
use rds_bridge::error::{
    Cause, Chain, ErrorKind, Stage, malformed_token_words, presign_words_with,
};

const NOT_KILLED: &str =
    "the statement may still be running, because the server could not be told to end it";
const FIND_IT: &str = "SHOW PROCESSLIST lists it, and KILL QUERY ends it";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(line) => f.write_str(line),
            Self::MissingSetting { what, how } => write!(f, "no {what}: {how}"),
            Self::InvalidTime => {
                f.write_str("--signed-at takes a time such as 2026-01-31T12:00:00Z")
            }
            Self::TimeBefore1970 => f.write_str("--signed-at: the time must not be before 1970"),
            Self::ClockBefore1970 => f.write_str("this machine's clock is before 1970: set it"),
            Self::Region(error) => {
                let hint = setting_names::words(&error.hint());
                write!(f, "{}: {hint}", Chain(error))
            }
            Self::Credentials(error) => write!(f, "{}: {}", Chain(error), error.hint()),
            Self::Bridge(error) => WithCauses(error).fmt(f),
            Self::InStatement {
                number,
                count,
                error,
            } => write!(f, "statement {number} of {count}: {}", WithCauses(error)),
            #[cfg(feature = "emulator")]
            Self::Emulator(error) => f.write_str(&crate::emulator_error::words(error)),
            #[cfg(feature = "proxy")]
            Self::Proxy(error) => Chain(error).fmt(f),
            #[cfg(feature = "gateway")]
            Self::Gateway(error) => Chain(error).fmt(f),
            Self::Command(program, error) => write!(f, "cannot run {}: {error}", program.display()),
            Self::ReadFile(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            #[cfg(feature = "proxy")]
            Self::UnusableFile(path, problem) => {
                write!(f, "cannot use {}: {problem}", path.display())
            }
            Self::Interrupted
            | Self::NotKilled(_)
            | Self::NotAwaited
            | Self::CommitUnknown(_)
            | Self::NotEnded(_) => f.write_str(&of_unfinished(self)),
            Self::Runtime(error) => write!(f, "rds-bridge itself cannot start: {error}"),
            Self::Presign(error) => f.write_str(&of_presigning(error)),
            Self::Malformed(malformed) => {
                write!(f, "not a token: {}", malformed_token_words(malformed))
            }
            Self::TokenNotUtf8 { offset } => {
                write!(f, "not a token: the input is not UTF-8 at byte {offset}")
            }
            Self::Read(error) => write!(f, "cannot read standard input: {error}"),
            Self::Write(error) => write!(f, "cannot write to standard output: {error}"),
            Self::File(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::NoFolder { path, folder } => write!(
                f,
                "cannot write {}: the folder {} does not exist",
                path.display(),
                folder.display()
            ),
            #[cfg(feature = "arrow")]
            Self::Columnar(error) => error.fmt(f),
            Self::Roots(error) => Chain(error).fmt(f),
            Self::Fault(fault) => f.write_str(&of_fault(fault)),
        }
    }
}

/// The message of a statement that did not run to its end.
fn of_unfinished(error: &Error) -> String {
    match error {
        Error::NotKilled(error) => {
            format!("interrupted; {NOT_KILLED}: {}; {FIND_IT}", Chain(error))
        }
        Error::NotAwaited => format!(
            "interrupted; the statement may still be running, because the server did not confirm that it ended; \
             {FIND_IT}"
        ),
        Error::CommitUnknown(why) => format!(
            "{}; COMMIT was sent but not answered, so the changes may or may not be committed: check the data before \
             you run the statements again",
            InOneLine(why)
        ),
        Error::NotEnded(why) => format!("{}; {NOT_KILLED}; {FIND_IT}", InOneLine(why)),
        _ => "interrupted".to_owned(),
    }
}

/// The message of an error of signing, in which each setting is named by its flag or variable.
fn of_presigning(error: &PresignError) -> String {
    let words = presign_words_with(error, |setting| Some(name_of_setting(setting).to_owned()));
    match error {
        PresignError::ExpiryOutOfRange(_) => format!("--expires-in: {words}"),
        _ => words,
    }
}

/// The message of the library's error. A setting is named by the flag or the variable that gave it.
fn words(error: &rds_bridge::Error) -> String {
    match error.kind() {
        ErrorKind::Setting { setting, problem } => {
            format!("{}: {problem}", name_of_setting(setting))
        }
        ErrorKind::Region(error) => {
            format!("{}: {}", Chain(error), setting_names::words(&error.hint()))
        }
        ErrorKind::Fault(fault) => of_fault(fault),
        // The server's message speaks for itself.
        _ if matches!(error.stage(), Stage::Statement | Stage::Rows) => words_without_stage(error),
        _ => Chain(error).to_string(),
    }
}

/// As [`words`], where the stage is named beside the message.
pub(crate) fn words_without_stage(error: &rds_bridge::Error) -> String {
    match error.kind() {
        ErrorKind::Setting { .. } | ErrorKind::Region(_) | ErrorKind::Fault(_) => words(error),
        _ => {
            let chain = Chain(error).to_string();
            let stage = format!("{}: ", error.stage());
            let rest = chain.strip_prefix(&stage).map(str::to_owned);
            rest.unwrap_or(chain)
        }
    }
}

/// The message of a failure of the sandbox, and what to do.
fn of_fault(fault: &Fault) -> String {
    let remedy = match fault {
        Fault::Load(_) | Fault::Instantiate(_) => {
            "; if the address space is limited (ulimit -v), raise the limit"
        }
        Fault::Trap(_) | Fault::NoDeadline => "; this is a bug in rds-bridge: please report it",
        Fault::ArgumentsTooLarge { .. } => "",
    };
    format!("{}{remedy}", Chain(fault))
}

/// The message of the library's error, with its likely causes.
struct WithCauses<'a>(&'a rds_bridge::Error);

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            // Its only cause says no more than the message.
            ErrorKind::Credentials(error) => write!(f, "{}: {}", words(self.0), error.hint()),
            _ => write!(f, "{}{}", words(self.0), Causes(self.0.causes())),
        }
    }
}

/// How many likely causes to list. `doctor` lists all.
pub(crate) const LISTED: usize = 4;

/// The likely causes with their remedies, the likeliest first.
struct Causes<'a>(&'a [Cause]);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        f.write_str("\nlikely causes:")?;
        for (index, Cause { why, remedy, .. }) in self.0.iter().enumerate().take(LISTED) {
            let number = index.saturating_add(1);
            let remedy = setting_names::words(remedy);
            write!(f, "\n  {number}. {why}\n     → {remedy}")?;
        }
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more, which rds-bridge doctor lists"),
        }
    }
}

/// An error without its causes, for a message that goes on.
struct InOneLine<'a>(&'a Error);

impl fmt::Display for InOneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Error::Bridge(error) => f.write_str(&words(error)),
            other => other.fmt(f),
        }
    }
}

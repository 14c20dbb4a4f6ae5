//! The errors of the command: one message and one exit code each.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::exit::Exit;
use super::setting_names;
use super::variables::name_of_setting;
use rds_bridge::aws::{CredentialsError, RegionError};
use rds_bridge::component::{CallError, Fault, Malformed, PresignError};
use rds_bridge::error::{Category, Cause, Chain, ErrorKind, malformed_token_words, presign_words};
use rds_bridge::tls::PemError;
#[cfg(feature = "arrow")]
use rds_bridge_formats::arrow as columnar;

#[derive(Debug)]
pub(super) enum Error {
    Usage(String),
    MissingSetting {
        what: &'static str,
        how: &'static str,
    },
    InvalidTime,
    ClockBefore1970,
    Region(RegionError),
    Credentials(CredentialsError),
    Runtime(io::Error),
    /// An error of the library, with its likely causes.
    Bridge(rds_bridge::Error),
    /// As [`Self::Bridge`], of one of several statements.
    InStatement {
        /// From 1.
        number: usize,
        count: usize,
        error: rds_bridge::Error,
    },
    ReadFile(PathBuf, io::Error),
    #[cfg(feature = "emulator")]
    Emulator(rds_bridge_emulator::StartError),
    #[cfg(feature = "proxy")]
    Proxy(super::proxy_error::ProxyError),
    #[cfg(feature = "gateway")]
    Gateway(super::gateway_error::GatewayError),
    /// The program to run beside the emulator or the proxy, or the pager, does not start.
    Command(std::ffi::OsString, io::Error),
    Interrupted,
    /// Interrupted, and the server could not be told to end the statement.
    NotKilled(rds_bridge::Error),
    /// Interrupted, and the server did not confirm in time that the statement ended.
    NotAwaited,
    /// COMMIT was sent, and this came instead of an answer.
    CommitUnknown(Box<Self>),
    /// The statement ended here with this error, and the server could not be told to end it.
    NotEnded(Box<Self>),
    Presign(PresignError),
    Malformed(Malformed),
    Read(io::Error),
    Write(io::Error),
    File(PathBuf, io::Error),
    /// The folder of a file to write does not exist.
    NoFolder {
        path: PathBuf,
        folder: PathBuf,
    },
    /// Rows that Arrow or Parquet cannot represent.
    #[cfg(feature = "arrow")]
    Columnar(columnar::Error),
    /// The bundled root certificates cannot be parsed.
    Roots(PemError),
    Fault(Fault),
}

#[cfg(feature = "proxy")]
impl From<super::proxy_error::ProxyError> for Error {
    fn from(error: super::proxy_error::ProxyError) -> Self {
        Self::Proxy(error)
    }
}

#[cfg(feature = "gateway")]
impl From<super::gateway_error::GatewayError> for Error {
    fn from(error: super::gateway_error::GatewayError) -> Self {
        Self::Gateway(error)
    }
}

impl Error {
    /// A format or an option needs a Cargo feature that this build does not have.
    pub(super) fn not_built_in(feature: &str, install: &str) -> Self {
        Self::Usage(format!(
            "this rds-bridge was built without the feature {feature}; to add it, run in the repository: \
             cargo install --locked --path host/command --features {install}"
        ))
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_)
            | Self::MissingSetting { .. }
            | Self::InvalidTime
            | Self::ClockBefore1970
            | Self::Region(_)
            | Self::Credentials(CredentialsError::Profile(_))
            | Self::Fault(Fault::ArgumentsTooLarge { .. }) => Exit::Usage,
            Self::Presign(error) => Category::from(error).into(),
            Self::Credentials(
                CredentialsError::Environment(_)
                | CredentialsError::Failed { .. }
                | CredentialsError::NeedsMfa { .. }
                | CredentialsError::LoginNotBuiltIn { .. }
                | CredentialsError::EmptyEndpoint { .. }
                | CredentialsError::NotFound(_),
            ) => Exit::Credentials,
            Self::Malformed(_) => Exit::NotAToken,
            Self::Read(_)
            | Self::ReadFile(..)
            | Self::Write(_)
            | Self::File(..)
            | Self::NoFolder { .. }
            | Self::Runtime(_) => Exit::InputOutput,
            #[cfg(feature = "arrow")]
            Self::Columnar(error) => columnar_exit(error),
            Self::Bridge(error) | Self::InStatement { error, .. } => Exit::for_error(error),
            #[cfg(feature = "emulator")]
            Self::Emulator(error) => emulator_exit(error),
            #[cfg(feature = "proxy")]
            Self::Proxy(error) => error.exit(),
            #[cfg(feature = "gateway")]
            Self::Gateway(error) => error.exit(),
            Self::Command(..) => Exit::Usage,
            Self::CommitUnknown(why) | Self::NotEnded(why) => why.exit(),
            Self::Interrupted | Self::NotKilled(_) | Self::NotAwaited => Exit::Interrupted,
            Self::Fault(
                Fault::Load(_) | Fault::NoDeadline | Fault::Instantiate(_) | Fault::Trap(_),
            )
            | Self::Roots(_) => Exit::Bug,
        }
    }
}

#[cfg(feature = "arrow")]
fn columnar_exit(error: &columnar::Error) -> Exit {
    match error {
        columnar::Error::Unfit { .. } | columnar::Error::Scale { .. } => Exit::InputOutput,
        columnar::Error::SecondResult { .. } => Exit::Usage,
        columnar::Error::Value(_) => Exit::Protocol,
        columnar::Error::Arrow(_) => Exit::Bug,
        #[cfg(feature = "parquet")]
        columnar::Error::Parquet(_) => Exit::Bug,
    }
}

#[cfg(feature = "emulator")]
fn emulator_exit(error: &rds_bridge_emulator::StartError) -> Exit {
    use rds_bridge_emulator::StartError;
    match error {
        StartError::Setting { .. } | StartError::Certificate(_) => Exit::Usage,
        StartError::Listen { .. }
        | StartError::SeedFile { .. }
        | StartError::TemporaryFolder(_)
        | StartError::Database(_) => Exit::InputOutput,
        StartError::Seed { .. } => Exit::Statement,
        StartError::Tls(_) | StartError::Fault(_) => Exit::Bug,
    }
}

const NOT_KILLED: &str = "interrupted; the statement may still be running, because the server could not be told to end it";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(line) => f.write_str(line),
            Self::MissingSetting { what, how } => write!(f, "no {what}: {how}"),
            Self::InvalidTime => f.write_str("--signed-at takes a time such as 2026-01-31T12:00:00Z"),
            Self::ClockBefore1970 => f.write_str("the time is before 1970; set the clock"),
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
            Self::Emulator(error) => f.write_str(&super::emulator_error::words(error)),
            #[cfg(feature = "proxy")]
            Self::Proxy(error) => Chain(error).fmt(f),
            #[cfg(feature = "gateway")]
            Self::Gateway(error) => Chain(error).fmt(f),
            Self::Command(program, error) => write!(f, "cannot run {}: {error}", program.display()),
            Self::ReadFile(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Interrupted => f.write_str("interrupted"),
            Self::NotKilled(error) => write!(f, "{NOT_KILLED}: {}", Chain(error)),
            Self::NotAwaited => f.write_str(
                "interrupted; the statement may still be running, because the server did not confirm that it ended",
            ),
            Self::CommitUnknown(why) => write!(
                f,
                "{}; COMMIT was sent but not answered, so the changes may or may not be committed",
                InOneLine(why)
            ),
            Self::NotEnded(why) => write!(
                f,
                "{}; the statement may still be running, because the server could not be told to end it",
                InOneLine(why)
            ),
            Self::Runtime(error) => write!(f, "cannot start: {error}"),
            Self::Presign(error) => f.write_str(&presign_words(error)),
            Self::Malformed(malformed) => {
                write!(f, "not a token: {}", malformed_token_words(malformed))
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
            Self::Fault(fault) => Chain(fault).fmt(f),
        }
    }
}

/// The message of the library's error. A setting is named by the flag or the variable that gave it.
pub(super) fn words(error: &rds_bridge::Error) -> String {
    match error.kind() {
        ErrorKind::Setting { setting, problem } => {
            format!("{}: {problem}", name_of_setting(setting))
        }
        ErrorKind::Region(error) => {
            format!("{}: {}", Chain(error), setting_names::words(&error.hint()))
        }
        _ => Chain(error).to_string(),
    }
}

/// The message of the library's error, with its likely causes.
struct WithCauses<'a>(&'a rds_bridge::Error);

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", words(self.0), Causes(self.0.causes()))
    }
}

/// How many likely causes to list. `doctor` lists all.
pub(super) const LISTED: usize = 4;

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

impl From<RegionError> for Error {
    fn from(error: RegionError) -> Self {
        Self::Region(error)
    }
}

impl From<CredentialsError> for Error {
    fn from(error: CredentialsError) -> Self {
        Self::Credentials(error)
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

impl From<rds_bridge::Error> for Error {
    fn from(error: rds_bridge::Error) -> Self {
        Self::Bridge(error)
    }
}

impl From<rds_bridge_formats::Error> for Error {
    fn from(error: rds_bridge_formats::Error) -> Self {
        match error {
            rds_bridge_formats::Error::Value(error) => Self::Bridge(error.into()),
            rds_bridge_formats::Error::NotBuiltIn { feature } => {
                Self::not_built_in(feature, "arrow,parquet")
            }
            #[cfg(feature = "arrow")]
            rds_bridge_formats::Error::Columnar(error) => Self::Columnar(error),
        }
    }
}

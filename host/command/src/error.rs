//! The errors of the command: one message and one exit code each.

mod words;

use std::io;
use std::path::PathBuf;

pub(super) use words::{LISTED, words_without_stage};

use super::exit::Exit;
use rds_bridge::aws::{CredentialsError, RegionError};
use rds_bridge::component::{CallError, Fault, Malformed, PresignError};
use rds_bridge::error::Category;
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
    TimeBefore1970,
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
    /// A file that was read, and what is wrong with it.
    #[cfg(feature = "proxy")]
    UnusableFile(PathBuf, String),
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
    /// The input of `inspect` is not UTF-8 from this byte on.
    TokenNotUtf8 {
        offset: usize,
    },
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
            | Self::TimeBefore1970
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
            Self::Malformed(_) | Self::TokenNotUtf8 { .. } => Exit::NotAToken,
            Self::Read(_)
            | Self::ReadFile(..)
            | Self::Write(_)
            | Self::File(..)
            | Self::NoFolder { .. }
            | Self::Runtime(_) => Exit::InputOutput,
            #[cfg(feature = "proxy")]
            Self::UnusableFile(..) => Exit::InputOutput,
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

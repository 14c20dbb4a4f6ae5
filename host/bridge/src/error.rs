//! The errors of the library: the stage that failed, the kind of failure with the server's code, and its likely causes.

mod category;
mod causes;
mod chain;
mod handshake_words;
mod kind;
mod malformed_token_words;
mod not_cancelled;
mod other_protocols;
mod presign_words;
#[cfg(feature = "secrets-manager")]
mod secret_causes;
mod server_causes;
mod topology_problem;

pub use crate::remedy::Remedy;
pub use category::Category;
pub use causes::Cause;
pub(crate) use causes::{cause, of_long_command};
pub use chain::Chain;
pub use handshake_words::{packet_name, plugin_name};
pub use kind::ErrorKind;
pub use malformed_token_words::describe as malformed_token_words;
pub use not_cancelled::NotCancelled;
pub use presign_words::{describe as presign_words, describe_with as presign_words_with};
#[cfg(feature = "secrets-manager")]
pub(crate) use secret_causes::no_way_to_secrets_manager;
pub use server_causes::ends_connection;
pub(crate) use server_causes::is_of_read_only_server;
pub use topology_problem::TopologyProblem;

use std::error::Error as StdError;
use std::fmt;
use std::io;

use server_causes::Product;

use crate::component::{CallError, HandshakeError, ServerError};
use crate::protocol::{ReadError, ValueError};
use crate::tls::Certificate;

/// The error codes that say that the server or a proxy has no free connection: `ER_CON_COUNT_ERROR`,
/// `ER_TOO_MANY_USER_CONNECTIONS`, `ER_USER_LIMIT_REACHED`, and RDS Proxy's 9501. A retry may succeed.
pub const TOO_MANY_CONNECTIONS: [u16; 4] = [1040, 1203, 1226, 9501];

/// A stage on the way from the settings to the rows. The variants are in the order of the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The settings are read and checked.
    Settings,
    /// AWS credentials are loaded, and with them the secret, if one is set.
    Credentials,
    /// The host name is resolved to addresses.
    Resolve,
    /// A TCP connection is opened.
    Connect,
    /// The server's first packet is read.
    InitialHandshake,
    /// TLS is established, and the server's certificate is verified.
    Tls,
    /// The token is signed.
    Token,
    /// The user logs in.
    Login,
    /// The session is set up: its character set, and whether it is read-only. The first statement may have been sent in
    /// the same flight, and executed.
    Session,
    /// A statement is executed.
    Statement,
    /// The rows of its result are read.
    Rows,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::Credentials => "credentials",
            Self::Resolve => "name resolution",
            Self::Connect => "TCP connection",
            Self::InitialHandshake => "greeting",
            Self::Tls => "TLS",
            Self::Token => "token",
            Self::Login => "login",
            Self::Session => "session",
            Self::Statement => "statement",
            Self::Rows => "rows",
        })
    }
}

/// An error of the library: the kind of failure and its stage. [`StdError::source`] returns the underlying error.
///
/// `Display` shows one level. `Debug` shows the whole chain and the likely causes, for people: a `main` that returns
/// the error prints it. With `{:#?}` it shows the fields.
pub struct Error {
    stage: Stage,
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    causes: Vec<Cause>,
    refused: Vec<Certificate>,
    parameter_set: Option<usize>,
}

impl Error {
    /// Creates an error of a stage, with the likely causes of its kind.
    #[must_use]
    pub fn new(stage: Stage, kind: ErrorKind) -> Self {
        let causes = causes::of_kind(stage, &kind);
        let inner = Box::new(Inner {
            kind,
            causes,
            refused: Vec::new(),
            parameter_set: None,
        });
        Self { stage, inner }
    }

    pub(crate) fn with_parameter_set(mut self, index: usize) -> Self {
        self.inner.parameter_set = Some(index);
        self
    }

    /// The index of the set of parameters that failed, counted from 0, in
    /// [`Connection::execute_batch`](crate::mysql::Connection::execute_batch).
    #[must_use]
    pub fn parameter_set(&self) -> Option<usize> {
        self.inner.parameter_set
    }

    pub(crate) fn with_refused(mut self, refused: Vec<Certificate>) -> Self {
        self.inner.refused = refused;
        self
    }

    /// Replaces the likely causes, the most likely first. Use it if the caller knows more than the error.
    #[must_use]
    pub fn with_causes(mut self, causes: Vec<Cause>) -> Self {
        self.inner.causes = causes;
        self
    }

    /// Sets the likely causes of the server's code for this server: codes from 4000 on differ between MySQL and
    /// MariaDB.
    pub(crate) fn told_by(mut self, server_version: &str) -> Self {
        if let ErrorKind::Server(error) = &self.inner.kind {
            let product = Product::of_version(server_version);
            self.inner.causes = server_causes::likely(self.stage, error, product);
        }
        self
    }

    /// Creates the error of a setting that is missing or wrong. `setting` is the builder's method.
    #[must_use]
    pub fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self::new(Stage::Settings, ErrorKind::Setting { setting, problem })
    }

    /// The stage that failed.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// The likely causes, the most likely first; empty if they are not known.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.inner.causes
    }

    /// The certificate chain that the server presented and that was refused, its own certificate first. It shows which
    /// authority is missing, the server's name, or when the certificate expired. Nothing in it is verified.
    #[must_use]
    pub fn refused_certificates(&self) -> &[Certificate] {
        &self.inner.refused
    }

    /// The server's error, if the server has sent one.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        match &self.inner.kind {
            ErrorKind::Server(error) | ErrorKind::ServerBeforeTls(error) => Some(error),
            _ => None,
        }
    }

    /// The server's error code, such as 1045.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        self.server_error().map(|error| error.code)
    }

    /// The server's SQLSTATE, such as `28000`.
    #[must_use]
    pub fn sql_state(&self) -> Option<&str> {
        self.server_error()
            .and_then(|error| error.sql_state.as_deref())
    }

    pub(crate) fn of_read(stage: Stage, error: ReadError) -> Self {
        let kind = match error {
            ReadError::Io(error) => return Self::of_io(stage, error),
            ReadError::Closed => ErrorKind::Closed,
            ReadError::Idle(limit) => ErrorKind::Timeout(limit),
            ReadError::RowTooLarge { limit } => ErrorKind::RowTooLarge { limit },
            ReadError::ServerClosing(words) => ErrorKind::Server(words),
            ReadError::Malformed(malformed) => ErrorKind::Malformed(malformed),
        };
        Self::new(stage, kind)
    }

    pub(crate) fn of_io(stage: Stage, error: io::Error) -> Self {
        use io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::UnexpectedEof | Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe => {
                ErrorKind::Closed
            }
            _ => ErrorKind::Io(error),
        };
        Self::new(stage, kind)
    }

    pub(crate) fn of_handshake(stage: Stage, error: CallError<HandshakeError>) -> Self {
        let kind = match error {
            CallError::Refused(HandshakeError::ServerRefused(error)) => ErrorKind::Server(error),
            CallError::Refused(HandshakeError::ServerRefusedBeforeTls(error)) => {
                ErrorKind::ServerBeforeTls(error)
            }
            CallError::Refused(HandshakeError::InvalidConfig(invalid)) => {
                return Self::setting("login", handshake_words::describe_invalid_config(&invalid));
            }
            CallError::Refused(error) => ErrorKind::Handshake(error),
            CallError::Fault(fault) => ErrorKind::Fault(fault),
        };
        Self::new(stage, kind)
    }
}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Self {
        Self::new(Stage::Rows, ErrorKind::Value(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.stage, self.inner.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, inner } = self;
        if f.alternate() {
            return f
                .debug_struct("Error")
                .field("stage", stage)
                .field("inner", inner)
                .finish();
        }
        write!(f, "{}", Chain(self))?;
        for (number, Cause { why, remedy }) in (1..).zip(&inner.causes) {
            write!(f, "\n{number}. {why}\n   {remedy}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.kind.source()
    }
}

#[cfg(test)]
mod tests;

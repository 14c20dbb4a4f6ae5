//! The errors of the library: the stage that failed, the kind of failure with the server's code, and its likely causes.

mod category;
mod causes;
mod chain;
mod handshake_words;
mod malformed_token_words;
mod not_cancelled;
mod other_protocols;
mod presign_words;
#[cfg(feature = "secrets-manager")]
mod secret_causes;
mod server_causes;

pub use crate::remedy::Remedy;
pub use category::Category;
pub use causes::Cause;
pub(crate) use causes::{cause, of_long_command};
pub use chain::Chain;
pub use handshake_words::plugin_name;
pub use malformed_token_words::describe as malformed_token_words;
pub use not_cancelled::NotCancelled;
pub use presign_words::describe as presign_words;
#[cfg(feature = "secrets-manager")]
pub(crate) use secret_causes::no_way_to_secrets_manager;
pub use server_causes::ends_connection;
pub(crate) use server_causes::is_of_read_only_server;

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error as ThisError;

use server_causes::Product;

#[cfg(feature = "secrets-manager")]
use crate::aws::SecretError;
use crate::aws::{CredentialsError, RegionError};
use crate::component::{CallError, Fault, HandshakeError, PresignError, ServerError};
use crate::protocol::{Malformed, NameError, ReadError, ValueError};
use crate::tls::{Certificate, TrustAnchorsError};
use rds_bridge_text::Printable;

/// The error codes for a lack of connections, of the server or of a proxy: `ER_CON_COUNT_ERROR`,
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
            Self::Tls => "TLS",
            Self::Token => "token",
            Self::Login => "login",
            Self::Session => "session",
            Self::Statement => "statement",
            Self::Rows => "rows",
        })
    }
}

/// What went wrong, and at which stage. [`StdError::source`] has what is beneath.
#[derive(Debug)]
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

/// The kinds of failure.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or wrong.
    #[error("{setting}: {problem}")]
    Setting {
        /// The builder's method.
        setting: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// No credentials, or none that can be used.
    #[error(transparent)]
    Credentials(CredentialsError),
    /// The secret gives no user and password.
    #[cfg(feature = "secrets-manager")]
    #[error(transparent)]
    Secret(SecretError),
    /// No region.
    #[error(transparent)]
    Region(RegionError),
    /// The authorities to trust cannot be read.
    #[error(transparent)]
    TrustAnchors(TrustAnchorsError),
    /// The token cannot be signed.
    #[error("{}", presign_words(.0))]
    Presign(PresignError),
    /// The name has no address.
    #[error("cannot resolve {host}")]
    Resolve {
        /// The name.
        host: String,
        /// The resolver's answer.
        #[source]
        source: io::Error,
    },
    /// None of the addresses takes a connection.
    #[error("{}", attempts(.0))]
    Connect(Vec<(SocketAddr, io::Error)>),
    /// Not done in time.
    #[error("not done within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// No TLS connection, or not with the right server.
    #[error("{}", tls_words(.0))]
    Tls(#[source] rustls::Error),
    /// The connection phase failed, other than by the server's refusal.
    #[error("{}", handshake_words::describe(.0))]
    Handshake(HandshakeError),
    /// The server refuses, with its own code, SQLSTATE and words.
    #[error("{}", server_words(.0))]
    Server(ServerError),
    /// The same before TLS: anyone on the path may have written it.
    #[error("{} (said before TLS: it may not be the server's)", server_words(.0))]
    ServerBeforeTls(ServerError),
    /// Reading or writing failed.
    #[error("the connection failed")]
    Io(#[source] io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server sent what the protocol does not allow.
    #[error("the server does not keep to the protocol: {0}")]
    Malformed(Malformed),
    /// A row is longer than [`crate::BridgeBuilder::max_row_bytes`] allows. The connection is unusable.
    #[error("a row is of more than {limit} bytes, the limit of max_row_bytes")]
    RowTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A value is not what was asked for.
    #[error(transparent)]
    Value(ValueError),
    /// The server asked for a file of this machine, and did not get it.
    #[error("the server asks for a file of this machine (LOCAL INFILE): refused")]
    LocalInfile,
    /// As many parameters as the statement has question marks are needed.
    #[error("parameters in the statement: {expected}, given: {given}")]
    ParameterCount {
        /// Question marks in the statement.
        expected: usize,
        /// Parameters given.
        given: usize,
    },
    /// The parameters' names do not fit the statement.
    #[error(transparent)]
    ParameterName(NameError),
    /// A parameter is of a type of another crate, and MySQL's type has no such value. The statement was not sent.
    #[error("parameter {index} cannot be sent: {reason}")]
    UnrepresentableParameter {
        /// The parameter's index, counted from 0.
        index: usize,
        /// Why.
        reason: &'static str,
    },
    /// One row was expected, and the result has none.
    #[error("the result has no row, and one was expected")]
    NoRow,
    /// One row was expected, and the result has more.
    #[error("the result has more than one row")]
    MoreRows,
    /// A transaction is open already. To begin another would commit it.
    #[error("a transaction is open already")]
    TransactionOpen,
    /// The transaction has ended, by an earlier statement or a deadlock. The statement was not sent.
    #[error(
        "the transaction has ended: an earlier statement committed it, or the server rolled it back"
    )]
    TransactionEnded,
    /// An earlier call failed, or its future was dropped while it wrote a command: the connection is unusable.
    #[error("the connection is unusable: an earlier call on it failed, or was dropped half-way")]
    Unusable,
    /// A statement was not cancelled, and may still be running.
    #[error("the statement may still be running: {0}")]
    NotCancelled(NotCancelled),
    /// The sandbox failed.
    #[error("the sandbox failed")]
    Fault(#[source] Fault),
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

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.kind.source()
    }
}

fn server_words(error: &ServerError) -> String {
    let ServerError {
        code,
        sql_state,
        message,
    } = error;
    let message = Printable(message);
    match sql_state {
        Some(state) => format!("{message} ({code}, {})", Printable(state)),
        None => format!("{message} ({code})"),
    }
}

fn tls_words(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "the server's certificate has expired"
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "the server's certificate is for another name"
            }
            // An authority of the same name, with another key, is another one.
            Certificate::UnknownIssuer | Certificate::BadSignature => {
                "the server's certificate is of an unknown authority"
            }
            _ => "the server's certificate is not good",
        },
        _ => "no TLS connection",
    }
}

fn attempts(attempts: &[(SocketAddr, io::Error)]) -> String {
    let attempts: Vec<String> = attempts
        .iter()
        .map(|(address, error)| format!("{address}: {error}"))
        .collect();
    format!("no address takes a connection ({})", attempts.join("; "))
}

#[cfg(test)]
mod tests;

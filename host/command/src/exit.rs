//! The exit codes, and which error has which.

use std::process::ExitCode;

use rds_bridge::error::{Category, ErrorKind};

/// `ER_CON_COUNT_ERROR` and `ER_TOO_MANY_USER_CONNECTIONS`: the server or the user has no connection left.
const IS_FULL: [u16; 2] = [1040, 1203];

/// The exit code of the command. Scripts rely on the numbers, so they do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success.
    Success = 0,
    /// A bug in rds-bridge.
    Bug = 1,
    /// Wrong usage, or a setting that is missing or invalid, as is a file of `--config` or `--ca-file` that cannot be
    /// read.
    Usage = 2,
    /// AWS credentials that are missing or expired, or a secret that cannot be read.
    Credentials = 3,
    /// The input of `inspect` is not a token.
    NotAToken = 4,
    /// Another file or a pipe cannot be read or written, the command cannot listen on an address, a row is longer than
    /// `--max-row-bytes`, or a value does not fit into the output format.
    InputOutput = 5,
    /// The server is unreachable, has no free connection or is too slow, or the connection was lost.
    Network = 6,
    /// No TLS, or certificate verification failed.
    Tls = 7,
    /// The server refused the login.
    Login = 8,
    /// The server refused the statement.
    Statement = 9,
    /// The server violated the protocol.
    Protocol = 10,
    /// Interrupted by Ctrl-C or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The exit code of an error of the library.
    #[must_use]
    pub fn for_error(error: &rds_bridge::Error) -> Self {
        match error.kind() {
            ErrorKind::Server(server) | ErrorKind::ServerBeforeTls(server)
                if IS_FULL.contains(&server.code) =>
            {
                Self::Network
            }
            _ => error.category().into(),
        }
    }
}

impl From<Category> for Exit {
    fn from(category: Category) -> Self {
        match category {
            Category::Settings => Self::Usage,
            Category::Credentials => Self::Credentials,
            Category::Network => Self::Network,
            Category::Tls => Self::Tls,
            Category::Login => Self::Login,
            Category::Statement => Self::Statement,
            Category::Limit => Self::InputOutput,
            Category::Protocol => Self::Protocol,
            Category::Bug => Self::Bug,
        }
    }
}

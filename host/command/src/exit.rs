//! How the command ends: from error to exit code.

use std::process::ExitCode;

use rds_bridge::error::Category;

/// How the command ends. Part of its contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success = 0,
    /// A bug of ours.
    Bug = 1,
    /// Usage, or a setting that is missing or wrong.
    Usage = 2,
    /// No credentials, or expired ones; or a secret that cannot be had or used.
    Credentials = 3,
    /// The text that was to be read is not a token.
    NotAToken = 4,
    /// Reading or writing failed, other than to the server.
    InputOutput = 5,
    /// The server cannot be reached, does not answer in time, or the connection was lost.
    Network = 6,
    /// No TLS, or not with the right server.
    Tls = 7,
    /// The server does not let the user in.
    Login = 8,
    /// The server refuses the statement.
    Statement = 9,
    /// The server does not keep to the protocol.
    Protocol = 10,
    /// Ctrl-C, or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// Of what the library says.
    #[must_use]
    pub fn of(error: &rds_bridge::Error) -> Self {
        error.category().into()
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

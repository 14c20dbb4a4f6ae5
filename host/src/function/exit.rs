//! How the process ends, where it ends by itself. The numbers are those of the command.

use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Success = 0,
    /// A bug of ours.
    Bug = 1,
    /// A setting is missing or wrong.
    Settings = 2,
    /// There are no credentials, or a secret cannot be had.
    Credentials = 3,
    /// The Lambda runtime API is not reached.
    Network = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

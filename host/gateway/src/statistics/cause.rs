//! Why requests fail.

use std::fmt;

/// An extension of a response: why the request failed, or was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An error of the database, or one that has its number.
    Sql(u16),
    /// A refusal of the gateway.
    Named(&'static str),
    /// A response without another cause.
    Status(u16),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sql(number) => write!(f, "MySQL {number}"),
            Self::Named(name) => f.write_str(name),
            Self::Status(status) => write!(f, "HTTP {status}"),
        }
    }
}

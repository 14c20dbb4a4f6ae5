//! The role of a server in its cluster.

use std::fmt;

/// Which server of a cluster a connection may use. A server that is read-only (`read_only`, or `innodb_read_only` on
/// Aurora) is a reader; any other one is the writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Whichever server the name leads to.
    #[default]
    Any,
    /// The server that accepts writes.
    Writer,
    /// A server that is read-only.
    Reader,
}

impl Role {
    /// The role with the name `any`, `writer` or `reader`, as settings have it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "any" => Some(Self::Any),
            "writer" => Some(Self::Writer),
            "reader" => Some(Self::Reader),
            _ => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any server",
            Self::Writer => "the writer",
            Self::Reader => "a reader",
        })
    }
}

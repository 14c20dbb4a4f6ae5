//! Why the members of a cluster did not lead to another server.

use rds_bridge_text::Printable;
use thiserror::Error;

use crate::role::Role;

/// Why the members of a cluster did not lead to a server that can be used
/// ([`BridgeBuilder::topology`](crate::BridgeBuilder::topology)).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TopologyProblem {
    /// No member could be asked.
    #[error("no member of the cluster has answered")]
    Unanswered,
    /// A member refuses the query.
    #[error("a member refused the query for the topology: {} ({code})", Printable(.message))]
    Refused {
        /// The server's error code.
        code: u16,
        /// The server's message.
        message: String,
    },
    /// No member is said to have the role.
    #[error("the cluster's topology does not name {role}")]
    NotNamed {
        /// The role.
        role: Role,
    },
    /// The topology names several writers, of which at most one can be the writer.
    #[error("the cluster's topology names several writers: {}", list(.hosts))]
    SeveralWriters {
        /// Their names, as the topology has them.
        hosts: Vec<String>,
    },
    /// The writer is a host for which no token is signed.
    #[error("the cluster's topology names {} as the writer, but it is not covered by the instance pattern, or has another port or environment", Printable(.host))]
    NotCovered {
        /// Its name, as the topology has it.
        host: String,
    },
    /// A blue/green deployment is being switched over: neither environment accepts writes.
    #[error("a blue/green deployment is being switched over")]
    SwitchoverInProgress,
    /// The name still leads to the environment that was production before a blue/green switchover.
    #[error(
        "the name still leads to the environment that was production before a blue/green switchover"
    )]
    FormerEnvironment,
    /// The server that the topology names cannot be connected to, or has another role.
    #[error("the cluster's topology names {host} as {role}, but it cannot be used: {why}")]
    NotConfirmed {
        /// Its host name.
        host: String,
        /// The role.
        role: Role,
        /// What failed.
        why: String,
    },
}

/// The first names of a list.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| Printable(name).to_string())
        .collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

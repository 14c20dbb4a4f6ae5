//! The members of a cluster, as its servers tell them: the way to the new writer before DNS leads there.
//!
//! After a failover, the name of a cluster's endpoint leads to the former writer for a while, because DNS answers are
//! cached. The servers know the new writer earlier. [`BridgeBuilder::topology`](crate::BridgeBuilder::topology) says
//! how to ask them; its documentation describes when they are asked, and which of their answers is believed.
//!
//! | cluster | topology |
//! |---|---|
//! | Aurora MySQL | [`Aurora`] |
//! | Multi-AZ DB cluster of RDS for MySQL | [`RdsTopology`] |
//! | another one | your own [`Topology`] |

mod aurora;
mod colour;
mod deployment;
mod member;
mod pattern;
mod rds_topology;
mod roster;

use std::fmt::Debug;
use std::pin::Pin;

use crate::error::Error;
use crate::mysql::Connection;

pub use aurora::Aurora;
pub use deployment::{Deployment, Switchover};
pub use member::Member;
pub(crate) use pattern::InstancePattern;
pub use rds_topology::RdsTopology;
pub(crate) use roster::{MEMBERS_LIMIT, Roster};

/// The future of [`Topology::members`].
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<Vec<Member>, Error>> + Send + 'a>>;

/// The future of [`Topology::deployment`].
pub type ReadingDeployment<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Deployment>, Error>> + Send + 'a>>;

/// Asks a server for the members of its cluster.
///
/// The answer is not trusted. The bridge connects only to members that its settings cover, verifies each certificate
/// for the member's own name, and checks the role of the server.
pub trait Topology: Debug + Send + Sync {
    /// Asks the server of this connection. The connection may be to any member, and the session may be read-only. A pool
    /// lends the connection to its next user afterwards, so the statements should leave nothing in the session.
    fn members<'a>(&'a self, connection: &'a mut Connection) -> Reading<'a>;

    /// Asks the same server for the blue/green deployment that it belongs to. Default: none.
    fn deployment<'a>(&'a self, _connection: &'a mut Connection) -> ReadingDeployment<'a> {
        Box::pin(async { Ok(None) })
    }
}

//! Where the stages of a connection begin: at the endpoint, or at the member of its cluster that has taken over.

use std::sync::Arc;

use super::Cluster;
use super::connect::{explain, find_after, leads_to_no_server};
use super::search::find;
use crate::bridge::deadline::Deadline;
use crate::bridge::stages::Connecting;
use crate::bridge::{Bridge, Inner};
use crate::error::{Error, ErrorKind, Stage, TopologyProblem};

impl Bridge {
    /// Begins again, after the stages that follow [`Self::begin`] have failed: at another server of the cluster, as
    /// [`BridgeBuilder::topology`](crate::BridgeBuilder::topology) describes. It searches for the server, for up to
    /// [`BridgeBuilder::failover_wait`](crate::BridgeBuilder::failover_wait).
    ///
    /// # Errors
    ///
    /// The error itself, if there is no topology, no member is known, or a failover cannot be the cause;
    /// [`ErrorKind::NoOtherServer`], whose source is the error, if the search has found no server.
    pub async fn begin_again(&self, error: Error) -> Result<Connecting, Error> {
        let bridge = &self.inner;
        let Some(cluster) = &bridge.cluster else {
            return Err(error);
        };
        if !leads_to_no_server(&error) || !cluster.knows_members() {
            return Err(error);
        }
        let deadline = Deadline::from_timeouts(&bridge.timeouts);
        let host = find_after(bridge, cluster, deadline, error).await?;
        at_member(bridge, cluster, &host)
    }
}

/// Begins at the endpoint, or at the member in its place. A search comes first if the last connection has led to a
/// server of another role, and during a blue/green switchover.
pub(in crate::bridge) async fn begin(
    bridge: &Arc<Inner>,
    cluster: &Arc<Cluster>,
) -> Result<Connecting, Error> {
    let (is_refuted, is_switching) = cluster.with(|state| {
        let is_refuted = std::mem::take(&mut state.is_refuted);
        (is_refuted, state.roster.is_switching())
    });
    if is_refuted || is_switching {
        match search(bridge, cluster).await {
            Ok(host) => return at_member(bridge, cluster, &host),
            // The server of the endpoint may belong to the former environment.
            Err(problem) if is_switching => {
                let expected = bridge.role;
                let former = Error::new(Stage::Session, ErrorKind::WrongRole { expected });
                return Err(explain(former, problem));
            }
            // The endpoint's name may have moved meanwhile.
            Err(problem) => tracing::debug!(%problem, "found no server of the role"),
        }
    }
    match cluster.member_in_place(bridge).await {
        Some(host) => at_member(bridge, cluster, &host),
        None => Ok(Connecting::without_lookup(bridge, None)),
    }
}

/// Finds the host of a server of the role.
async fn search(bridge: &Arc<Inner>, cluster: &Arc<Cluster>) -> Result<String, TopologyProblem> {
    let deadline = Deadline::from_timeouts(&bridge.timeouts);
    find(bridge, cluster, deadline.at()).await
}

fn at_member(bridge: &Inner, cluster: &Cluster, host: &str) -> Result<Connecting, Error> {
    let member = Arc::new(bridge.at_member(cluster, host)?);
    Ok(Connecting::without_lookup(&member, None))
}

//! Asks for the members in normal operation.

use std::time::Duration;

use tokio::time::Instant;

use super::Cluster;
use crate::bridge::{Bridge, Inner};
use crate::error::Error;
use crate::mysql::Connection;
use crate::topology::Roster;

/// How often a pool asks for the members.
const INTERVAL: Duration = Duration::from_secs(30);
/// How often if there is a blue/green deployment: before a switchover, RDS announces it for some seconds.
const WITH_DEPLOYMENT: Duration = Duration::from_secs(2);

impl Inner {
    /// How often connections that were opened before may have come to lead to the wrong server.
    pub(in crate::bridge) fn moves(&self) -> u64 {
        let cluster = self.cluster.as_ref();
        cluster.map_or(0, |cluster| cluster.moves())
    }
}

impl Bridge {
    /// Asks the server of a connection of this bridge for the members of its cluster, and keeps them for a failover. A
    /// pool does this by itself, and so does [`Self::follow_topology`]. Without
    /// [`BridgeBuilder::topology`](crate::BridgeBuilder::topology), it does nothing.
    ///
    /// # Errors
    ///
    /// The server refuses the query, for example because the user may not read the table; the members that were known
    /// before stay known.
    pub async fn read_topology(&self, connection: &mut Connection) -> Result<(), Error> {
        let Some(cluster) = &self.inner.cluster else {
            return Ok(());
        };
        cluster.with(|state| state.asked_at = Some(Instant::now()));
        let roster = cluster.ask(&self.inner, connection).await?;
        cluster.learn(roster);
        Ok(())
    }

    /// The host names of the cluster's instances, as far as they are known and covered: see
    /// [`BridgeBuilder::topology`](crate::BridgeBuilder::topology).
    #[must_use]
    pub fn known_members(&self) -> Vec<String> {
        let known = |cluster: &Cluster| {
            cluster.with(|state| state.roster.hosts().map(str::to_owned).collect())
        };
        let cluster = self.inner.cluster.as_deref();
        cluster.map(known).unwrap_or_default()
    }

    /// Whether it is time to ask for the members again. The caller that gets `true` asks.
    pub(crate) fn takes_turn_to_ask(&self) -> bool {
        let Some(cluster) = &self.inner.cluster else {
            return false;
        };
        let now = Instant::now();
        let interval = cluster.asks_every();
        cluster.with(|state| {
            let asked = state.asked_at;
            let is_due = asked.is_none_or(|at| now.saturating_duration_since(at) >= interval);
            if is_due {
                state.asked_at = Some(now);
            }
            is_due
        })
    }

    /// How often the members are asked for in normal operation; `None` without a topology.
    pub(crate) fn asks_every(&self) -> Option<Duration> {
        let cluster = self.inner.cluster.as_ref();
        cluster.map(|cluster| cluster.asks_every())
    }

    /// How often connections that were opened before may have come to lead to the wrong server.
    pub(crate) fn moves(&self) -> u64 {
        self.inner.moves()
    }
}

impl Cluster {
    fn asks_every(&self) -> Duration {
        if self.with(|state| state.roster.has_deployment()) {
            WITH_DEPLOYMENT
        } else {
            INTERVAL
        }
    }

    /// Asks a server for the members, and judges its answer.
    pub(super) async fn ask(
        &self,
        bridge: &Inner,
        connection: &mut Connection,
    ) -> Result<Roster, Error> {
        let members = self.topology.members(connection).await?;
        let deployment = self.topology.deployment(connection).await?;
        let endpoint = (bridge.endpoint.host.as_str(), bridge.endpoint.port);
        let roster = Roster::judge(members, &self.pattern, endpoint);
        Ok(roster.with_deployment(deployment))
    }
}

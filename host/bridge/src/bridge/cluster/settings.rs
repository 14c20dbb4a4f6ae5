//! The settings of a cluster's topology.

use std::sync::Arc;
use std::time::Duration;

use super::Cluster;
use crate::aws::EndpointKind;
use crate::bridge::BridgeBuilder;
use crate::error::Error;
use crate::role::Role;
use crate::topology::{InstancePattern, Topology};

/// Ten seconds: as long as a caller is likely to wait, and longer than the servers need once they have chosen a writer.
const WAIT: Duration = Duration::from_secs(10);

/// What the builder was told of the cluster.
#[derive(Clone)]
pub(in crate::bridge) struct ClusterSettings {
    topology: Option<Arc<dyn Topology>>,
    instance_pattern: Option<String>,
    failover_wait: Duration,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            topology: None,
            instance_pattern: None,
            failover_wait: WAIT,
        }
    }
}

impl BridgeBuilder {
    /// How the servers of the endpoint's cluster are asked for its members, so that after a failover a connection
    /// reaches the new writer before DNS leads there. [`Self::role`] must be set. Default: they are not asked.
    ///
    /// In normal operation, each connection goes to the endpoint, and takes no further round trip. A
    /// [`Pool`](crate::pool::Pool) asks for the members in the background, when a connection is returned or idle, at
    /// most every 30 s; without a pool, call [`Bridge::follow_topology`](crate::Bridge::follow_topology) in a task, or
    /// [`Bridge::read_topology`](crate::Bridge::read_topology).
    ///
    /// If the endpoint cannot be connected to, or leads to a server of another role, [`Self::failover_wait`] begins:
    /// the bridge connects to all known members at once, and asks each of them repeatedly which server has the role. It
    /// connects to the server that they name, and checks its role. If that succeeds, new connections go there, until
    /// the endpoint's name leads to the same address. The certificate is verified, and the token signed, for the
    /// instance's own name.
    ///
    /// No token is signed for a host that [`Self::instance_pattern`] does not cover. If the topology names two
    /// writers, neither is used ([`TopologyProblem`](crate::error::TopologyProblem)).
    ///
    /// [`Self::build`] refuses a topology together with [`Self::connect_to`], [`Self::tls_server_name`] or
    /// [`Self::resolve_cname`], and for the endpoint of an RDS Proxy: these connect by other names than the instances'
    /// own.
    #[must_use]
    pub fn topology(mut self, topology: impl Topology + 'static) -> Self {
        self.cluster.topology = Some(Arc::new(topology));
        self
    }

    /// The host names of the cluster's instances, with `?` in place of an instance's identifier, such as
    /// `?.db.example.com`. Default: what follows from the endpoint's name. The pattern of
    /// `name.cluster-abc123.eu-central-1.rds.amazonaws.com` is `?.abc123.eu-central-1.rds.amazonaws.com`.
    #[must_use]
    pub fn instance_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.cluster.instance_pattern = Some(pattern.into());
        self
    }

    /// How long a connection waits for the members of the cluster to name a server that can be used, within
    /// [`Timeouts::whole`](crate::Timeouts) and the limit of a pool. Default: 10 s. Without [`Self::topology`], it has no
    /// effect.
    #[must_use]
    pub fn failover_wait(mut self, limit: Duration) -> Self {
        self.cluster.failover_wait = limit;
        self
    }

    /// Checks what was set of the cluster.
    pub(in crate::bridge) fn cluster_of(
        &self,
        host: &str,
        kind: &EndpointKind,
    ) -> Result<Option<Arc<Cluster>>, Error> {
        let wrong = |setting, problem: &str| Err(Error::setting(setting, problem));
        let settings = &self.cluster;
        let given = settings.instance_pattern.as_deref();
        let given = given.map(InstancePattern::parse).transpose();
        let given = given.map_err(|problem| Error::setting("instance_pattern", problem))?;
        let Some(topology) = &settings.topology else {
            return match given {
                None => Ok(None),
                Some(_) => wrong("instance_pattern", "it is used only with a topology"),
            };
        };
        if self.role == Role::Any {
            return wrong("topology", "set the role of the server that it looks for");
        }
        if self.connect_to.is_some() || self.tls_server_name.is_some() || self.resolve_cname {
            let problem = "it cannot be combined with connect_to, tls_server_name or resolve_cname: \
                           the instances are connected to by their own names";
            return wrong("topology", problem);
        }
        if matches!(kind, EndpointKind::Proxy { .. }) {
            let problem = "an RDS Proxy finds the writer itself: omit the topology, or give the cluster's endpoint";
            return wrong("topology", problem);
        }
        let Some(pattern) = given.or_else(|| InstancePattern::of_endpoint(host)) else {
            let problem = "the endpoint's name does not show those of its instances: give their form, such as \
                           ?.db.example.com";
            return wrong("instance_pattern", problem);
        };
        let cluster = Cluster::new(Arc::clone(topology), pattern, settings.failover_wait);
        Ok(Some(Arc::new(cluster)))
    }
}

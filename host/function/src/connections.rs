//! The connections of the function: a pool, and with grants one for each database user and access.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use rds_bridge::BridgeBuilder;
use rds_bridge::pool::{ConnectionLimit, ConnectionRate, Pool};
use rds_bridge_access::Access;
use rds_bridge_gateway::{DatabasePools, GatewayBuilder};

use super::failure::Failure;
use super::settings::Settings;

/// The limit for checking that an idle connection is alive. Many functions have a timeout of only three seconds, and a
/// new connection has to fit into the rest.
const CHECK_LIMIT: Duration = Duration::from_secs(1);
/// The limit on new connections in each second, if none is set: that of a pool.
const CONNECTIONS_PER_SECOND: u32 = 150;

/// The connections of the function.
pub(super) struct Connections {
    /// That of the function's own requests, and of the first connection.
    pub(super) pool: Pool,
    /// `None` if all requests share the pool.
    of_grants: Option<OfGrants>,
}

/// What the pools of grants are built from. All pools together keep to the limits of one.
struct OfGrants {
    bridge: BridgeBuilder,
    allow_writes: bool,
    limit: Arc<ConnectionLimit>,
    rate: Arc<ConnectionRate>,
}

impl Connections {
    pub(super) async fn new(settings: &Settings) -> Result<Self, Failure> {
        let bridge = settings.bridge.clone();
        let mut pool = Pool::builder(bridge.clone().build().await?)
            .max_size(settings.pool_size)
            .check_timeout(CHECK_LIMIT);
        if settings.access.is_none() {
            if let Some(limit) = settings.connections_per_second {
                pool = pool.connections_per_second(limit);
            }
            return Ok(Self {
                pool: pool.build()?,
                of_grants: None,
            });
        }
        let per_second = settings.connections_per_second;
        let per_second = per_second.or(NonZeroU32::new(CONNECTIONS_PER_SECOND));
        let of_grants = OfGrants {
            bridge,
            allow_writes: settings.allow_writes,
            limit: Arc::new(ConnectionLimit::new(settings.pool_size)),
            rate: Arc::new(ConnectionRate::new(per_second.unwrap_or(NonZeroU32::MIN))),
        };
        let pool = pool
            .connection_limit(Arc::clone(&of_grants.limit))
            .connection_rate(Arc::clone(&of_grants.rate));
        Ok(Self {
            pool: pool.build()?,
            of_grants: Some(of_grants),
        })
    }

    /// Gives the database to a gateway.
    pub(super) fn add_to(&self, gateway: GatewayBuilder, name: &str) -> GatewayBuilder {
        match &self.of_grants {
            None => gateway.database(name, self.pool.clone()),
            Some(of_grants) => gateway.database_pools(name, of_grants.pools(&self.pool)),
        }
    }
}

impl OfGrants {
    /// The pools, of which `own` is one: its connection, which was opened early, is that of the first request.
    fn pools(&self, own: &Pool) -> DatabasePools {
        let access = if self.allow_writes {
            Access::ReadWrite
        } else {
            Access::ReadOnly
        };
        DatabasePools::new(self.bridge.clone())
            .connection_limit(Arc::clone(&self.limit))
            .connection_rate(Arc::clone(&self.rate))
            .check_timeout(CHECK_LIMIT)
            .with_pool(access, own.clone())
    }
}

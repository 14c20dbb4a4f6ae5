//! The pools of a database: one for each database user and access that is granted.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rds_bridge::pool::{ConnectionLimit, ConnectionRate, Pool};
use rds_bridge::{BridgeBuilder, Error};
use rds_bridge_access::Access;
use tokio::sync::OnceCell;

use super::OpenPool;
use crate::access::PoolKey;

/// A database whose pools the gateway builds: one for each database user and access that callers are granted, when the
/// first request needs it. Together they keep to the limits of the database.
pub struct DatabasePools {
    bridge: BridgeBuilder,
    limit: Arc<ConnectionLimit>,
    rate: Arc<ConnectionRate>,
    check_timeout: Option<Duration>,
    pools: Mutex<HashMap<Key, Arc<OnceCell<Pool>>>>,
}

/// The database user, if it is not the database's, and the access.
type Key = (Option<Arc<str>>, Access);

impl DatabasePools {
    /// `bridge` has the settings of the connections, with the user of grants that name none. Limits: 10 connections, and
    /// 150 new ones in each second.
    #[must_use]
    pub fn new(bridge: BridgeBuilder) -> Self {
        let per_second = NonZeroU32::new(150).unwrap_or(NonZeroU32::MIN);
        Self {
            bridge,
            limit: Arc::new(ConnectionLimit::new(10)),
            rate: Arc::new(ConnectionRate::new(per_second)),
            check_timeout: None,
            pools: Mutex::default(),
        }
    }

    /// The largest number of connections. Default: 10.
    #[must_use]
    pub fn max_connections(self, connections: usize) -> Self {
        self.connection_limit(Arc::new(ConnectionLimit::new(connections)))
    }

    /// The limit on connections. Share it with what else connects to the same server.
    #[must_use]
    pub fn connection_limit(mut self, limit: Arc<ConnectionLimit>) -> Self {
        self.limit = limit;
        self
    }

    /// The limit on checking that an idle connection is alive. Default: that of the pool.
    #[must_use]
    pub fn check_timeout(mut self, limit: Duration) -> Self {
        self.check_timeout = Some(limit);
        self
    }

    /// Uses this pool for grants with this access that name no database user. It should have the same limits.
    #[must_use]
    pub fn with_pool(self, access: Access, pool: Pool) -> Self {
        let cell = Arc::new(OnceCell::new_with(Some(pool)));
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.insert((None, access), cell);
        drop(pools);
        self
    }

    /// The limit on new connections. Share it with what else connects to the same server.
    #[must_use]
    pub fn connection_rate(mut self, rate: Arc<ConnectionRate>) -> Self {
        self.rate = rate;
        self
    }

    pub(super) async fn pool(&self, key: &PoolKey) -> Result<Pool, Error> {
        let PoolKey {
            database: _,
            user,
            access,
        } = key;
        let cell = {
            let pools = self.pools.lock();
            let mut pools = pools.unwrap_or_else(PoisonError::into_inner);
            Arc::clone(pools.entry((user.clone(), *access)).or_default())
        };
        let build = || self.build(user.as_deref(), *access);
        cell.get_or_try_init(build).await.cloned()
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.connections()
    }

    /// The pools that exist, in a fixed order.
    pub(super) fn open(&self) -> Vec<OpenPool> {
        let pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let open = pools.iter().filter_map(|((user, access), cell)| {
            Some(OpenPool {
                user: user.clone(),
                access: Some(*access),
                metrics: cell.get()?.metrics(),
            })
        });
        let mut open: Vec<OpenPool> = open.collect();
        open.sort_by(|one, other| (&one.user, one.access).cmp(&(&other.user, other.access)));
        open
    }

    async fn build(&self, user: Option<&str>, access: Access) -> Result<Pool, Error> {
        let mut bridge = self.bridge.clone().allow_writes(access.allows_writes());
        if let Some(user) = user {
            bridge = bridge.user(user);
        }
        let mut pool = Pool::builder(bridge.build().await?)
            .connection_limit(Arc::clone(&self.limit))
            .connection_rate(Arc::clone(&self.rate));
        if let Some(limit) = self.check_timeout {
            pool = pool.check_timeout(limit);
        }
        Ok(pool.build()?)
    }
}

impl fmt::Debug for DatabasePools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabasePools").finish_non_exhaustive()
    }
}

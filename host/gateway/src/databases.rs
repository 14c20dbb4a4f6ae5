//! The databases of a gateway, by name.

mod pools;

use std::sync::Arc;

use rds_bridge::Error;
use rds_bridge::pool::{Pool, PoolMetrics};
use rds_bridge_access::Access;

pub use pools::DatabasePools;

use crate::access::PoolKey;

/// The databases of a gateway, in the order in which they were given. There is at least one.
#[derive(Debug)]
pub(crate) struct Databases {
    pub(crate) first: Database,
    pub(crate) others: Vec<Database>,
}

/// A database that callers can name.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) connections: Connections,
}

/// A pool that exists.
#[derive(Debug)]
pub(crate) struct OpenPool {
    /// Unless it is the database's.
    pub(crate) user: Option<Arc<str>>,
    pub(crate) access: Option<Access>,
    pub(crate) metrics: PoolMetrics,
}

/// Where a database's connections come from.
#[derive(Debug)]
pub(crate) enum Connections {
    /// One pool, whatever a grant says.
    Pool(Pool),
    /// A pool for each database user and access.
    Pools(Box<DatabasePools>),
}

impl Databases {
    pub(crate) fn named(&self, name: &str) -> Option<&Database> {
        self.iter().find(|it| it.name == name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Database> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Database {
    /// The largest number of connections.
    pub(crate) fn max_connections(&self) -> usize {
        match &self.connections {
            Connections::Pool(pool) => pool.metrics().max_size,
            Connections::Pools(pools) => pools.limit(),
        }
    }

    /// The pools that requests have used, with the database user and the access of each. One pool for all grants has
    /// neither.
    pub(crate) fn open_pools(&self) -> Vec<OpenPool> {
        match &self.connections {
            Connections::Pool(pool) => vec![OpenPool {
                user: None,
                access: None,
                metrics: pool.metrics(),
            }],
            Connections::Pools(pools) => pools.open(),
        }
    }

    /// The pool for a grant. The first request for it builds it.
    pub(crate) async fn pool(&self, key: &PoolKey) -> Result<Pool, Error> {
        match &self.connections {
            Connections::Pool(pool) => Ok(pool.clone()),
            Connections::Pools(pools) => pools.pool(key).await,
        }
    }
}

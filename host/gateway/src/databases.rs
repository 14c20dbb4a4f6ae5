//! The databases of a gateway, by name.

mod pools;

use rds_bridge::Error;
use rds_bridge::pool::Pool;

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
    /// The pool for a grant. The first request for it builds it.
    pub(crate) async fn pool(&self, key: &PoolKey) -> Result<Pool, Error> {
        match &self.connections {
            Connections::Pool(pool) => Ok(pool.clone()),
            Connections::Pools(pools) => pools.pool(key).await,
        }
    }
}

//! Databases by name.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use rds_bridge::pool::Pool;
use rds_bridge_access::Statement;

/// The databases of a host, by the names that its guests use, and the statements that it has named.
///
/// Create it once per process. The pools have the credentials, which never reach a guest.
#[derive(Clone, Default)]
pub struct Databases {
    pub(crate) pools: HashMap<String, Pool>,
    pub(crate) statements: BTreeMap<String, Statement>,
}

impl Databases {
    /// No database yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a database, or replaces the one with this name.
    ///
    /// If the pool's bridge allows writes, but a grant is read-only, each connection that a guest opens costs a round
    /// trip, which makes the session read-only. If the bridge does not allow writes, there is no such round trip.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, pool: Pool) -> Self {
        self.pools.insert(name.into(), pool);
        self
    }

    /// Names a statement, or replaces the one with this name. Grants choose among them by name.
    #[must_use]
    pub fn statement(mut self, name: impl Into<String>, statement: Statement) -> Self {
        self.statements.insert(name.into(), statement);
        self
    }
}

impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Databases")
            .field("names", &self.pools.keys())
            .field("statements", &self.statements.keys())
            .finish()
    }
}

//! Databases by name.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use rds_bridge::pool::Pool;
use rds_bridge_access::Statement;

/// The databases of a host, by the names that its guests use, and the statements that it has named.
///
/// Made once for each process. The pools have the credentials; nothing of them reaches a guest.
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
    /// A grant that only reads makes the sessions of a pool that may write read-only, which costs a round trip for each
    /// connection that a guest opens. A pool whose bridge does not allow writes costs none.
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

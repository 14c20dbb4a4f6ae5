//! What a caller may do with a database, prepared for looking statements up.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use rds_bridge_access::{Access, Limits, Statement, Statements};

use super::AccessDenied;

/// Which connections a request may use: those of a pool for each database user and access.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pub(crate) database: Arc<str>,
    /// `None` is the database's.
    pub(crate) user: Option<Arc<str>>,
    pub(crate) access: Access,
}

/// What a caller may do with a database.
pub(crate) struct Grant {
    key: PoolKey,
    statements: Granted,
    limits: Limits,
}

/// A statement with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedStatement {
    pub(crate) name: String,
    pub(crate) sql: String,
    pub(crate) access: Access,
}

/// The named statements of a gateway.
pub(super) type NamedStatements = HashMap<String, Arc<NamedStatement>>;

enum Granted {
    /// Any SQL, and all named statements.
    Any(Arc<NamedStatements>),
    Listed {
        by_name: NamedStatements,
        texts: HashSet<String>,
    },
}

impl Grant {
    pub(super) fn new(
        grant: &rds_bridge_access::Grant,
        database: Arc<str>,
        all: &Arc<NamedStatements>,
    ) -> Self {
        let statements = match &grant.statements {
            Statements::Any => Granted::Any(Arc::clone(all)),
            Statements::Named(names) => listed(names, all),
        };
        Self {
            key: PoolKey {
                database,
                user: grant.user.as_deref().map(Arc::from),
                access: grant.access,
            },
            statements,
            limits: grant.limits(),
        }
    }

    /// The name of the database.
    pub(crate) fn database(&self) -> &str {
        &self.key.database
    }

    /// Which connections it allows.
    pub(crate) fn pool_key(&self) -> &PoolKey {
        &self.key
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether the caller may execute SQL of its own.
    pub(crate) fn allows_any(&self) -> bool {
        matches!(self.statements, Granted::Any(_))
    }

    /// Whether the caller may execute a statement that it has written.
    ///
    /// # Errors
    ///
    /// [`AccessDenied`].
    pub(crate) fn allows(&self, sql: &str) -> Result<(), AccessDenied> {
        match &self.statements {
            Granted::Any(_) => Ok(()),
            Granted::Listed { texts, .. } if texts.contains(sql.trim()) => Ok(()),
            Granted::Listed { .. } => Err(AccessDenied::Statement),
        }
    }

    /// The statement with this name.
    ///
    /// # Errors
    ///
    /// [`AccessDenied`].
    pub(crate) fn named(&self, name: &str) -> Result<&Arc<NamedStatement>, AccessDenied> {
        let statement = match &self.statements {
            Granted::Any(all) => all.get(name),
            Granted::Listed { by_name, .. } => by_name.get(name),
        };
        let statement = statement.ok_or(AccessDenied::Name)?;
        if statement.access > self.key.access {
            return Err(AccessDenied::Writes);
        }
        Ok(statement)
    }
}

impl NamedStatement {
    pub(super) fn new(name: &str, statement: &Statement) -> Self {
        Self {
            name: name.to_owned(),
            sql: statement.sql.clone(),
            access: statement.access,
        }
    }
}

fn listed(names: &[String], all: &NamedStatements) -> Granted {
    let by_name: NamedStatements = names
        .iter()
        .filter_map(|name| Some((name.clone(), Arc::clone(all.get(name)?))))
        .collect();
    let texts = by_name.values().map(|it| it.sql.trim().to_owned());
    Granted::Listed {
        texts: texts.collect(),
        by_name,
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

//! What a caller may do with a database, prepared for looking statements up.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rds_bridge_access::{Access, LexError, Lexed, Limits, Statement, Statements, Templates};

use super::AccessDenied;

/// Which connections a request may use: those of a pool for each database user and access.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PoolKey {
    pub(crate) database: Arc<str>,
    /// `None` is the database's.
    pub(crate) user: Option<Arc<str>>,
    pub(crate) access: Access,
}

/// What a caller may do with a database.
pub(crate) struct Grant {
    key: PoolKey,
    /// The default database of the connections.
    schema: Option<String>,
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

/// Every grant contains these, with which a client of PlanetScale controls transactions.
const TRANSACTIONS: [&str; 8] = [
    "BEGIN",
    "begin",
    "START TRANSACTION",
    "start transaction",
    "COMMIT",
    "commit",
    "ROLLBACK",
    "rollback",
];

enum Granted {
    /// Any SQL, and all named statements.
    Any(Arc<NamedStatements>),
    Listed {
        by_name: NamedStatements,
        templates: Templates,
    },
}

impl Grant {
    pub(super) fn new(
        grant: &rds_bridge_access::Grant,
        schema: Option<&str>,
        all: &Arc<NamedStatements>,
    ) -> Self {
        let statements = match &grant.statements {
            Statements::Any => Granted::Any(Arc::clone(all)),
            Statements::Named(names) => listed(names, all),
        };
        Self {
            key: PoolKey {
                database: grant.database.as_str().into(),
                user: grant.user.as_deref().map(Arc::from),
                access: grant.access,
            },
            schema: schema.map(str::to_owned),
            statements,
            limits: grant.limits(),
        }
    }

    /// The name of the database.
    pub(crate) fn database(&self) -> &str {
        &self.key.database
    }

    /// The named statements that it contains.
    pub(super) fn statements(&self) -> impl Iterator<Item = &Arc<NamedStatement>> {
        match &self.statements {
            Granted::Any(all) => all.values(),
            Granted::Listed { by_name, .. } => by_name.values(),
        }
    }

    /// Which connections it allows.
    pub(crate) fn pool_key(&self) -> &PoolKey {
        &self.key
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether the caller may execute SQL of its own, where statements have names.
    ///
    /// # Errors
    ///
    /// [`AccessDenied::AdHoc`].
    pub(crate) fn allows_ad_hoc(&self) -> Result<(), AccessDenied> {
        match self.statements {
            Granted::Any(_) => Ok(()),
            Granted::Listed { .. } => Err(AccessDenied::AdHoc),
        }
    }

    /// Whether the caller may execute a statement that it has written, where statements have no names.
    ///
    /// # Errors
    ///
    /// [`AccessDenied`].
    pub(crate) fn allows(&self, sql: &str) -> Result<(), AccessDenied> {
        match &self.statements {
            Granted::Any(_) => Ok(()),
            Granted::Listed { templates, .. } => {
                let statement = Lexed::read(sql).map_err(AccessDenied::Unreadable)?;
                if templates.cover(&statement) {
                    Ok(())
                } else {
                    Err(AccessDenied::Statement)
                }
            }
        }
    }

    /// Whether the caller may select a schema. The names in a listed statement belong to the schema of the configuration.
    ///
    /// # Errors
    ///
    /// [`AccessDenied::Schema`].
    pub(crate) fn allows_schema(&self, name: &str) -> Result<(), AccessDenied> {
        match &self.statements {
            Granted::Any(_) => Ok(()),
            Granted::Listed { .. } if self.schema.as_deref() == Some(name) => Ok(()),
            Granted::Listed { .. } => Err(AccessDenied::Schema),
        }
    }

    /// Whether the caller may execute a text in a session in which a backslash does not escape. The comparison with
    /// templates takes it for an escape.
    ///
    /// # Errors
    ///
    /// [`AccessDenied::Unreadable`].
    pub(crate) fn allows_without_escapes(&self, sql: &str) -> Result<(), AccessDenied> {
        match &self.statements {
            Granted::Listed { .. } if sql.contains('\\') => {
                Err(AccessDenied::Unreadable(LexError::Backslash))
            }
            _ => Ok(()),
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
    let mut templates = Templates::default();
    let statements = by_name.values().map(|it| it.sql.as_str());
    // The configuration was validated: all can be read.
    for statement in statements.chain(TRANSACTIONS).flat_map(Lexed::read) {
        templates.add(&statement);
    }
    Granted::Listed { by_name, templates }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

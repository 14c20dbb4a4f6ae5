//! Statements, by names of the configuration.

use serde::{Deserialize, Serialize};

use crate::grants::Access;

/// A statement that callers execute by its name.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Statement {
    /// The SQL, with `?` or `:name` for each parameter.
    pub sql: String,
    /// Whether it writes.
    #[serde(default)]
    pub access: Access,
}

impl Statement {
    /// A statement that only reads.
    #[must_use]
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            access: Access::default(),
        }
    }

    /// The statement with this access.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }
}

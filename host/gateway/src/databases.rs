//! The databases of a gateway, by name.

use rds_bridge::pool::Pool;

/// The databases of a gateway, in the order in which they were given. There is at least one.
#[derive(Debug)]
pub(crate) struct Databases {
    pub(crate) first: Database,
    pub(crate) others: Vec<Database>,
}

/// A database that callers can name.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) pool: Pool,
}

impl Databases {
    /// The database for callers that name none.
    pub(crate) fn first(&self) -> &Database {
        &self.first
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Database> {
        self.iter().find(|it| it.name == name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Database> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

//! The session in which a statement is executed: a transaction, if the function may write.

use std::ops::{Deref, DerefMut};

use rds_bridge::error::{Error, ErrorKind};
use rds_bridge::mysql::{Connection, Transaction};

/// The session in which a statement is executed.
pub(super) enum Session<'c> {
    /// The session is read-only: there is nothing to commit.
    Reading(&'c mut Connection),
    /// Rolled back when it is dropped.
    Writing(Transaction<'c>),
}

impl<'c> Session<'c> {
    /// Begins a transaction, if the function may write.
    pub(super) async fn begin(
        connection: &'c mut Connection,
        allow_writes: bool,
    ) -> Result<Self, Error> {
        if allow_writes {
            connection.transaction().await.map(Self::Writing)
        } else {
            Ok(Self::Reading(connection))
        }
    }

    /// Whether [`Self::commit`] sends anything.
    pub(super) fn is_writing(&self) -> bool {
        matches!(self, Self::Writing(_))
    }

    /// Commits, unless the statement has committed implicitly, as `CREATE TABLE` does.
    pub(super) async fn commit(self) -> Result<(), Error> {
        let Self::Writing(transaction) = self else {
            return Ok(());
        };
        match transaction.commit().await {
            Err(error) if matches!(error.kind(), ErrorKind::TransactionEnded) => Ok(()),
            committed => committed,
        }
    }
}

impl Deref for Session<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Self::Reading(connection) => connection,
            Self::Writing(transaction) => transaction,
        }
    }
}

impl DerefMut for Session<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        match self {
            Self::Reading(connection) => connection,
            Self::Writing(transaction) => transaction,
        }
    }
}

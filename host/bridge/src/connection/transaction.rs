//! A transaction that is rolled back unless it is committed.

use std::fmt;
use std::ops::{Deref, DerefMut};

use mysql_common::constants::StatusFlags;
use tokio::net::TcpStream;

use super::{Connection, Transport};
use crate::error::{Error, ErrorKind, Stage};
use crate::tls::TlsStream;

/// `ER_LOCK_DEADLOCK`: InnoDB has rolled back the transaction.
const DEADLOCK: u16 = 1213;

/// What the connection does for a [`Transaction`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TransactionState {
    #[default]
    None,
    /// A [`Transaction`] exists.
    Open,
    /// A [`Transaction`] exists, and the server has rolled it back.
    RolledBack,
    /// A [`Transaction`] was dropped without an end: `ROLLBACK` precedes the next command.
    RollBackNext,
}

impl TransactionState {
    /// The guard is dropped, or it has been leaked and its connection is returned to the pool.
    pub(super) fn guard_is_gone(&mut self) {
        *self = match *self {
            Self::Open => Self::RollBackNext,
            Self::RolledBack => Self::None,
            other => other,
        };
    }
}

/// The isolation level of a transaction (MySQL Reference Manual, "Transaction Isolation Levels").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationLevel {
    /// `READ UNCOMMITTED`
    ReadUncommitted,
    /// `READ COMMITTED`
    ReadCommitted,
    /// `REPEATABLE READ`, InnoDB's default.
    RepeatableRead,
    /// `SERIALIZABLE`
    Serializable,
}

impl IsolationLevel {
    fn statement(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
            Self::ReadCommitted => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
            Self::RepeatableRead => "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            Self::Serializable => "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        }
    }
}

/// How a transaction begins. The default is a plain `START TRANSACTION`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionOptions {
    isolation_level: Option<IsolationLevel>,
    is_read_only: bool,
    has_consistent_snapshot: bool,
}

impl TransactionOptions {
    /// The isolation level. Default: the session's. It takes one more round trip.
    #[must_use]
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.isolation_level = Some(level);
        self
    }

    /// Whether the transaction refuses to write. Default: as the session does.
    #[must_use]
    pub fn read_only(mut self, is_read_only: bool) -> Self {
        self.is_read_only = is_read_only;
        self
    }

    /// Whether the snapshot that the transaction reads is taken at its start, and not at its first read. Default: no.
    #[must_use]
    pub fn consistent_snapshot(mut self, has_consistent_snapshot: bool) -> Self {
        self.has_consistent_snapshot = has_consistent_snapshot;
        self
    }

    fn statement(self) -> &'static str {
        match (self.has_consistent_snapshot, self.is_read_only) {
            (false, false) => "START TRANSACTION",
            (false, true) => "START TRANSACTION READ ONLY",
            (true, false) => "START TRANSACTION WITH CONSISTENT SNAPSHOT",
            (true, true) => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        }
    }
}

/// A transaction of a [`Connection`], to which it dereferences. It is rolled back when it is dropped, unless
/// [`Self::commit`] has ended it.
///
/// Dropping it sends nothing. `ROLLBACK` goes out with the next statement of the connection, in the same flight where
/// commands can be pipelined; a pool sends it as soon as the connection is given back; and a server rolls back when the
/// connection is closed. Until then the server keeps the transaction's locks: call [`Self::roll_back`] to release them
/// now.
///
/// If a statement ends the transaction, every further statement fails with [`ErrorKind::TransactionEnded`], so that
/// none is committed alone: `COMMIT`, statements that commit implicitly such as `CREATE TABLE`, and a deadlock (1213),
/// after which the server has rolled back.
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction<'c, S = TlsStream<TcpStream>>
where
    S: Transport,
{
    connection: &'c mut Connection<S>,
}

impl<S: Transport> Connection<S> {
    /// Begins a transaction.
    ///
    /// ```no_run
    /// # async fn transfer(mut connection: rds_bridge::mysql::Connection) -> Result<(), rds_bridge::Error> {
    /// let mut transaction = connection.transaction().await?;
    /// transaction.execute("UPDATE accounts SET balance = balance - ? WHERE id = ?", (10, 1)).await?;
    /// transaction.execute("UPDATE accounts SET balance = balance + ? WHERE id = ?", (10, 2)).await?;
    /// transaction.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TransactionOpen`], if a transaction is open already: the server would commit it. Else as
    /// [`Self::query`].
    pub async fn transaction(&mut self) -> Result<Transaction<'_, S>, Error> {
        self.transaction_with(TransactionOptions::default()).await
    }

    /// Begins a transaction with options.
    ///
    /// # Errors
    ///
    /// As [`Self::transaction`].
    pub async fn transaction_with(
        &mut self,
        options: TransactionOptions,
    ) -> Result<Transaction<'_, S>, Error> {
        self.roll_back_dropped().await?;
        self.drain_reply().await?;
        let has_guard = self.transaction != TransactionState::None;
        let is_open = self.is_in_transaction() && !self.set_up.rolls_back_next();
        if has_guard || is_open {
            return Err(self.error(ErrorKind::TransactionOpen));
        }
        if let Some(level) = options.isolation_level {
            self.execute(level.statement(), ()).await?;
        }
        self.execute(options.statement(), ()).await?;
        self.transaction = TransactionState::Open;
        Ok(Transaction { connection: self })
    }

    /// Rolls back after a dropped [`Transaction`]: with the next command where commands can be pipelined, else now.
    pub(super) async fn roll_back_dropped(&mut self) -> Result<(), Error> {
        if self.transaction != TransactionState::RollBackNext {
            return Ok(());
        }
        self.drain_reply().await?;
        self.check_usable()?;
        self.transaction = TransactionState::None;
        if self.is_in_transaction() {
            self.roll_back_with_next().await?;
        }
        Ok(())
    }

    /// Refuses a statement after the end of the transaction that it was meant for.
    pub(super) fn check_transaction(&self) -> Result<(), Error> {
        let has_ended = match self.transaction {
            TransactionState::Open => !self.is_in_transaction(),
            TransactionState::RolledBack => true,
            TransactionState::None | TransactionState::RollBackNext => false,
        };
        match has_ended {
            true => Err(Error::new(Stage::Statement, ErrorKind::TransactionEnded)),
            false => Ok(()),
        }
    }

    /// Notes that the server has rolled back: an `ERR_Packet` has no status flags.
    pub(super) fn note_rolled_back(&mut self, code: u16) {
        if code != DEADLOCK {
            return;
        }
        self.status.remove(StatusFlags::SERVER_STATUS_IN_TRANS);
        if self.transaction == TransactionState::Open {
            self.transaction = TransactionState::RolledBack;
        }
    }
}

impl<S: Transport> Transaction<'_, S> {
    /// Commits.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TransactionEnded`], if it has ended already. The server's refusal. That the connection is lost:
    /// then the server may or may not have committed.
    pub async fn commit(self) -> Result<(), Error> {
        self.end("COMMIT").await
    }

    /// Rolls back.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`]. A server rolls back too when the connection is lost.
    pub async fn roll_back(self) -> Result<(), Error> {
        self.connection.drain_reply().await?;
        match self.connection.transaction {
            TransactionState::RolledBack => Ok(()),
            _ => self.end("ROLLBACK").await,
        }
    }

    /// If this future is dropped before the server has answered, the transaction is dropped too, and rolled back unless
    /// the server has received `COMMIT`.
    async fn end(self, statement: &str) -> Result<(), Error> {
        self.connection.drain_reply().await?;
        self.connection.execute(statement, ()).await?;
        self.connection.transaction = TransactionState::None;
        Ok(())
    }
}

impl<S: Transport> Drop for Transaction<'_, S> {
    fn drop(&mut self) {
        self.connection.transaction.guard_is_gone();
    }
}

impl<S: Transport> Deref for Transaction<'_, S> {
    type Target = Connection<S>;

    fn deref(&self) -> &Connection<S> {
        self.connection
    }
}

impl<S: Transport> DerefMut for Transaction<'_, S> {
    fn deref_mut(&mut self) -> &mut Connection<S> {
        self.connection
    }
}

impl<S: Transport> fmt::Debug for Transaction<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("connection", &self.connection)
            .finish()
    }
}

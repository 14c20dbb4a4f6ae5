//! A transaction that is rolled back unless it is committed.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::pin;

use tokio::net::TcpStream;

use super::rows::Rows;
use super::statement_span::StatementSpan;
use super::{Connection, Transport};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::text_or_binary::controls_transaction;
use crate::tls::TlsStream;

/// `completion_type` may be `CHAIN` or `RELEASE`.
const COMMIT: &str = "COMMIT AND NO CHAIN NO RELEASE";
const ROLLBACK: &str = "ROLLBACK AND NO CHAIN NO RELEASE";

/// What the connection does for a [`Transaction`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TransactionState {
    #[default]
    None,
    /// The isolation level of the next transaction is sent, and `START TRANSACTION` is not.
    LevelSet,
    /// `START TRANSACTION` is sent, and no [`Transaction`] exists yet.
    Beginning,
    /// A [`Transaction`] exists.
    Open,
    /// A [`Transaction`] exists, and a statement has failed. The server may have ended the transaction: an `ERR_Packet`
    /// has no status flags.
    Uncertain,
    /// A [`Transaction`] exists, and its own `COMMIT` or `ROLLBACK` is sent.
    Ending,
    /// A [`Transaction`] exists, and a statement has ended the transaction.
    Ended,
    /// A [`Transaction`] was dropped before its end: `ROLLBACK` precedes the next command.
    RollBackNext,
}

impl TransactionState {
    /// The guard is dropped, or it has been leaked and its connection is returned to the pool.
    pub(super) fn guard_is_gone(&mut self) {
        *self = match *self {
            Self::Open | Self::Uncertain | Self::Ending => Self::RollBackNext,
            Self::Ended => Self::None,
            other => other,
        };
    }

    /// A statement was refused.
    pub(super) fn note_refusal(&mut self) {
        if *self == Self::Open {
            *self = Self::Uncertain;
        }
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

/// Whether a transaction may write (MySQL Reference Manual, "START TRANSACTION, COMMIT, and ROLLBACK Statements").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessMode {
    /// `READ ONLY`
    ReadOnly,
    /// `READ WRITE`, also in a session that is read-only by default.
    ReadWrite,
}

/// How a transaction begins. The default is a plain `START TRANSACTION`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionOptions {
    isolation_level: Option<IsolationLevel>,
    access_mode: Option<AccessMode>,
    has_consistent_snapshot: bool,
}

impl TransactionOptions {
    /// The isolation level. Default: the session's. Setting it takes one more round trip.
    #[must_use]
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.isolation_level = Some(level);
        self
    }

    /// Whether the transaction may write. Default: as the session.
    #[must_use]
    pub fn access_mode(mut self, mode: AccessMode) -> Self {
        self.access_mode = Some(mode);
        self
    }

    /// Takes the snapshot that the transaction reads at its start, and not at its first read.
    #[must_use]
    pub fn consistent_snapshot(mut self) -> Self {
        self.has_consistent_snapshot = true;
        self
    }

    fn statement(self) -> &'static str {
        use AccessMode::{ReadOnly, ReadWrite};
        match (self.has_consistent_snapshot, self.access_mode) {
            (false, None) => "START TRANSACTION",
            (false, Some(ReadOnly)) => "START TRANSACTION READ ONLY",
            (false, Some(ReadWrite)) => "START TRANSACTION READ WRITE",
            (true, None) => "START TRANSACTION WITH CONSISTENT SNAPSHOT",
            (true, Some(ReadOnly)) => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            (true, Some(ReadWrite)) => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE",
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
/// If a statement ends the transaction, every further call fails with [`ErrorKind::TransactionEnded`], so that no
/// statement is committed alone. Statements that end it are those that commit implicitly, such as `CREATE TABLE`, and
/// those that the server answers by a rollback, such as the victim of a deadlock (1213). After each error of the server
/// the next call takes one more round trip, which asks whether the transaction is still open. `BEGIN`, `START
/// TRANSACTION`, `COMMIT` and `ROLLBACK` are refused as statements ([`ErrorKind::TransactionStatement`]); savepoints
/// are not. A procedure that ends the transaction and begins another is not noticed.
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
            // The level is that of the next transaction, whichever that is.
            self.transaction = TransactionState::LevelSet;
            if let Err(error) = self.control(level.statement()).await {
                self.transaction = TransactionState::None;
                return Err(error);
            }
        }
        if self.transaction == TransactionState::None {
            self.transaction = TransactionState::Beginning;
        }
        match self.control(options.statement()).await {
            Ok(()) => self.transaction = TransactionState::Open,
            Err(error) => {
                if self.transaction == TransactionState::Beginning {
                    self.transaction = TransactionState::None;
                }
                return Err(error);
            }
        }
        Ok(Transaction { connection: self })
    }

    /// Continues the transaction that [`Transaction::suspend`] left open. `None` if no transaction was suspended. If a
    /// statement has ended it since, its next call fails with [`ErrorKind::TransactionEnded`].
    pub fn resume_transaction(&mut self) -> Option<Transaction<'_, S>> {
        match self.transaction {
            TransactionState::Open | TransactionState::Uncertain | TransactionState::Ended => {
                Some(Transaction { connection: self })
            }
            TransactionState::None
            | TransactionState::LevelSet
            | TransactionState::Beginning
            | TransactionState::Ending
            | TransactionState::RollBackNext => None,
        }
    }

    /// Executes a statement that controls the transaction. It leaves nothing in the session.
    async fn control(&mut self, statement: &str) -> Result<(), Error> {
        let span = StatementSpan::begin(statement);
        let summary = span.run(pin!(self.start_control(statement))).await?;
        Rows::new(self, summary, span).finish().await?;
        Ok(())
    }

    /// Ends what a dropped [`Transaction`], or a dropped future of [`Self::transaction`], has left: with the next
    /// command where commands can be pipelined, else now.
    pub(super) async fn roll_back_dropped(&mut self) -> Result<(), Error> {
        let left = self.transaction;
        match left {
            TransactionState::LevelSet
            | TransactionState::Beginning
            | TransactionState::RollBackNext => {}
            _ => return Ok(()),
        }
        self.drain_reply().await?;
        self.check_usable()?;
        self.transaction = TransactionState::None;
        if left == TransactionState::LevelSet && !self.is_in_transaction() {
            // A transaction uses up the level that was meant for it.
            self.roll_back_with_next(true).await
        } else if self.is_in_transaction() {
            self.roll_back_with_next(false).await
        } else {
            Ok(())
        }
    }

    /// Whether the session may hold a transaction, or a part of one, that its user has left.
    pub(crate) fn holds_transaction(&self) -> bool {
        self.transaction != TransactionState::None
            || self.set_up.rolls_back_next()
            || self.is_in_transaction()
    }

    /// Refuses a statement after the end of the transaction that it was meant for, and one that would end it.
    pub(super) async fn check_transaction(&mut self, sql: &str) -> Result<(), Error> {
        match self.transaction {
            TransactionState::Open | TransactionState::Uncertain if controls_transaction(sql) => {
                return Err(Error::new(
                    Stage::Statement,
                    ErrorKind::TransactionStatement,
                ));
            }
            _ => {}
        }
        self.check_transaction_is_open().await
    }

    async fn check_transaction_is_open(&mut self) -> Result<(), Error> {
        if self.transaction == TransactionState::Uncertain {
            // An OK_Packet has the status flags.
            self.ping_server().await?;
            self.transaction = TransactionState::Open;
        }
        if self.transaction == TransactionState::Open && !self.is_in_transaction() {
            self.transaction = TransactionState::Ended;
        }
        match self.transaction {
            TransactionState::Ended => {
                Err(Error::new(Stage::Statement, ErrorKind::TransactionEnded))
            }
            _ => Ok(()),
        }
    }
}

impl<S: Transport> Transaction<'_, S> {
    /// Commits.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TransactionEnded`], if an earlier statement has ended the transaction. The server refuses. The
    /// connection is lost: then the server may or may not have committed.
    pub async fn commit(self) -> Result<(), Error> {
        self.end(COMMIT).await
    }

    /// Leaves the transaction open, and ends the borrow of the connection. [`Connection::resume_transaction`] continues
    /// it; until then the connection's statements belong to it, as those of the guard. A pool rolls it back when the
    /// connection is returned.
    ///
    /// For an owner of the connection that cannot keep the borrow, such as a resource that a WebAssembly guest holds.
    pub fn suspend(self) {
        std::mem::forget(self);
    }

    /// Rolls back.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`]. A server rolls back too when the connection is lost.
    pub async fn roll_back(self) -> Result<(), Error> {
        self.end(ROLLBACK).await
    }

    /// If this future is dropped before the server has answered, the transaction is dropped too, and rolled back unless
    /// the server has received `COMMIT`.
    async fn end(self, statement: &str) -> Result<(), Error> {
        self.connection.drain_reply().await?;
        self.connection.check_transaction_is_open().await?;
        self.connection.transaction = TransactionState::Ending;
        self.connection.control(statement).await?;
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

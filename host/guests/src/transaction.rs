//! The resource `transaction`.

use std::sync::Arc;

use rds_bridge::pool::PooledConnection;
use wasmtime::component::Resource;

use crate::bindings::rds::mysql::client::{HostTransaction, Transaction as Handle};
use crate::bindings::rds::mysql::results::Rows as RowsHandle;
use crate::bindings::rds::mysql::types::{Error as GuestError, Summary, Value};
use crate::ctx::RdsCtx;
use crate::failure::{Answer, Failure, answer};
use crate::handles::{borrowed, owned};
use crate::session::Session;

/// A transaction of a guest. It is rolled back when it is dropped.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// Taken when it ends.
    session: Option<Arc<Session>>,
}

/// How a transaction ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Commit,
    RollBack,
}

impl Transaction {
    pub(crate) fn of(session: Arc<Session>) -> Self {
        Self {
            session: Some(session),
        }
    }

    fn session(&self) -> Result<Arc<Session>, GuestError> {
        self.session.clone().ok_or(GuestError::TransactionEnded)
    }

    /// Ends it on the server.
    pub(crate) async fn end(mut self, end: End) -> Result<(), GuestError> {
        let session = self.session.take().ok_or(GuestError::TransactionEnded)?;
        let mut lent = session.lent().inspect_err(|_| session.roll_back())?;
        lent.rows = None;
        lent.in_transaction = false;
        let mut time = session.grant.time;
        let ending = async |connection: &mut PooledConnection| {
            if let (End::Commit, Some(rows)) = (end, connection.resume_rows()) {
                // The statement may fail behind its rows; then nothing is committed.
                if let Err(error) = rows.finish().await {
                    drop(connection.resume_transaction());
                    return Err(session.failed(&error));
                }
            }
            let transaction = connection.resume_transaction();
            let transaction = transaction.ok_or(GuestError::TransactionEnded)?;
            let ended = match end {
                End::Commit => transaction.commit().await,
                End::RollBack => transaction.roll_back().await,
            };
            ended.map_err(|error| session.failed(&error))
        };
        lent.run(&mut time, ending).await
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            session.roll_back();
        }
    }
}

impl RdsCtx {
    /// The session of a transaction, whose handle is that of a version of the contract.
    pub(crate) fn transaction<H: 'static>(
        &self,
        transaction: &Resource<H>,
    ) -> Result<Arc<Session>, Failure> {
        let transaction: &Transaction = self.table.get(&borrowed(transaction))?;
        Ok(transaction.session()?)
    }

    async fn end(&mut self, transaction: Resource<Handle>, end: End) -> Answer<()> {
        let transaction: Transaction = self.table.delete(owned(&transaction))?;
        let _waiting = self.waited.begin();
        Ok(transaction.end(end).await)
    }
}

impl HostTransaction for RdsCtx {
    async fn query(
        &mut self,
        transaction: Resource<Handle>,
        sql: String,
        params: Vec<Value>,
    ) -> Answer<Resource<RowsHandle>> {
        let queried = async {
            let session = self.transaction(&transaction)?;
            self.call_query(&session, true, &sql, params).await
        };
        answer(queried.await)
    }

    async fn execute(
        &mut self,
        transaction: Resource<Handle>,
        sql: String,
        params: Vec<Value>,
    ) -> Answer<Summary> {
        let executed = async {
            let session = self.transaction(&transaction)?;
            self.call_execute(&session, true, &sql, params).await
        };
        answer(executed.await)
    }

    async fn commit(&mut self, transaction: Resource<Handle>) -> Answer<()> {
        self.end(transaction, End::Commit).await
    }

    async fn rollback(&mut self, transaction: Resource<Handle>) -> Answer<()> {
        self.end(transaction, End::RollBack).await
    }

    async fn drop(&mut self, transaction: Resource<Handle>) -> wasmtime::Result<()> {
        let transaction: Transaction = self.table.delete(owned(&transaction))?;
        let _waiting = self.waited.begin();
        // Now, so that its locks are free for what the guest does next. If it fails, the connection is not used again.
        let _rolled_back = transaction.end(End::RollBack).await;
        Ok(())
    }
}

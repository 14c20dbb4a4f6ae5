//! The resource `transaction`.

use std::sync::Arc;

use rds_bridge::pool::PooledConnection;
use wasmtime::component::Resource;

use crate::RdsCtx;
use crate::bindings::rds::mysql::client::HostTransaction;
use crate::bindings::rds::mysql::types::{Error as GuestError, Summary, Value};
use crate::failure::Failure;
use crate::rows::Rows;
use crate::session::{Lent, Session};
use crate::statement::{self, Statement};
use crate::values;

/// A transaction of a guest. It is rolled back when it is dropped.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Transaction {
    /// Taken when it ends.
    session: Option<Arc<Session>>,
}

/// How a transaction ends.
#[derive(Clone, Copy)]
enum End {
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

    async fn end(mut self, end: End) -> Result<(), GuestError> {
        let session = self.session.take().ok_or(GuestError::TransactionEnded)?;
        let mut lent = session.lent().await;
        lent.rows = None;
        lent.in_transaction = false;
        let mut time = session.grant.time;
        let ending = async |connection: &mut PooledConnection| {
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
            session.release(Lent::roll_back);
        }
    }
}

impl HostTransaction for RdsCtx {
    async fn query(
        &mut self,
        transaction: Resource<Transaction>,
        sql: String,
        params: Vec<Value>,
    ) -> Result<Resource<Rows>, Failure> {
        let session = self.table.get(&transaction)?.session()?;
        let querying = statement::query_own(
            &session,
            Statement {
                sql: &sql,
                params: values::params(&sql, params, self.max_statement_bytes)?,
                in_transaction: true,
            },
        );
        let rows = self.waited.during(querying).await?;
        Ok(self.table.push(rows)?)
    }

    async fn execute(
        &mut self,
        transaction: Resource<Transaction>,
        sql: String,
        params: Vec<Value>,
    ) -> Result<Summary, Failure> {
        let session = self.table.get(&transaction)?.session()?;
        let executing = statement::execute_own(
            &session,
            Statement {
                sql: &sql,
                params: values::params(&sql, params, self.max_statement_bytes)?,
                in_transaction: true,
            },
        );
        Ok(self.waited.during(executing).await?)
    }

    async fn commit(&mut self, transaction: Resource<Transaction>) -> Result<(), Failure> {
        let transaction = self.table.delete(transaction)?;
        Ok(self.waited.during(transaction.end(End::Commit)).await?)
    }

    async fn rollback(&mut self, transaction: Resource<Transaction>) -> Result<(), Failure> {
        let transaction = self.table.delete(transaction)?;
        Ok(self.waited.during(transaction.end(End::RollBack)).await?)
    }

    async fn drop(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<()> {
        self.table.delete(transaction)?;
        Ok(())
    }
}

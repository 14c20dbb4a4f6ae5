//! The interface `client`, and its resource `connection`.

use std::sync::Arc;

use rds_bridge::mysql::{AccessMode, IsolationLevel, TransactionOptions};
use rds_bridge::pool::PooledConnection;
use wasmtime::component::Resource;

use crate::RdsCtx;
use crate::bindings::rds::mysql::client::{Host, HostConnection, Isolation, Options};
use crate::bindings::rds::mysql::types::{Error as GuestError, Summary, Value};
use crate::failure::Failure;
use crate::rows::Rows;
use crate::session::Session;
use crate::statement::{self, Statement};
use crate::transaction::Transaction;
use crate::values;

/// A connection of a guest.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Connection {
    pub(crate) session: Arc<Session>,
}

impl Host for RdsCtx {
    async fn open(&mut self, database: String) -> Result<Resource<Connection>, Failure> {
        let grant = self.grant(&database)?;
        let opening = Session::open(&self.tenant, &grant);
        let session = Arc::new(self.waited.during(opening).await?);
        Ok(self.table.push(Connection { session })?)
    }
}

impl HostConnection for RdsCtx {
    async fn query(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<Value>,
    ) -> Result<Resource<Rows>, Failure> {
        let session = Arc::clone(&self.table.get(&connection)?.session);
        let querying = statement::query_own(
            &session,
            Statement {
                sql: &sql,
                params: values::params(&sql, params, self.max_statement_bytes)?,
                in_transaction: false,
            },
        );
        let rows = self.waited.during(querying).await?;
        Ok(self.table.push(rows)?)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<Value>,
    ) -> Result<Summary, Failure> {
        let session = Arc::clone(&self.table.get(&connection)?.session);
        let executing = statement::execute_own(
            &session,
            Statement {
                sql: &sql,
                params: values::params(&sql, params, self.max_statement_bytes)?,
                in_transaction: false,
            },
        );
        Ok(self.waited.during(executing).await?)
    }

    async fn begin(
        &mut self,
        connection: Resource<Connection>,
        options: Options,
    ) -> Result<Resource<Transaction>, Failure> {
        let session = Arc::clone(&self.table.get(&connection)?.session);
        self.waited.during(begin(&session, options)).await?;
        Ok(self.table.push(Transaction::of(session))?)
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

async fn begin(session: &Session, options: Options) -> Result<(), GuestError> {
    let mut chosen = TransactionOptions::default();
    if options.read_only {
        chosen = chosen.access_mode(AccessMode::ReadOnly);
    }
    if let Some(level) = options.isolation {
        chosen = chosen.isolation_level(match level {
            Isolation::ReadUncommitted => IsolationLevel::ReadUncommitted,
            Isolation::ReadCommitted => IsolationLevel::ReadCommitted,
            Isolation::RepeatableRead => IsolationLevel::RepeatableRead,
            Isolation::Serializable => IsolationLevel::Serializable,
        });
    }
    let mut lent = session.lent().await;
    lent.check_free(false)?;
    let mut time = session.grant.time;
    let begin =
        async |connection: &mut PooledConnection| match connection.transaction_with(chosen).await {
            Ok(transaction) => {
                transaction.suspend();
                Ok(())
            }
            Err(error) => Err(session.failed(&error)),
        };
    lent.run(&mut time, begin).await?;
    lent.in_transaction = true;
    Ok(())
}

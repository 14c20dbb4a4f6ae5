//! What a connection and a transaction of an asynchronous guest do in the same way.

use std::sync::Arc;

use wasmtime::component::{Accessor, Resource};

use super::bindings::rds::mysql::results::Rows as RowsHandle;
use crate::bindings::rds::mysql::types::{Summary, Value};
use crate::ctx::{HasRds, RdsCtx};
use crate::failure::Failure;
use crate::handles::owned;
use crate::rows::Rows;
use crate::session::Session;
use crate::shape::Contract;
use crate::statement::{self, Statement};
use crate::values;
use crate::waited::Waited;

/// A statement of a guest, before it waits for the server.
pub(super) struct Call {
    pub(super) session: Arc<Session>,
    pub(super) in_transaction: bool,
    pub(super) waited: Waited,
    pub(super) max_statement_bytes: usize,
}

impl Call {
    pub(super) fn new(ctx: &RdsCtx, session: Arc<Session>, in_transaction: bool) -> Self {
        Self {
            session,
            in_transaction,
            waited: ctx.waited.clone(),
            max_statement_bytes: ctx.max_statement_bytes,
        }
    }

    /// Executes the statement, and gives the guest its rows.
    pub(super) async fn query<T: Send + 'static>(
        self,
        accessor: &Accessor<T, HasRds>,
        sql: &str,
        params: Vec<Value>,
    ) -> Result<Resource<RowsHandle>, Failure> {
        let statement = self.statement(sql, params)?;
        let _waiting = self.waited.begin();
        let rows: Rows<Contract> = statement::query_own(&self.session, statement).await?;
        push(accessor, rows)
    }

    /// Executes the statement, and passes over its rows.
    pub(super) async fn execute(self, sql: &str, params: Vec<Value>) -> Result<Summary, Failure> {
        let statement = self.statement(sql, params)?;
        let _waiting = self.waited.begin();
        Ok(statement::execute_own(&self.session, statement).await?)
    }

    fn statement<'s>(&self, sql: &'s str, params: Vec<Value>) -> Result<Statement<'s>, Failure> {
        Ok(Statement {
            sql,
            params: values::params(sql, params, self.max_statement_bytes)?,
            in_transaction: self.in_transaction,
        })
    }
}

/// Gives the guest a handle.
pub(super) fn push<T: Send + 'static, Kept: Send + 'static, Handle: 'static>(
    accessor: &Accessor<T, HasRds>,
    kept: Kept,
) -> Result<Resource<Handle>, Failure> {
    accessor.with(|mut store| Ok(owned(&store.get().table.push(kept)?)))
}

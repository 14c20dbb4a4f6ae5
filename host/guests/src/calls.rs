//! What a connection and a transaction of a guest do in the same way.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::bindings::rds::mysql::results::Rows as RowsHandle;
use crate::bindings::rds::mysql::types::{Summary, Value};
use crate::ctx::RdsCtx;
use crate::failure::Failure;
use crate::handles::owned;
use crate::rows::Rows;
use crate::session::Session;
use crate::shape::Contract;
use crate::statement::{self, Statement};
use crate::values;

impl RdsCtx {
    /// Executes a statement of a session, in its transaction or without one.
    pub(crate) async fn call_query(
        &mut self,
        session: &Arc<Session>,
        in_transaction: bool,
        sql: &str,
        params: Vec<Value>,
    ) -> Result<Resource<RowsHandle>, Failure> {
        let params = values::params(sql, params, self.max_statement_bytes)?;
        let statement = Statement {
            sql,
            params,
            in_transaction,
        };
        let _waiting = self.waited.begin();
        let rows: Rows<Contract> = statement::query_own(session, statement).await?;
        Ok(owned(&self.table.push(rows)?))
    }

    /// As [`Self::call_query`], and passes over the rows.
    pub(crate) async fn call_execute(
        &mut self,
        session: &Arc<Session>,
        in_transaction: bool,
        sql: &str,
        params: Vec<Value>,
    ) -> Result<Summary, Failure> {
        let params = values::params(sql, params, self.max_statement_bytes)?;
        let statement = Statement {
            sql,
            params,
            in_transaction,
        };
        let _waiting = self.waited.begin();
        Ok(statement::execute_own(session, statement).await?)
    }
}

//! The interface `catalog`: statements that the host has named.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::bindings::rds::mysql::catalog::Host;
use crate::bindings::rds::mysql::results::Rows as Handle;
use crate::bindings::rds::mysql::types::Value;
use crate::ctx::RdsCtx;
use crate::failure::{Answer, answer};
use crate::handles::owned;
use crate::rows::Rows;
use crate::session::Session;
use crate::shape::Contract;
use crate::statement::{self, Statement};
use crate::values;

impl Host for RdsCtx {
    async fn run(
        &mut self,
        database: String,
        statement: String,
        params: Vec<Value>,
    ) -> Answer<Resource<Handle>> {
        let ran = async {
            let grant = self.grant(&database)?;
            let sql = grant.named(&statement)?;
            let params = values::params("", params, self.max_statement_bytes)?;
            // Before a connection is borrowed for it.
            let request = grant.request()?;
            let statement = Statement {
                sql,
                params,
                in_transaction: false,
            };
            let _waiting = self.waited.begin();
            let session = Arc::new(Session::open(&self.tenant, &grant).await?);
            let rows: Rows<Contract> = statement::query(&session, statement, request).await?;
            Ok(owned(&self.table.push(rows)?))
        };
        answer(ran.await)
    }
}

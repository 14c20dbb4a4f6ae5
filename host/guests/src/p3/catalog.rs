//! The interface `catalog`: statements that the host has named.

use std::sync::Arc;

use wasmtime::component::{Accessor, Resource};

use super::bindings::rds::mysql::catalog::{Host, HostWithStore};
use super::bindings::rds::mysql::results::Rows as Handle;
use super::calls::push;
use crate::bindings::rds::mysql::types::Value;
use crate::ctx::{HasRds, RdsCtx};
use crate::failure::{Answer, Failure, answer};
use crate::rows::Rows;
use crate::session::Session;
use crate::shape::Contract;
use crate::statement::{self, Statement};
use crate::values;

impl Host for RdsCtx {}

impl<T: Send + 'static> HostWithStore<T> for HasRds {
    async fn run(
        accessor: &Accessor<T, Self>,
        database: String,
        statement: String,
        params: Vec<Value>,
    ) -> Answer<Resource<Handle>> {
        let ran = async {
            let (grant, tenant, waited, max_bytes) = accessor.with(|mut store| {
                let ctx = store.get();
                let grant = ctx.grant(&database)?;
                let tenant = ctx.tenant.clone();
                Ok::<_, Failure>((grant, tenant, ctx.waited.clone(), ctx.max_statement_bytes))
            })?;
            let sql = grant.named(&statement)?;
            let params = values::params("", params, max_bytes)?;
            // Before a connection is borrowed for it.
            let request = grant.request()?;
            let statement = Statement {
                sql,
                params,
                in_transaction: false,
            };
            let _waiting = waited.begin();
            let session = Arc::new(Session::open(&tenant, &grant).await?);
            let rows: Rows<Contract> = statement::query(&session, statement, request).await?;
            push(accessor, rows)
        };
        answer(ran.await)
    }
}

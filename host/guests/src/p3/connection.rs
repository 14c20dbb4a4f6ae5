//! The interface `client`, and its resource `connection`.

use std::sync::Arc;

use wasmtime::component::{Accessor, Resource};

use super::bindings::rds::mysql::client::{
    Connection as Handle, Host, HostConnection, HostConnectionWithStore, HostWithStore, Isolation,
    Options, Transaction as TransactionHandle,
};
use super::bindings::rds::mysql::results::Rows as RowsHandle;
use super::calls::{Call, push};
use crate::bindings::rds::mysql::client as plain;
use crate::bindings::rds::mysql::types::{Summary, Value};
use crate::connection::{Connection, begin};
use crate::ctx::{HasRds, RdsCtx};
use crate::failure::{Answer, Failure, answer};
use crate::handles::owned;
use crate::session::Session;
use crate::transaction::Transaction;

impl Host for RdsCtx {}

impl<T: Send + 'static> HostWithStore<T> for HasRds {
    async fn open(accessor: &Accessor<T, Self>, database: String) -> Answer<Resource<Handle>> {
        let opened = async {
            let (grant, tenant, waited) = accessor.with(|mut store| {
                let ctx = store.get();
                let grant = ctx.grant(&database)?;
                Ok::<_, Failure>((grant, ctx.tenant.clone(), ctx.waited.clone()))
            })?;
            let _waiting = waited.begin();
            let session = Arc::new(Session::open(&tenant, &grant).await?);
            push(accessor, Connection { session })
        };
        answer(opened.await)
    }
}

fn call<T: Send + 'static>(
    accessor: &Accessor<T, HasRds>,
    connection: &Resource<Handle>,
) -> wasmtime::Result<Call> {
    accessor.with(|mut store| {
        let ctx = store.get();
        let session = ctx.session(connection)?;
        Ok(Call::new(ctx, session, false))
    })
}

impl HostConnection for RdsCtx {
    fn drop(&mut self, connection: Resource<Handle>) -> wasmtime::Result<()> {
        let _dropped: Connection = self.table.delete(owned(&connection))?;
        Ok(())
    }
}

impl<T: Send + 'static> HostConnectionWithStore<T> for HasRds {
    async fn query(
        accessor: &Accessor<T, Self>,
        connection: Resource<Handle>,
        sql: String,
        params: Vec<Value>,
    ) -> Answer<Resource<RowsHandle>> {
        let call = call(accessor, &connection)?;
        answer(call.query(accessor, &sql, params).await)
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        connection: Resource<Handle>,
        sql: String,
        params: Vec<Value>,
    ) -> Answer<Summary> {
        let call = call(accessor, &connection)?;
        answer(call.execute(&sql, params).await)
    }

    async fn begin(
        accessor: &Accessor<T, Self>,
        connection: Resource<Handle>,
        options: Options,
    ) -> Answer<Resource<TransactionHandle>> {
        let Call {
            session, waited, ..
        } = call(accessor, &connection)?;
        let begun = async {
            let _waiting = waited.begin();
            begin(&session, plain_options(options)).await?;
            push(accessor, Transaction::of(Arc::clone(&session)))
        };
        answer(begun.await)
    }
}

fn plain_options(options: Options) -> plain::Options {
    plain::Options {
        read_only: options.read_only,
        isolation: options.isolation.map(|level| match level {
            Isolation::ReadUncommitted => plain::Isolation::ReadUncommitted,
            Isolation::ReadCommitted => plain::Isolation::ReadCommitted,
            Isolation::RepeatableRead => plain::Isolation::RepeatableRead,
            Isolation::Serializable => plain::Isolation::Serializable,
        }),
    }
}

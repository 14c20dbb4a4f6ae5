//! The resource `transaction`.

use wasmtime::component::{Accessor, Resource};

use super::bindings::rds::mysql::client::{
    HostTransaction, HostTransactionWithStore, Transaction as Handle,
};
use super::bindings::rds::mysql::results::Rows as RowsHandle;
use super::calls::Call;
use crate::bindings::rds::mysql::types::{Summary, Value};
use crate::ctx::{HasRds, RdsCtx};
use crate::failure::{Answer, Failure, answer};
use crate::handles::owned;
use crate::transaction::{End, Transaction};

fn call<T: Send + 'static>(
    accessor: &Accessor<T, HasRds>,
    transaction: &Resource<Handle>,
) -> Result<Call, Failure> {
    accessor.with(|mut store| {
        let ctx = store.get();
        let session = ctx.transaction(transaction)?;
        Ok(Call::new(ctx, session, true))
    })
}

async fn end<T: Send + 'static>(
    accessor: &Accessor<T, HasRds>,
    transaction: Resource<Handle>,
    end: End,
) -> Answer<()> {
    let (transaction, waited) = accessor.with(|mut store| -> wasmtime::Result<_> {
        let ctx = store.get();
        let transaction: Transaction = ctx.table.delete(owned(&transaction))?;
        Ok((transaction, ctx.waited.clone()))
    })?;
    let _waiting = waited.begin();
    Ok(transaction.end(end).await)
}

impl HostTransaction for RdsCtx {}

impl<T: Send + 'static> HostTransactionWithStore<T> for HasRds {
    async fn query(
        accessor: &Accessor<T, Self>,
        transaction: Resource<Handle>,
        sql: String,
        params: Vec<Value>,
    ) -> Answer<Resource<RowsHandle>> {
        let queried = async {
            let call = call(accessor, &transaction)?;
            call.query(accessor, &sql, params).await
        };
        answer(queried.await)
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        transaction: Resource<Handle>,
        sql: String,
        params: Vec<Value>,
    ) -> Answer<Summary> {
        let executed = async { call(accessor, &transaction)?.execute(&sql, params).await };
        answer(executed.await)
    }

    async fn commit(accessor: &Accessor<T, Self>, transaction: Resource<Handle>) -> Answer<()> {
        end(accessor, transaction, End::Commit).await
    }

    async fn rollback(accessor: &Accessor<T, Self>, transaction: Resource<Handle>) -> Answer<()> {
        end(accessor, transaction, End::RollBack).await
    }

    async fn drop(
        accessor: &Accessor<T, Self>,
        transaction: Resource<Handle>,
    ) -> wasmtime::Result<()> {
        // Now, so that its locks are free for what the guest does next. If it fails, the connection is not used again.
        let _rolled_back = end(accessor, transaction, End::RollBack).await?;
        Ok(())
    }
}

//! Spin's resource `connection`.

use std::sync::Arc;

use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::bindings::spin::mysql::mysql::{
    Connection as Handle, Host, HostConnection, HostConnectionWithStore,
};
use crate::connection::Connection;
use crate::ctx::{HasRds, RdsCtx};
use crate::handles::owned;
use crate::p3::stream::{self, End, LOST, Settings};
use crate::rows::Rows;
use crate::session::Session;
use crate::spin::bindings::fermyon::spin::rdbms_types::{Column, Error, ParameterValue, Row};
use crate::spin::error::{SpinFailure, spoken};
use crate::spin::shape::Spin;
use crate::spin::values;
use crate::statement::{self, Statement};
use crate::waited::Waited;

/// What a query returns: the columns, the rows, and how the result has ended.
type Queried = (
    Vec<Column>,
    StreamReader<Row>,
    FutureReader<Result<(), Error>>,
);

/// What a function returns: its value or its error; or a trap.
type Answer<T> = wasmtime::Result<Result<T, Error>>;

fn answer<T>(done: Result<T, SpinFailure>) -> Answer<T> {
    match done {
        Ok(value) => Ok(Ok(value)),
        Err(SpinFailure::Error(error)) => Ok(Err(error)),
        Err(SpinFailure::Trap(trap)) => Err(trap),
    }
}

impl Host for RdsCtx {}

impl HostConnection for RdsCtx {
    fn drop(&mut self, connection: Resource<Handle>) -> wasmtime::Result<()> {
        let _dropped: Connection = self.table.delete(owned(&connection))?;
        Ok(())
    }
}

impl<T: Send + 'static> HostConnectionWithStore<T> for HasRds {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Answer<Resource<Handle>> {
        let opened = async {
            let (grant, tenant, waited) = accessor.with(|mut store| {
                let ctx = store.get();
                let grant = ctx.grant(&ctx.database_of(&address)?)?;
                Ok::<_, SpinFailure>((grant, ctx.tenant.clone(), ctx.waited.clone()))
            })?;
            let _waiting = waited.begin();
            let session = Arc::new(Session::open(&tenant, &grant).await?);
            accessor.with(|mut store| {
                let connection = store.get().table.push(Connection { session })?;
                Ok(owned(&connection))
            })
        };
        answer(opened.await)
    }

    async fn query(
        accessor: &Accessor<T, Self>,
        connection: Resource<Handle>,
        sql: String,
        params: Vec<ParameterValue>,
    ) -> Answer<Queried> {
        let queried = async {
            let call = call(accessor, &connection, &sql, params)?;
            let rows = {
                let _waiting = call.waited.begin();
                statement::query_own(&call.session, call.statement).await?
            };
            accessor
                .with(|mut store| {
                    let settings = Settings::of(store.get())?;
                    streamed(store, rows, settings)
                })
                .map_err(SpinFailure::Trap)
        };
        answer(queried.await)
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        connection: Resource<Handle>,
        sql: String,
        params: Vec<ParameterValue>,
    ) -> Answer<()> {
        let executed = async {
            let call = call(accessor, &connection, &sql, params)?;
            let _waiting = call.waited.begin();
            statement::execute_own(&call.session, call.statement).await?;
            Ok(())
        };
        answer(executed.await)
    }
}

/// A statement of a guest, before it waits for the server.
struct Call<'s> {
    session: Arc<Session>,
    statement: Statement<'s>,
    waited: Waited,
}

fn call<'s, T: Send + 'static>(
    accessor: &Accessor<T, HasRds>,
    connection: &Resource<Handle>,
    sql: &'s str,
    params: Vec<ParameterValue>,
) -> Result<Call<'s>, SpinFailure> {
    accessor.with(|mut store| {
        let ctx = store.get();
        ctx.check_length(sql, &params)?;
        let session = ctx.session(connection).map_err(SpinFailure::Trap)?;
        Ok(Call {
            session,
            statement: Statement {
                sql,
                params: values::params(params)?,
                in_transaction: false,
            },
            waited: ctx.waited.clone(),
        })
    })
}

/// The rows as a stream. If it is dropped before its end, the connection is free for the next statement at once: guests
/// of Spin need not read the future.
fn streamed(
    mut store: impl wasmtime::AsContextMut<Data: Send>,
    rows: Rows<Spin>,
    settings: Settings,
) -> wasmtime::Result<Queried> {
    let columns = rows.columns.clone();
    let release = |rows: Box<Rows<Spin>>| {
        drop(rows);
        End::Released
    };
    let (rows, ended) = stream::rows(rows, settings.clone(), release);
    let end = async move {
        let _settings = settings;
        let ended = match ended.await {
            Ok(End::Reached(how)) => how.map(drop),
            Ok(End::Left(_) | End::Released) => Ok(()),
            Err(_) => Err(LOST),
        };
        Ok::<_, wasmtime::Error>(ended.map_err(spoken))
    };
    let rows = StreamReader::new(&mut store, rows)?;
    Ok((columns, rows, FutureReader::new(&mut store, end)?))
}

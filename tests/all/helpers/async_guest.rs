//! A host with a guest of `rds:mysql@0.3.0`, whose functions are asynchronous.

use std::sync::LazyLock;

use rds_bridge_guests::{RdsCtx, Tenant, p3};
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use super::guest::{Column, ENGINE, Error, State, Summary, Value, compiled, rds};

mod bindings {
    wasmtime::component::bindgen!({
        path: ["../wit/mysql-async", "guests/wit/client_async"],
        world: "test:client-async/guest",
        imports: { default: async | store | trappable },
        exports: { default: async },
        with: { "rds:mysql/types@0.3.0": crate::helpers::guest::types },
    });
}

pub(crate) use bindings::Guest as Calls;
pub(crate) use bindings::rds::mysql::client::{Isolation, Options as Begin};

/// A guest that does what the test tells it.
pub(crate) struct AsyncGuest {
    pub(crate) store: Store<State>,
    pub(crate) calls: Calls,
}

static CLIENT: LazyLock<Component> = LazyLock::new(|| compiled("client_async"));

/// Calls an asynchronous function of the guest.
macro_rules! call {
    ($guest:expr, $function:ident, $($argument:expr),*) => {{
        let AsyncGuest { store, calls } = $guest;
        let called = store.run_concurrent(async |store| calls.$function(store, $($argument),*).await);
        called.await.unwrap().unwrap()
    }};
}

impl AsyncGuest {
    pub(crate) async fn new(tenant: &Tenant) -> Self {
        Self::with(RdsCtx::new(tenant)).await
    }

    pub(crate) async fn with(rds: RdsCtx) -> Self {
        let mut linker = Linker::new(&ENGINE);
        // A host may offer both versions.
        rds_bridge_guests::add_to_linker(&mut linker, self::rds).unwrap();
        p3::add_to_linker(&mut linker, self::rds).unwrap();
        Self::linked(rds, &linker).await.unwrap()
    }

    pub(crate) async fn linked(rds: RdsCtx, linker: &Linker<State>) -> wasmtime::Result<Self> {
        let mut store = Store::new(&ENGINE, State { rds });
        store.set_epoch_deadline(u64::MAX / 2);
        let calls = Calls::instantiate_async(&mut store, &CLIENT, linker).await?;
        Ok(Self { store, calls })
    }

    pub(crate) async fn open(&mut self) -> Result<u32, Error> {
        self.open_named("orders").await
    }

    pub(crate) async fn open_named(&mut self, database: &str) -> Result<u32, Error> {
        call!(self, call_open, database.to_owned())
    }

    pub(crate) async fn query(
        &mut self,
        connection: u32,
        sql: &str,
        params: &[Value],
    ) -> Result<u32, Error> {
        call!(
            self,
            call_query,
            connection,
            sql.to_owned(),
            params.to_vec()
        )
    }

    pub(crate) async fn execute(&mut self, connection: u32, sql: &str) -> Result<Summary, Error> {
        call!(self, call_execute, connection, sql.to_owned(), Vec::new())
    }

    pub(crate) async fn begin(&mut self, connection: u32) -> Result<u32, Error> {
        let options = Begin {
            read_only: false,
            isolation: None,
        };
        self.begin_with(connection, options).await
    }

    pub(crate) async fn begin_with(
        &mut self,
        connection: u32,
        options: Begin,
    ) -> Result<u32, Error> {
        call!(self, call_begin, connection, options)
    }

    pub(crate) async fn query_in(&mut self, transaction: u32, sql: &str) -> Result<u32, Error> {
        call!(self, call_query_in, transaction, sql.to_owned(), Vec::new())
    }

    pub(crate) async fn execute_in(
        &mut self,
        transaction: u32,
        sql: &str,
    ) -> Result<Summary, Error> {
        call!(
            self,
            call_execute_in,
            transaction,
            sql.to_owned(),
            Vec::new()
        )
    }

    pub(crate) async fn commit(&mut self, transaction: u32) -> Result<(), Error> {
        call!(self, call_commit, transaction)
    }

    pub(crate) async fn rollback(&mut self, transaction: u32) -> Result<(), Error> {
        call!(self, call_rollback, transaction)
    }

    pub(crate) async fn run(&mut self, statement: &str, params: &[Value]) -> Result<u32, Error> {
        self.run_on("orders", statement, params).await
    }

    pub(crate) async fn run_on(
        &mut self,
        database: &str,
        statement: &str,
        params: &[Value],
    ) -> Result<u32, Error> {
        let (database, statement) = (database.to_owned(), statement.to_owned());
        call!(self, call_run, database, statement, params.to_vec())
    }

    pub(crate) async fn columns(&mut self, rows: u32) -> Vec<Column> {
        let called = self.calls.call_columns(&mut self.store, rows);
        called.await.unwrap()
    }

    pub(crate) async fn finish(&mut self, rows: u32) -> Result<Summary, Error> {
        call!(self, call_finish, rows)
    }

    pub(crate) async fn read(&mut self, rows: u32) {
        let called = self.calls.call_read(&mut self.store, rows);
        called.await.unwrap();
    }

    pub(crate) async fn next(&mut self, rows: u32, at_most: u32) -> Vec<Vec<Value>> {
        call!(self, call_next, rows, at_most)
    }

    pub(crate) async fn cancel_next(&mut self, rows: u32) -> bool {
        call!(self, call_cancel_next, rows)
    }

    pub(crate) async fn end(&mut self, rows: u32) -> Result<Summary, Error> {
        call!(self, call_end, rows)
    }

    pub(crate) async fn together(
        &mut self,
        connections: &[u32],
        sql: &str,
    ) -> Vec<Result<Summary, Error>> {
        call!(self, call_together, connections.to_vec(), sql.to_owned())
    }

    pub(crate) async fn give_up(&mut self, connection: u32, sql: &str, other: u32, until: &str) {
        call!(
            self,
            call_give_up,
            connection,
            sql.to_owned(),
            other,
            until.to_owned()
        );
    }

    pub(crate) async fn drop_connection(&mut self, connection: u32) {
        let called = self.calls.call_drop_connection(&mut self.store, connection);
        called.await.unwrap();
    }

    pub(crate) async fn drop_transaction(&mut self, transaction: u32) {
        let called = self
            .calls
            .call_drop_transaction(&mut self.store, transaction);
        called.await.unwrap();
    }

    pub(crate) async fn drop_rows(&mut self, rows: u32) {
        let called = self.calls.call_drop_rows(&mut self.store, rows);
        called.await.unwrap();
    }

    pub(crate) async fn drop_stream(&mut self, rows: u32) {
        let called = self.calls.call_drop_stream(&mut self.store, rows);
        called.await.unwrap();
    }

    pub(crate) async fn memory_contains(&mut self, inverted: &[u8]) -> bool {
        let called = self.calls.call_memory_contains(&mut self.store, inverted);
        called.await.unwrap()
    }

    pub(crate) async fn drop_end(&mut self, rows: u32) {
        let called = self.calls.call_drop_end(&mut self.store, rows);
        called.await.unwrap();
    }

    /// All rows of a query, and how the result has ended.
    pub(crate) async fn all(
        &mut self,
        connection: u32,
        sql: &str,
        params: &[Value],
    ) -> Result<Vec<Vec<Value>>, Error> {
        let rows = self.query(connection, sql, params).await?;
        self.read(rows).await;
        self.rest(rows).await
    }

    /// The rows that are left in a stream.
    pub(crate) async fn rest(&mut self, rows: u32) -> Result<Vec<Vec<Value>>, Error> {
        let mut all = Vec::new();
        loop {
            let batch = self.next(rows, 100).await;
            if batch.is_empty() {
                self.drop_stream(rows).await;
                return self.end(rows).await.map(|_| all);
            }
            all.extend(batch);
        }
    }

    /// The only value of a query.
    pub(crate) async fn one(&mut self, connection: u32, sql: &str) -> Value {
        let mut rows = self.all(connection, sql, &[]).await.unwrap();
        rows.remove(0).remove(0)
    }
}

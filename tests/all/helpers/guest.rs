//! A host with guests of the tests, as the author of a host writes it.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::{env, fs};

use rds_bridge::pool::{Pool, PoolBuilder};
use rds_bridge_guests::{Access, Databases, Grant, RdsCtx, Statements, Tenant};
use rds_bridge_test_support::server::{PASSWORD, Server};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Store};

use super::live::to;

mod bindings {
    wasmtime::component::bindgen!({
        path: ["../wit/mysql", "guests/wit/client"],
        world: "test:client/guest",
        imports: { default: async | trappable },
        exports: { default: async },
        additional_derives: [PartialEq],
    });
}

pub(crate) use bindings::Guest as Calls;
pub(crate) use bindings::rds::mysql::client::{Isolation, Options as Begin};
pub(crate) use bindings::rds::mysql::results::{Array, RecordBatch, Values};
#[expect(unreachable_pub, reason = "the generated code re-exports it")]
pub use bindings::rds::mysql::types;
pub(crate) use bindings::rds::mysql::types::{
    Column, Date, Datetime, Error, Kind, Lost, Rule, Span, Stage, Summary, Value,
};

/// The data of a store.
pub(crate) struct State {
    pub(crate) rds: RdsCtx,
}

pub(crate) fn rds(state: &mut State) -> &mut RdsCtx {
    &mut state.rds
}

/// A guest that does what the test tells it.
pub(crate) struct Guest {
    pub(crate) store: Store<State>,
    pub(crate) calls: Calls,
}

/// With an epoch, which each store's deadline uses.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    config.epoch_interruption(true);
    Engine::new(&config).unwrap()
});
static CLIENT: LazyLock<Component> = LazyLock::new(|| compiled("client"));

/// A guest of the tests, which `./just guests` builds.
pub(crate) fn compiled(name: &str) -> Component {
    // `./just test` sets it.
    let folder = env::var_os("RDS_BRIDGE_GUESTS").unwrap();
    let file = PathBuf::from(folder).join(format!("{name}.wasm"));
    Component::new(&ENGINE, fs::read(file).unwrap()).unwrap()
}

impl Guest {
    pub(crate) async fn new(tenant: &Tenant) -> Self {
        Self::with(RdsCtx::new(tenant)).await
    }

    pub(crate) async fn with(rds: RdsCtx) -> Self {
        let mut linker = Linker::new(&ENGINE);
        rds_bridge_guests::add_to_linker(&mut linker, self::rds).unwrap();
        Self::linked(rds, &linker).await.unwrap()
    }

    pub(crate) async fn linked(rds: RdsCtx, linker: &Linker<State>) -> wasmtime::Result<Self> {
        let mut store = Store::new(&ENGINE, State { rds });
        store.set_epoch_deadline(u64::MAX / 2);
        let calls = Calls::instantiate_async(&mut store, &CLIENT, linker).await?;
        Ok(Self { store, calls })
    }

    pub(crate) async fn open(&mut self, database: &str) -> Result<u32, Error> {
        self.calls
            .call_open(&mut self.store, database)
            .await
            .unwrap()
    }

    pub(crate) async fn query(
        &mut self,
        connection: u32,
        sql: &str,
        params: &[Value],
    ) -> Result<u32, Error> {
        let called = self
            .calls
            .call_query(&mut self.store, connection, sql, params);
        called.await.unwrap()
    }

    pub(crate) async fn execute(&mut self, connection: u32, sql: &str) -> Result<Summary, Error> {
        let called = self
            .calls
            .call_execute(&mut self.store, connection, sql, &[]);
        called.await.unwrap()
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
        self.calls
            .call_begin(&mut self.store, connection, options)
            .await
            .unwrap()
    }

    pub(crate) async fn execute_in(
        &mut self,
        transaction: u32,
        sql: &str,
    ) -> Result<Summary, Error> {
        let called = self
            .calls
            .call_execute_in(&mut self.store, transaction, sql, &[]);
        called.await.unwrap()
    }

    pub(crate) async fn commit(&mut self, transaction: u32) -> Result<(), Error> {
        self.calls
            .call_commit(&mut self.store, transaction)
            .await
            .unwrap()
    }

    pub(crate) async fn rollback(&mut self, transaction: u32) -> Result<(), Error> {
        self.calls
            .call_rollback(&mut self.store, transaction)
            .await
            .unwrap()
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
        let called = self
            .calls
            .call_run(&mut self.store, database, statement, params);
        called.await.unwrap()
    }

    pub(crate) async fn columns(&mut self, rows: u32) -> Vec<Column> {
        self.calls
            .call_columns(&mut self.store, rows)
            .await
            .unwrap()
    }

    pub(crate) async fn next(&mut self, rows: u32, at_most: u32) -> Result<Vec<Vec<Value>>, Error> {
        self.calls
            .call_next(&mut self.store, rows, at_most)
            .await
            .unwrap()
    }

    pub(crate) async fn next_columns(
        &mut self,
        rows: u32,
        at_most: u32,
    ) -> Result<RecordBatch, Error> {
        self.calls
            .call_next_columns(&mut self.store, rows, at_most)
            .await
            .unwrap()
    }

    pub(crate) async fn finish(&mut self, rows: u32) -> Result<Summary, Error> {
        self.calls.call_finish(&mut self.store, rows).await.unwrap()
    }

    pub(crate) async fn drop_connection(&mut self, connection: u32) {
        self.calls
            .call_drop_connection(&mut self.store, connection)
            .await
            .unwrap();
    }

    pub(crate) async fn drop_transaction(&mut self, transaction: u32) {
        self.calls
            .call_drop_transaction(&mut self.store, transaction)
            .await
            .unwrap();
    }

    pub(crate) async fn drop_rows(&mut self, rows: u32) {
        self.calls
            .call_drop_rows(&mut self.store, rows)
            .await
            .unwrap();
    }

    /// All rows of a query.
    pub(crate) async fn all(
        &mut self,
        connection: u32,
        sql: &str,
        params: &[Value],
    ) -> Result<Vec<Vec<Value>>, Error> {
        let rows = self.query(connection, sql, params).await?;
        self.rest(rows).await
    }

    /// The rows that are left.
    pub(crate) async fn rest(&mut self, rows: u32) -> Result<Vec<Vec<Value>>, Error> {
        let mut all = Vec::new();
        loop {
            let batch = self.next(rows, 100).await?;
            if batch.is_empty() {
                self.drop_rows(rows).await;
                return Ok(all);
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

/// A pool to which the user with all privileges logs in.
pub(crate) async fn pool(
    server: &Server,
    writes: bool,
    with: impl FnOnce(PoolBuilder) -> PoolBuilder,
) -> Pool {
    let bridge = to(server).user("admin").password(PASSWORD);
    let bridge = bridge.allow_writes(writes).build().await.unwrap();
    with(Pool::builder(bridge)).build().unwrap()
}

/// A tenant that may execute any statement on `orders`. `change` changes its grant.
pub(crate) async fn tenant_with(
    server: &Server,
    access: Access,
    change: impl FnOnce(&mut Grant),
) -> Tenant {
    let pool = pool(server, access == Access::ReadWrite, |it| it).await;
    let mut grant = Grant::new("orders", Statements::Any);
    grant.access = access;
    change(&mut grant);
    tenant(&Databases::new().with("orders", pool), grant).0
}

/// A tenant with one grant for `orders`, and the errors that its guests did not learn.
pub(crate) fn tenant(databases: &Databases, grant: Grant) -> (Tenant, Arc<Mutex<Vec<String>>>) {
    let hidden = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&hidden);
    let tenant = Tenant::new(databases, [grant]).unwrap();
    let tenant = tenant.on_error(move |it| seen.lock().unwrap().push(it.error.to_string()));
    (tenant, hidden)
}

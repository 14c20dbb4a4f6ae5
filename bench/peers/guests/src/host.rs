//! A host with the guest of the benchmark.

use std::path::PathBuf;
use std::{env, fs};

use rds_bridge::pool::Pool;
use rds_bridge_guests::{Databases, Grant, RdsCtx, Statements, Tenant};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig, Store};

use crate::by_row::{self, ByRow};
use crate::native;

pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: ["../../../wit/mysql", "../../../tests/guests/wit/bench"],
        world: "bench:guests/guest",
        imports: { default: async | trappable },
        exports: { default: async },
    });
}

use bindings::{Guest, GuestPre};

/// How the memory of an instance is allocated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allocation {
    /// Wasmtime's default.
    OnDemand,
    Pooling,
}

/// The data of a store.
pub(crate) struct State {
    rds: RdsCtx,
    /// `None` in a store whose guest does not use that interface.
    pub(crate) by_row: Option<ByRow>,
}

pub(crate) struct Host {
    engine: Engine,
    guest: GuestPre<State>,
    tenant: Tenant,
}

/// A guest with its store.
pub(crate) struct Instance {
    pub(crate) store: Store<State>,
    pub(crate) guest: Guest,
}

impl Host {
    /// A host whose database `orders` is that of the pool.
    pub(crate) fn new(pool: &Pool, allocation: Allocation) -> Self {
        let mut config = Config::new();
        if allocation == Allocation::Pooling {
            // An instance's first pages stay in memory for the next one, so that the kernel need not map them again.
            // Linux 6.7 and later say which of them have changed, so that only those are restored.
            let mut pooling = PoolingAllocationConfig::default();
            pooling.pagemap_scan(Enabled::Auto);
            pooling.linear_memory_keep_resident(512 << 10);
            pooling.table_keep_resident(64 << 10);
            pooling.async_stack_keep_resident(64 << 10);
            config.allocation_strategy(pooling);
        }
        let engine = Engine::new(&config).expect("an engine");
        let component = Component::new(&engine, guest()).expect("a component");
        let mut linker = Linker::new(&engine);
        rds_bridge_guests::add_to_linker(&mut linker, |state: &mut State| &mut state.rds)
            .expect("linked");
        by_row::add_to_linker(&mut linker).expect("linked");
        let linked = linker.instantiate_pre(&component).expect("no other import");
        let databases = Databases::new().with("orders", pool.clone());
        let grant = Grant::new("orders", Statements::Any);
        Self {
            engine,
            guest: GuestPre::new(linked).expect("the exports"),
            tenant: Tenant::new(&databases, [grant]).expect("a tenant"),
        }
    }

    pub(crate) async fn instantiate(&self) -> Instance {
        self.instantiate_with(None).await
    }

    /// An instance that reads one row a call from a connection of the pool.
    pub(crate) async fn instantiate_by_row(&self, pool: &Pool) -> Instance {
        let connection = native::connection(pool).await;
        let table = ResourceTable::new();
        self.instantiate_with(Some(ByRow { connection, table }))
            .await
    }

    async fn instantiate_with(&self, by_row: Option<ByRow>) -> Instance {
        let rds = RdsCtx::new(&self.tenant);
        let mut store = Store::new(&self.engine, State { rds, by_row });
        let guest = self.guest.instantiate_async(&mut store).await;
        Instance {
            store,
            guest: guest.expect("an instance"),
        }
    }
}

/// The component, which `./just bench-guests` builds.
fn guest() -> Vec<u8> {
    let folder = env::var_os("RDS_BRIDGE_GUESTS").expect("RDS_BRIDGE_GUESTS");
    fs::read(PathBuf::from(folder).join("bench.wasm")).expect("bench.wasm")
}

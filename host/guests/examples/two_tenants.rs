//! A Wasmtime host with two guests, which may use one database each.
//!
//! The settings come from the same environment variables as for the command. `report.wasm` is a component that imports
//! `rds:mysql/client` and exports the function `report`; `./just guests` builds one, from `tests/guests/src/report.rs`:
//!
//! ```console
//! $ export DB_HOST=mydb.abc123.eu-central-1.rds.amazonaws.com DB_USER=lambda-user DB_NAME=iamtest
//! $ cargo run -p rds-bridge-guests --example two_tenants target/guests/report.wasm
//! ```
#![expect(missing_docs, reason = "of the generated code")]

use std::env;

use rds_bridge::Bridge;
use rds_bridge::pool::Pool;
use rds_bridge_guests::{Databases, Grant, RdsCtx, Statements, Tenant, add_to_linker};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

wasmtime::component::bindgen!({
    inline: "
        package example:report;
        world guest {
          export report: func(database: string) -> result<string, string>;
        }
    ",
    exports: { default: async },
});

/// What the store of a guest has. A host that gives its guests WASI too has its context here.
struct State {
    rds: RdsCtx,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = env::args().nth(1).ok_or("usage: two_tenants FILE.wasm")?;

    // Once for the process. The credentials stay in the pools.
    let pool = Pool::builder(bridge().await?).build()?;
    let databases = Databases::new()
        .with("orders", pool.clone())
        .with("stock", pool);
    let engine = Engine::default();
    let mut linker = Linker::<State>::new(&engine);
    add_to_linker(&mut linker, |state| &mut state.rds)?;
    let component = Component::from_file(&engine, file)?;

    // Once for each tenant.
    let shop = Tenant::new(&databases, [Grant::new("orders", Statements::Any)])?;
    let warehouse = Tenant::new(&databases, [Grant::new("stock", Statements::Any)])?;

    // Once for each call.
    for (name, tenant) in [("shop", &shop), ("warehouse", &warehouse)] {
        let rds = RdsCtx::new(tenant);
        let mut store = Store::new(&engine, State { rds });
        let guest = Guest::instantiate_async(&mut store, &component, &linker).await?;
        for database in ["orders", "stock"] {
            match guest.call_report(&mut store, database).await? {
                Ok(items) => println!("{name}, {database}: {}", items.trim().replace('\n', ", ")),
                Err(problem) => println!("{name}, {database}: {problem}"),
            }
        }
    }
    Ok(())
}

async fn bridge() -> Result<Bridge, Box<dyn std::error::Error>> {
    let mut builder = Bridge::builder()
        .endpoint(env::var("DB_HOST")?)
        .user(env::var("DB_USER")?)
        .database(env::var("DB_NAME")?);
    if let Ok(address) = env::var("DB_CONNECT_TO") {
        builder = builder.connect_to(address);
    }
    if let Ok(file) = env::var("DB_CA_FILE") {
        builder = builder.ca_file(file);
    }
    Ok(builder.build().await?)
}

//! A Wasmtime host with two guests, which may use one database each.
//!
//! The server has the users `shop` and `warehouse`, each with a schema of that name. `report.wasm` imports
//! `rds:mysql/client` and exports the function `report`; `./just guests` builds it from `tests/guests/src/report.rs`:
//!
//! ```console
//! $ export DB_HOST=mydb.abc123.eu-central-1.rds.amazonaws.com
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
    let databases = Databases::new()
        .with("orders", pool("shop").await?)
        .with("stock", pool("warehouse").await?);
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

/// A pool for a user and the schema of that name.
async fn pool(user: &str) -> Result<Pool, Box<dyn std::error::Error>> {
    let mut builder = Bridge::builder()
        .endpoint(env::var("DB_HOST")?)
        .user(user)
        .database(user);
    if let Ok(address) = env::var("DB_CONNECT_TO") {
        builder = builder.connect_to(address);
    }
    if let Ok(file) = env::var("DB_CA_FILE") {
        builder = builder.ca_file(file);
    }
    Ok(Pool::builder(builder.build().await?).build()?)
}

//! A Wasmtime host with its own engine, on which the bridge runs too.
//!
//! The settings come from the same environment variables as for the command:
//!
//! ```console
//! $ export DB_HOST=mydb.abc123.eu-central-1.rds.amazonaws.com DB_USER=lambda-user DB_NAME=iamtest
//! $ cargo run -p rds-bridge --features jit --example embed
//! ```

use std::env;
use std::error::Error;
use std::thread;
use std::time::Duration;

use rds_bridge::component::wasmtime::component::Component;
use rds_bridge::component::wasmtime::{Config, Engine};
use rds_bridge::{Bridge, component};

/// The interval at which this host increments its epoch, and the number of ticks that a call of the component may take.
const TICK: Duration = Duration::from_millis(50);
const DEADLINE_TICKS: u64 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = engine_of_this_host()?;

    // Compiles the component for this engine. A host that caches machine code, or compiles it elsewhere, can pass a
    // deserialised component instead.
    let component = Component::new(&engine, component::COMPONENT)?;
    let sandbox = component::Engine::from_component(&component, DEADLINE_TICKS)?;

    let mut builder = Bridge::builder()
        .engine(sandbox)
        .endpoint(env::var("DB_HOST")?)
        .user(env::var("DB_USER")?)
        .database(env::var("DB_NAME")?);
    if let Ok(address) = env::var("DB_CONNECT_TO") {
        builder = builder.connect_to(address);
    }
    if let Ok(file) = env::var("DB_CA_FILE") {
        builder = builder.ca_file(file);
    }
    let bridge = builder.build().await?;

    let mut connection = bridge.connect().await?;
    let mut rows = connection.query("SELECT id, name FROM items").await?;
    while let Some(row) = rows.next().await? {
        let (id, name): (u64, &str) = (row.get("id")?, row.get("name")?);
        println!("{id} {name}");
    }
    connection.close().await?;
    Ok(())
}

/// An engine with epochs, such as that of a host that ends guests after a deadline.
fn engine_of_this_host() -> Result<Engine, Box<dyn Error>> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    let engine = Engine::new(&config)?;

    let ticking = engine.weak();
    thread::spawn(move || {
        while let Some(engine) = ticking.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    });
    Ok(engine)
}

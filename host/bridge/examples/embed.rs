//! A Wasmtime host that has an engine already, for guests of its own: the bridge runs on that one too.
//!
//! The endpoint, the user and the rest are taken from the environment, as the command takes them:
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

/// How often this host's epoch moves on, and how many times before a call of the component is ended.
const TICK: Duration = Duration::from_millis(50);
const DEADLINE_TICKS: u64 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = engine_of_this_host()?;

    // Compiled once, for this engine. A host that keeps what it has compiled, or has it compiled
    // elsewhere, gives a component that it has loaded.
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

/// As a host has it that ends guests which take too long.
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

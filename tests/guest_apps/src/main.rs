//! Runs guests that were built with other people's tools, on MySQL and MariaDB: `guest-apps GUEST.wasm…`. Those of Spin's
//! SDKs have `rds_bridge_guests::spin` or `rds_bridge_guests::p3::spin`, the others `rds:mysql@0.2.0`. It panics if a
//! check fails.

mod app;
mod checks;
mod host;
mod host_async;
mod memory;
mod reader;

use std::path::{Path, PathBuf};

use app::App;
use rds_bridge::Bridge;
use rds_bridge::aws::Credentials;
use rds_bridge::pool::Pool;
use rds_bridge_guests::{Access, Databases, Grant, Statements, Tenant};
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::server::{Product, Server};
use reader::Reader;
use wasmtime::component::Component;
use wasmtime::{Config, Engine, Result};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    assert!(!files.is_empty(), "usage: guest-apps GUEST.wasm…");
    let mut config = Config::new();
    // The memory of an application is read from the dump of a trap, which the epoch's deadline causes.
    config.epoch_interruption(true).coredump_on_trap(true);
    let engine = Engine::new(&config).unwrap();
    for file in files {
        let guest = Guest::load(&engine, &file).unwrap();
        for product in [Product::MySql, Product::MariaDb] {
            let server = Server::shared(product);
            let tenant = tenant(server).await;
            let store = || host::store(&engine, &tenant);
            match &guest {
                Guest::App(app) => checks::run(app, store(), server).await,
                Guest::Reader(reader) => reader.run(store, server).await,
            }
            println!("{} on {}: as expected", file.display(), product.name());
        }
    }
}

enum Guest {
    App(App),
    Reader(Reader),
}

impl Guest {
    fn load(engine: &Engine, file: &Path) -> Result<Self> {
        let guest = Component::from_file(engine, file)?;
        Ok(match Reader::load(engine, &guest)? {
            Some(reader) => Self::Reader(reader),
            None => Self::App(App::load(engine, &guest)?),
        })
    }
}

/// A tenant whose database `orders` is the server's. Its user logs in with a token.
async fn tenant(server: &Server) -> Tenant {
    let expectation = Expectation::default();
    let bridge = Bridge::builder()
        .endpoint(ENDPOINT)
        .connect_to(server.address().to_string())
        .ca_file(server.ca_file())
        .user("lambda-user")
        .credentials(Credentials::new(
            &expectation.access_key_id,
            &expectation.secret_access_key,
        ))
        .database("iamtest")
        .allow_writes(true);
    let pool = Pool::builder(bridge.build().await.unwrap());
    let databases = Databases::new().with("orders", pool.build().unwrap());
    let mut grant = Grant::new("orders", Statements::Any);
    grant.access = Access::ReadWrite;
    Tenant::new(&databases, [grant]).unwrap()
}

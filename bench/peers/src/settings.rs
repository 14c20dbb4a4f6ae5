//! What every contender is told: where the server is, as whom to log in, and what to sign with.

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::server::{Product, Server};

/// The statement of whole processes. It gives three rows.
pub const STATEMENT: &str = "SELECT id, name, price FROM items ORDER BY id";

/// Not to be printed: it has the secret access key, if only a made-up one.
#[derive(Clone)]
pub struct Settings {
    /// What is signed, and whose name the certificate has.
    pub endpoint: String,
    pub port: u16,
    pub region: String,
    /// Whose client is a peer.
    pub product: Product,
    /// What is connected to.
    pub address: SocketAddr,
    pub user: String,
    pub database: String,
    pub ca_file: PathBuf,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl Settings {
    pub fn of(server: &Server) -> Self {
        let Expectation {
            access_key_id,
            secret_access_key,
            host,
            port,
            region,
            ..
        } = Expectation::default();
        Self {
            endpoint: host,
            port,
            region,
            product: server.product(),
            address: server.address(),
            user: "lambda-user".to_owned(),
            database: "iamtest".to_owned(),
            ca_file: server.ca_file(),
            access_key_id,
            secret_access_key,
        }
    }

    /// As [`Self::environment`] gives them.
    pub fn from_environment() -> Self {
        Self {
            endpoint: variable("DB_HOST"),
            port: 3306,
            region: variable("AWS_REGION"),
            // A process that gets them has no use for it.
            product: Product::MySql,
            address: variable("DB_CONNECT_TO").parse().expect("an address"),
            user: variable("DB_USER"),
            database: variable("DB_NAME"),
            ca_file: variable("DB_CA_FILE").into(),
            access_key_id: variable("AWS_ACCESS_KEY_ID"),
            secret_access_key: variable("AWS_SECRET_ACCESS_KEY"),
        }
    }

    /// For a process, which gets nothing else but where programs are.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("DB_HOST", self.endpoint.clone()),
            ("DB_CONNECT_TO", self.address.to_string()),
            ("DB_USER", self.user.clone()),
            ("DB_NAME", self.database.clone()),
            ("DB_CA_FILE", text(&self.ca_file)),
            ("AWS_REGION", self.region.clone()),
            ("AWS_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.clone()),
        ]
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A path of ours, as an argument or a variable.
pub fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

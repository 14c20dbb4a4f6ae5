//! The settings of every contender: the server's address, the user, and the credentials that sign.

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::server::{Product, Server};

/// The statement of the whole processes. It returns three rows.
pub const STATEMENT: &str = "SELECT id, name, price FROM items ORDER BY id";

/// No `Debug`, because it contains the secret access key, although an invented one.
#[derive(Clone)]
pub struct Settings {
    /// The host name in the token and in the certificate.
    pub endpoint: String,
    pub port: u16,
    pub region: String,
    /// The product whose command line client is a peer.
    pub product: Product,
    /// The address to connect to.
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

    /// Reads the variables of [`Self::environment`].
    pub fn from_environment() -> Self {
        Self::from_variables(3306, variable)
    }

    /// Reads the settings from variables by their names.
    pub fn from_variables(port: u16, value: impl Fn(&str) -> String) -> Self {
        Self {
            endpoint: value("DB_HOST"),
            port,
            region: value("AWS_REGION"),
            // A whole process does not use the product, and the emulator's greeting is that of MySQL.
            product: Product::MySql,
            address: value("DB_CONNECT_TO").parse().expect("an address"),
            user: value("DB_USER"),
            database: value("DB_NAME"),
            ca_file: value("DB_CA_FILE").into(),
            access_key_id: value("AWS_ACCESS_KEY_ID"),
            secret_access_key: value("AWS_SECRET_ACCESS_KEY"),
        }
    }

    /// The whole environment of a process.
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

/// A path as an argument or a variable. It must be UTF-8.
pub fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

//! The server to measure on.

use clap::Args;
use rds_bridge_test_support::server::{Options, Product, Server};

/// The argument of every benchmark that starts a server.
#[derive(Args)]
pub struct OnServer {
    /// Which server to start: mysql or mariadb
    #[arg(long, default_value = "mysql", value_name = "PRODUCT")]
    pub server: Product,
}

impl OnServer {
    /// Starts the server with additional arguments, and prints its version.
    pub fn start(&self, arguments: Vec<String>) -> Server {
        let options = Options {
            arguments,
            ..Options::default()
        };
        let server = Server::start(self.server, &options);
        let version = server.execute_as_admin("SELECT VERSION()");
        println!("server: {} {}", self.server.name(), version.trim_end());
        server
    }
}

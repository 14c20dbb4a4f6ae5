//! A configuration file of a gateway, and the database user that may write.

use std::fs;

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server::Server;
use tempfile::TempDir;

use super::command::send_signal;
use super::gateway::Gateway;
use super::waiting::until;

/// A user who logs in with a token, and may write.
pub(crate) const WRITER: &str = "gateway-writer";

/// A configuration file, in a folder of its own.
pub(crate) struct GatewayConfig(TempDir);

impl GatewayConfig {
    /// A configuration with the databases `main` and `other` of the tests' server, and `more`.
    pub(crate) fn new(more: &str) -> Self {
        let config = Self(tempfile::tempdir().unwrap());
        config.write(more);
        config
    }

    pub(crate) fn write(&self, more: &str) {
        let database = |name: &str| {
            format!(
                "[databases.{name}]\nendpoint = \"{ENDPOINT}\"\nuser = \"lambda-user\"\ndatabase = \"iamtest\"\n"
            )
        };
        let text = format!("{}{}{more}\n", database("main"), database("other"));
        self.write_text(&text);
    }

    pub(crate) fn write_text(&self, text: &str) {
        fs::write(self.0.path().join("rds-bridge.toml"), text).unwrap();
    }

    pub(crate) fn path(&self) -> String {
        let path = self.0.path().join("rds-bridge.toml");
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn start(&self, server: &Server) -> Gateway {
        server.execute_as_admin(&format!(
            "CREATE USER IF NOT EXISTS '{WRITER}'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;
             GRANT ALL ON iamtest.* TO '{WRITER}'@'%'"
        ));
        Gateway::start(server, &["--config", &self.path()])
    }

    /// Writes the file, and has the gateway read it. Returns what the gateway tells of it.
    pub(crate) fn reload(&self, gateway: &Gateway, more: &str) -> String {
        self.write(more);
        let before = gateway.log().len();
        send_signal(gateway.process(), "-HUP");
        until(|| {
            let log = gateway.log();
            let new = log.get(before..).unwrap_or_default();
            match new.contains("the configuration") && new.ends_with('\n') {
                true => Ok(new.to_owned()),
                false => Err(format!("not read again: {new}")),
            }
        })
    }
}

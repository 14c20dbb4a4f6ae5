//! The files of a proxy or a gateway: its certificate, the authority that has issued it, and its configuration.

use std::fs;
use std::path::PathBuf;

use rds_bridge_test_support::certificates::{Authority, ServerCertificate};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server::Server;
use tempfile::TempDir;

use super::command::{run, stderr, stdout};
use super::proxy::Proxy;

/// A folder with `certificate.pem`, `key.pem` and `ca.pem`.
pub(crate) struct ProxyFiles {
    folder: TempDir,
    pub(crate) authority: Authority,
}

impl ProxyFiles {
    pub(crate) fn new() -> Self {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
            authority: Authority::new(),
        };
        files.replace(&files.authority);
        files
    }

    /// Replaces the files by those of this authority.
    pub(crate) fn replace(&self, authority: &Authority) {
        let issued = authority.issue(&ServerCertificate::default());
        fs::write(self.path("certificate.pem"), issued.certificate).unwrap();
        fs::write(self.path("key.pem"), issued.key).unwrap();
        fs::write(self.path("ca.pem"), authority.pem()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The options of `serve` for TLS, at an address that other machines reach.
    pub(crate) fn of_gateway(&self) -> [String; 6] {
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| self.text(name));
        let [listen, any] = ["--listen", "0.0.0.0:0"].map(str::to_owned);
        let [name_of_certificate, name_of_key] =
            ["--tls-certificate", "--tls-key"].map(str::to_owned);
        [
            listen,
            any,
            name_of_certificate,
            certificate,
            name_of_key,
            key,
        ]
    }

    /// A listener's setting `tls`. With `more`, it has further members, each after a comma.
    pub(crate) fn tls(&self, more: &str) -> String {
        let (certificate, key) = (self.text("certificate.pem"), self.text("key.pem"));
        format!("tls = {{ certificate = {certificate:?}, key = {key:?}{more} }}")
    }

    /// Writes a configuration with one database and one listener.
    pub(crate) fn configure(&self, callers: &str, listener: &str) {
        let config = format!(
            "[databases.test]\nendpoint = \"{ENDPOINT}\"\n{callers}\n\
             [[proxy.listeners]]\ndatabase = \"test\"\n{listener}\n"
        );
        self.write_config(&config);
    }

    pub(crate) fn write_config(&self, config: &str) {
        fs::write(self.path("rds-bridge.toml"), config).unwrap();
    }

    /// Starts a proxy with the configuration.
    pub(crate) fn start(&self, server: &Server) -> Proxy {
        Proxy::start_configured(server, &self.text("rds-bridge.toml"))
    }

    /// Starts a proxy that other machines can reach, without a configuration. Its clients need a certificate.
    pub(crate) fn start_for_certificates(&self, server: &Server, arguments: &[&str]) -> Proxy {
        let [certificate, key, client_ca] =
            ["certificate.pem", "key.pem", "ca.pem"].map(|name| self.text(name));
        let mut all = vec![
            "--listen",
            "0.0.0.0:0",
            "--tls-certificate",
            &certificate,
            "--tls-key",
            &key,
            "--client-ca-file",
            &client_ca,
            "--log",
            "rds_bridge_proxy=info",
        ];
        all.extend(arguments);
        Proxy::start_at(server, &all)
    }
}

/// A password's settings in a configuration, as the command prints them: the second hash is a comment.
pub(crate) fn hash_password(password: &str) -> String {
    let output = run(&["proxy", "hash-password"], &[], password);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).to_owned()
}

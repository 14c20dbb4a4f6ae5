//! The proxy's listeners.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The settings of the proxy.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProxyConfig {
    /// Address of the health checks and the metrics, over HTTP.
    pub admin: Option<SocketAddr>,
    /// How long open clients may continue after SIGTERM, in seconds; `None` is 10.
    pub drain_timeout: Option<u64>,
    /// The places where clients connect.
    #[serde(default)]
    pub listeners: Vec<ListenerConfig>,
}

/// A place where clients connect.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ListenerConfig {
    /// Name of the database.
    pub database: String,
    /// TCP address. Exactly one of this and `unix_socket` is set.
    pub listen: Option<SocketAddr>,
    /// Path of a Unix socket.
    pub unix_socket: Option<PathBuf>,
    /// Whether a client logs in as the database user that it names.
    #[serde(default)]
    pub client_user: bool,
    /// Whether sessions are read-only. A guard rail: a client that writes SQL can undo it.
    #[serde(default)]
    pub read_only: bool,
    /// Whether servers may read files of clients (`LOAD DATA LOCAL`); `None` is `true`.
    pub local_files: Option<bool>,
    /// Limit on open clients; `None` is 1,000.
    pub max_connections: Option<NonZeroU32>,
    /// Limit on open clients of other machines that are not logged in, which all listeners share; `None` is 80.
    pub max_logins: Option<NonZeroU32>,
    /// As `max_logins`, for the clients of one address; `None` is 20.
    pub max_logins_per_source: Option<NonZeroU32>,
    /// How clients are authenticated.
    #[serde(default)]
    pub authentication: ClientAuthentication,
    /// Whether clients may authenticate with `mysql_native_password`.
    #[serde(default)]
    pub native_password: bool,
    /// The certificate for TLS with clients. `None` offers no TLS.
    pub tls: Option<TlsFiles>,
}

/// How clients are authenticated.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// Every client is accepted.
    #[default]
    Trust,
    /// A client authenticates as one of the callers, with a password.
    Passwords,
    /// A client authenticates as one of the callers, with a certificate.
    Certificates,
}

/// The PEM files for TLS with clients.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TlsFiles {
    /// The certificate, followed by its chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// The certificate authorities of clients' certificates. `None` asks clients for no certificate.
    pub client_ca_file: Option<PathBuf>,
}

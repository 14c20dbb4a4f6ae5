//! The settings of the HTTP gateway.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::issuer::JwtIssuer;
use crate::listeners::TlsFiles;

/// The caller that every process of this machine is, with `trust_loopback`.
pub const LOOPBACK_CALLER: &str = "loopback";

/// The settings of the HTTP gateway.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct GatewayConfig {
    /// Address for callers. `None` is 127.0.0.1:8080.
    pub listen: Option<SocketAddr>,
    /// The certificate for TLS with callers. `None` offers no TLS.
    pub tls: Option<TlsFiles>,
    /// Whether a proxy in front of the gateway terminates TLS, so that callers of other machines reach the gateway
    /// without.
    pub behind_tls_proxy: bool,
    /// Whether every process of this machine is the caller `loopback`, without credentials. If there is no caller with
    /// this name, it may read all databases.
    pub trust_loopback: bool,
    /// Address of the health checks and the metrics, over HTTP.
    pub admin: Option<SocketAddr>,
    /// How long requests may continue after SIGTERM, in seconds. `None` is 10.
    pub drain_timeout: Option<u64>,
    /// How long connections are accepted after SIGTERM in any case, in seconds. `None` is 0.
    pub drain_notice: Option<u64>,
    /// How long the statements of a request may take, in seconds. `None` is unlimited.
    pub statement_timeout: Option<NonZeroU32>,
    /// Whether the status page shows the texts of statements. `None` is `false`.
    pub show_statements: Option<bool>,
    /// Limit on open connections of all callers together; further ones wait. Default: 1000.
    pub max_client_connections: NonZeroU32,
    /// Limit on open connections from one IPv4 address or IPv6 /64 network; further ones are closed. It does not apply to
    /// this machine, nor with `behind_tls_proxy`. Default: 250.
    pub max_client_connections_per_source: NonZeroU32,
    /// Names that requests may have in their header `Host`, beside `localhost` and loopback addresses.
    pub allow_hosts: Vec<String>,
    /// Origins that requests may have in their header `Origin`.
    pub allow_origins: Vec<String>,
    /// Limit on a request's body, in bytes.
    pub max_body_bytes: usize,
    /// Limit on the rows of a result, in bytes as the server sends them.
    pub max_result_bytes: usize,
    /// How long a session may be idle, in seconds.
    pub session_idle_timeout: NonZeroU32,
    /// How long a session may exist, in seconds.
    pub session_lifetime: NonZeroU32,
    /// How many requests of one session may wait for an earlier one.
    pub max_queued_requests: usize,
    /// Table for the idempotency keys of writes, `TABLE` or `DATABASE.TABLE`. `None` refuses the keys.
    pub idempotency_table: Option<String>,
    /// How many instances of the gateway there are. Limits on new connections to a database are divided by it.
    pub instances: NonZeroU32,
    /// The issuers of JSON Web Tokens, by name.
    pub jwt: BTreeMap<String, JwtIssuer>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        let positive = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX);
        Self {
            listen: None,
            tls: None,
            behind_tls_proxy: false,
            trust_loopback: false,
            admin: None,
            drain_timeout: None,
            drain_notice: None,
            statement_timeout: None,
            show_statements: None,
            max_client_connections: positive(1000),
            max_client_connections_per_source: positive(250),
            allow_hosts: Vec::new(),
            allow_origins: Vec::new(),
            max_body_bytes: 16 << 20,
            max_result_bytes: 64 << 20,
            session_idle_timeout: positive(180),
            session_lifetime: positive(86_400),
            max_queued_requests: 16,
            idempotency_table: None,
            instances: NonZeroU32::MIN,
            jwt: BTreeMap::new(),
        }
    }
}

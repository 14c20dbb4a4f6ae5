//! The options of `rds-bridge serve`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::config_file::{DRAIN_TIMEOUT, GATEWAY_CONNECTIONS, GATEWAY_LISTEN};
use crate::connection_arguments::ConnectionArguments;
use crate::proxy::place;
use crate::serve::tls::TlsArguments;

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Program to run with the gateway's address in its environment
    ///
    /// The variables AWS_ENDPOINT_URL_RDS_DATA, which the AWS SDKs read, and RDS_BRIDGE_URL hold the address. The
    /// gateway ends when the program does, with the program's exit code.
    #[arg(last = true, value_name = "PROGRAM")]
    pub(super) command: Vec<OsString>,

    /// TOML file with databases, callers, grants and statements, instead of an endpoint
    ///
    /// --example prints a file with every setting. On SIGHUP, the gateway reads the callers, the grants, the statements
    /// and the TLS files again.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_CONFIG",
        value_name = "FILE",
        conflicts_with_all = [
            "allow_host",
            "allow_writes",
            "api_key_file",
            "behind_tls_proxy",
            "client_ca_file",
            "tls_certificate",
            "tls_key",
            "trust_loopback"
        ]
    )]
    pub(super) config: Option<PathBuf>,

    /// Check the file of --config and the files that it names, and exit
    #[arg(long, requires = "config", conflicts_with = "dump_config")]
    pub(super) check: bool,

    /// Print the settings that apply, with their defaults and without secrets, and exit
    #[arg(long, requires = "config")]
    pub(super) dump_config: bool,

    /// Print a configuration file with every setting, and exit; other options have no effect
    #[arg(long)]
    pub(super) example: bool,

    #[command(flatten)]
    pub(super) callers: Callers,

    #[command(flatten)]
    pub(super) tls: TlsArguments,

    #[command(flatten)]
    pub(super) connection: ConnectionArguments,
}

impl Serve {
    /// Whether the options name files that are read again.
    pub(super) fn has_files(&self) -> bool {
        self.callers.api_key_file.is_some() || self.tls.files().is_some()
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Callers")]
pub(super) struct Callers {
    /// Address where callers connect
    ///
    /// Port 0 picks a free port. An address that other machines can reach requires --tls-certificate or
    /// --behind-tls-proxy, and --api-key-file or --client-ca-file.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_LISTEN",
        default_value_t = GATEWAY_LISTEN,
        value_name = "IP:PORT",
        value_parser = place::address
    )]
    pub(super) listen: SocketAddr,

    /// File with the callers' keys, one per line
    ///
    /// NAME:KEY is an API key, which a client of PlanetScale sends as its password. NAME:sha256:HASH is the same with
    /// the key's SHA-256 instead of the key. NAME:sigv4:SECRET is a key pair with which an AWS SDK signs requests: NAME
    /// is the access key id, and SECRET the secret access key. A key has at least 16 characters. Empty lines and lines
    /// that begin with # are skipped. On SIGHUP, the gateway reads the file again.
    #[arg(long, env = "RDS_BRIDGE_SERVE_API_KEY_FILE", value_name = "FILE")]
    pub(super) api_key_file: Option<PathBuf>,

    /// Accept every program on this machine, whatever credentials it sends
    ///
    /// Requests from web pages in a browser on this machine are still refused. One of --trust-loopback, --api-key-file,
    /// --client-ca-file and --config is required.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_TRUST_LOOPBACK",
        conflicts_with = "api_key_file",
        value_parser = BoolishValueParser::new()
    )]
    pub(super) trust_loopback: bool,

    /// Let callers write
    ///
    /// Without this option, sessions are read-only. This is a guard rail, not a security boundary: a caller can undo it
    /// with an SQL statement. What a caller can really write is decided by the privileges of the database user.
    #[arg(long, env = "RDS_BRIDGE_SERVE_ALLOW_WRITES", value_parser = BoolishValueParser::new())]
    pub(super) allow_writes: bool,

    /// Name to accept in the Host header of requests, besides localhost and loopback addresses; repeatable
    #[arg(long, value_name = "NAME")]
    pub(super) allow_host: Vec<String>,

    /// Limit on connections to the database
    ///
    /// A request uses one connection until it is answered, and a transaction keeps one until it ends. A request that
    /// finds no free connection waits for one for up to 30 seconds.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_MAX_CONNECTIONS",
        default_value_t = GATEWAY_CONNECTIONS,
        value_name = "NUMBER"
    )]
    pub(super) max_connections: NonZeroU32,

    /// Time limit for the statements of a request, in seconds [default: none]
    ///
    /// The time in which the client reads a streamed result counts, too. After that, the gateway kills the statement on
    /// the server.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_STATEMENT_TIMEOUT",
        value_name = "SECONDS"
    )]
    pub(super) statement_timeout: Option<NonZeroU32>,

    /// Table for the Idempotency-Key headers of requests to /v1, such as app.idempotency_keys
    ///
    /// The gateway executes requests with the same key only once. docs/gateway.md has the definition of the table.
    /// Without this option, the gateway refuses requests with the header.
    #[arg(long, env = "RDS_BRIDGE_SERVE_IDEMPOTENCY_TABLE", value_name = "TABLE")]
    pub(super) idempotency_table: Option<String>,

    /// Show the SQL of statements on the status page, with a question mark in place of each value
    #[arg(long, env = "RDS_BRIDGE_SERVE_SHOW_STATEMENTS", value_parser = BoolishValueParser::new())]
    pub(super) show_statements: bool,

    /// Address of the health checks, the metrics and the status page, over HTTP
    ///
    /// It answers GET /live, /ready (which needs a connection to the database), /metrics (for Prometheus), and / with a
    /// page for a browser. POST /quitquitquit, which is allowed only if this is a loopback address, shuts the gateway
    /// down.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_ADMIN",
        value_name = "IP:PORT",
        value_parser = place::address
    )]
    pub(super) admin: Option<SocketAddr>,

    /// Shortest time for which the gateway continues to accept connections after SIGTERM, in seconds
    ///
    /// Set this to the time that a load balancer takes to notice that /ready answers with status 503.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_DRAIN_NOTICE",
        default_value = "0",
        value_name = "SECONDS"
    )]
    pub(super) drain_notice: u64,

    /// How long requests and transactions may continue after SIGTERM, in seconds
    ///
    /// After SIGTERM, the gateway begins no new session, and answers requests until the last transaction has ended.
    /// After this time, it kills the statements that are still running, and rolls back open transactions.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_DRAIN_TIMEOUT",
        default_value_t = DRAIN_TIMEOUT,
        value_name = "SECONDS"
    )]
    pub(super) drain_timeout: u64,
}

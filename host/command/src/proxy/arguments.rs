//! The options of `rds-bridge proxy`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use rds_bridge_proxy::{DEFAULT_CLIENTS, DEFAULT_LOGINS, DEFAULT_LOGINS_PER_SOURCE, DEFAULT_RATE};

use super::endpoint::Endpoint;
use super::place;
use crate::config_file::DRAIN_TIMEOUT;
use crate::connection_arguments::ConnectionArguments;

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Proxy {
    #[command(subcommand)]
    pub(super) action: Option<Action>,

    /// Endpoint to connect to, with its own settings: 'ENDPOINT?port=3307&user=app&listen=127.0.0.1:3307'; repeatable
    ///
    /// The settings are port, user, region, database, profile, connect-to, ca-file, listen and unix-socket. Settings
    /// that are not given come from the options. For endpoints without listen and unix-socket, the proxy listens on
    /// successive ports: for the first endpoint on the port of --listen, for the second on the next port, and so on.
    /// Without this argument, the endpoint is that of --hostname.
    #[arg(value_name = "ENDPOINT")]
    pub(super) endpoints: Vec<Endpoint>,

    /// Program to run with the proxy's address in its environment
    ///
    /// The variables DB_HOST, DB_PORT, DB_USER, DB_NAME, MYSQL_HOST, MYSQL_TCP_PORT and DATABASE_URL, and with
    /// --unix-socket also MYSQL_UNIX_PORT, hold the proxy's address, the user and the database; with several endpoints,
    /// those of the first. The proxy ends when the program does, with the program's exit code.
    #[arg(last = true, value_name = "PROGRAM")]
    pub(super) command: Vec<OsString>,

    /// TOML file with databases, listeners and callers, instead of an endpoint
    ///
    /// Callers are clients that log in with a name and a password, or with a certificate. 'rds-bridge proxy example'
    /// prints a file with every setting. On SIGHUP the proxy reads the callers and the certificates again.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_CONFIG",
        value_name = "FILE",
        conflicts_with_all = [
            "client_ca_file",
            "client_user",
            "connections_per_second",
            "endpoints",
            "listen",
            "max_connections",
            "max_logins",
            "max_logins_per_source",
            "no_local_files",
            "read_only",
            "tls_certificate",
            "tls_key",
            "unix_socket"
        ]
    )]
    pub(super) config: Option<PathBuf>,

    /// Check the file of --config and the files that it names, and exit
    #[arg(long, requires = "config", conflicts_with = "dump_config")]
    pub(super) check: bool,

    /// Print the settings that apply, with their defaults and without secrets, and exit
    #[arg(long, requires = "config")]
    pub(super) dump_config: bool,

    #[command(flatten)]
    pub(super) listen: Listen,

    #[command(flatten)]
    pub(super) connection: ConnectionArguments,
}

/// What to do with a proxy that is already running.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Wait until a proxy that was started with --admin accepts clients
    ///
    /// For scripts that start the proxy beside an application. The exit code is 6 if the proxy does not accept clients
    /// in time.
    #[command(after_help = "Example:\n  \
        rds-bridge proxy wait --admin 127.0.0.1:9801\n")]
    Wait(Wait),
    /// Ask a proxy with an admin address to drain its connections and exit
    #[command(after_help = "Example:\n  \
        rds-bridge proxy shutdown --admin 127.0.0.1:9801\n")]
    Shutdown(Shutdown),
    /// Print a configuration file with every setting
    #[command(after_help = "Example:\n  rds-bridge proxy example > rds-bridge.toml\n")]
    Example,
    /// Read a password from standard input, and print its hash for the configuration file
    ///
    /// On a terminal it asks for the password, and does not show it.
    #[command(after_help = "Example:\n  \
        printf '%s' \"$PASSWORD\" | rds-bridge proxy hash-password\n")]
    HashPassword,
}

#[derive(Args, Debug)]
pub(super) struct Wait {
    /// Admin address of the proxy
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_ADMIN",
        value_name = "IP:PORT",
        value_parser = place::address
    )]
    pub(super) admin: SocketAddr,

    /// How long to wait, in seconds
    #[arg(long, default_value = "30", value_name = "SECONDS")]
    pub(super) timeout: u64,
}

#[derive(Args, Debug)]
pub(super) struct Shutdown {
    /// Admin address of the proxy
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_ADMIN",
        value_name = "IP:PORT",
        value_parser = place::address
    )]
    pub(super) admin: SocketAddr,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Clients")]
pub(super) struct Listen {
    /// Address for clients [default: 127.0.0.1:3306, unless --unix-socket is given]
    ///
    /// Port 0 picks a free port. Without --client-ca-file, only loopback addresses are allowed, because clients are not
    /// authenticated: every process on this machine that can connect becomes the database user.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_LISTEN",
        value_name = "IP:PORT",
        value_parser = place::address
    )]
    pub(super) listen: Option<SocketAddr>,

    /// Path of a Unix socket for clients, which is created with permissions 0600
    ///
    /// Only processes of the same user, and root, can connect to it.
    #[cfg(unix)]
    #[arg(long, env = "RDS_BRIDGE_PROXY_UNIX_SOCKET", value_name = "PATH")]
    pub(super) unix_socket: Option<PathBuf>,

    /// PEM file of the certificate, with its chain, for TLS with clients; requires --tls-key
    ///
    /// Without this option, the proxy offers no TLS. On SIGHUP, the proxy reads the file again.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_TLS_CERTIFICATE",
        requires = "tls_key",
        value_name = "FILE"
    )]
    pub(super) tls_certificate: Option<PathBuf>,

    /// PEM file of the private key of --tls-certificate
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_TLS_KEY",
        requires = "tls_certificate",
        value_name = "FILE"
    )]
    pub(super) tls_key: Option<PathBuf>,

    /// PEM file of the authorities that issue clients' certificates; each client must then send a certificate inside
    /// TLS
    ///
    /// Every client with a valid certificate of these authorities becomes the database user. With this option, --listen
    /// may be an address that other machines can reach. On SIGHUP, the proxy reads the file again. With --config
    /// instead, the proxy can recognise each client by its certificate.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_CLIENT_CA_FILE",
        requires = "tls_certificate",
        value_name = "FILE"
    )]
    pub(super) client_ca_file: Option<PathBuf>,

    /// Log in as the database user that the client names, instead of --username
    ///
    /// The AWS credentials must be allowed to connect as that user. The proxy itself logs in as --username for health
    /// checks, and when a client disconnects before its login: otherwise the database would count an aborted
    /// connection, and block the proxy after too many of them (error 1129). With --client-ca-file, the user that the
    /// client names must be one of the names in its certificate.
    #[arg(long, env = "RDS_BRIDGE_PROXY_CLIENT_USER", value_parser = BoolishValueParser::new())]
    pub(super) client_user: bool,

    /// Make sessions read-only
    ///
    /// This is a guard rail, not a security boundary: a client can undo it with an SQL statement. What a client can
    /// really write is decided by the privileges of the database user.
    #[arg(long, env = "RDS_BRIDGE_PROXY_READ_ONLY", value_parser = BoolishValueParser::new())]
    pub(super) read_only: bool,

    /// Refuse LOAD DATA LOCAL, which lets a server read the client's files
    #[arg(long, env = "RDS_BRIDGE_PROXY_NO_LOCAL_FILES", value_parser = BoolishValueParser::new())]
    pub(super) no_local_files: bool,

    /// Limit on client connections for each database server; any further one is refused with error 1040
    ///
    /// Endpoints with the same name and port count as one server. The proxy needs two file descriptors for each
    /// client.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_MAX_CONNECTIONS",
        default_value_t = DEFAULT_CLIENTS,
        value_name = "NUMBER"
    )]
    pub(super) max_connections: NonZeroU32,

    /// Limit on connections from other machines that have not logged in yet; any further one is refused with error 1040
    ///
    /// All endpoints share this limit. A number above 100 has no effect, because at most 100 clients, including those
    /// on this machine, can be logging in at the same time.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_MAX_LOGINS",
        default_value_t = DEFAULT_LOGINS,
        value_name = "NUMBER"
    )]
    pub(super) max_logins: NonZeroU32,

    /// Like --max-logins, for the clients of each IPv4 address or IPv6 /64 network
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_MAX_LOGINS_PER_SOURCE",
        default_value_t = DEFAULT_LOGINS_PER_SOURCE,
        value_name = "NUMBER"
    )]
    pub(super) max_logins_per_source: NonZeroU32,

    /// Limit on new connections to each server per second
    ///
    /// RDS accepts about 200 new IAM connections per second, and refuses more. A client beyond the limit waits when it
    /// connects, before its login; if it waits too long, it is refused with error 1040. A COM_CHANGE_USER counts as a
    /// connection.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_CONNECTIONS_PER_SECOND",
        default_value_t = DEFAULT_RATE,
        value_name = "NUMBER"
    )]
    pub(super) connections_per_second: NonZeroU32,

    /// Address for health checks, metrics and shutdown requests, over HTTP
    ///
    /// It answers GET /startup, /liveness, /readiness (which logs in to each database) and /metrics (for Prometheus).
    /// POST /quitquitquit, which is allowed only from this machine, shuts the proxy down.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_ADMIN",
        value_name = "IP:PORT",
        value_parser = place::address
    )]
    pub(super) admin: Option<SocketAddr>,

    /// How long client connections may continue after SIGTERM, Ctrl-C or POST /quitquitquit, in seconds
    ///
    /// The proxy stops accepting clients at once, and closes each connection as soon as it is not waiting for a reply
    /// and has no open transaction. After this time, the proxy closes the rest.
    #[arg(
        long,
        env = "RDS_BRIDGE_PROXY_DRAIN_TIMEOUT",
        default_value_t = DRAIN_TIMEOUT,
        value_name = "SECONDS"
    )]
    pub(super) drain_timeout: u64,
}

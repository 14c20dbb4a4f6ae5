//! Options of a connection, which several commands share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::endpoint_arguments::{EndpointArguments, require_both};
use super::error::Error;
use super::password;
use super::refused_token;
use super::sandbox::EngineForALogin;
#[cfg(feature = "proxy")]
use super::variables::is_given;
use rds_bridge::topology::{Aurora, RdsTopology};
use rds_bridge::{Bridge, BridgeBuilder, Role, Timeouts};

#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionArguments {
    #[command(flatten)]
    endpoint: EndpointArguments,

    /// Log in with a secret of AWS Secrets Manager instead of a token
    ///
    /// The secret provides the password. It also provides the user, the endpoint, the port and the database, unless
    /// they are given. Requires a build with the feature secrets-manager, which is on by default.
    #[arg(
        long,
        env = "DB_SECRET_ARN",
        hide_env_values = true,
        value_name = "ARN"
    )]
    secret: Option<String>,

    /// Log in with the password in FILE instead of a token; - prompts for it on the terminal
    ///
    /// For users without IAM authentication. A line break at the end of the file is not part of the password. The
    /// variable DB_PASSWORD holds the password itself. No option takes the password itself, because other users of the
    /// machine can see arguments.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// Default database of the session
    #[arg(long, env = "DB_NAME", value_name = "DATABASE")]
    database: Option<String>,

    /// Connect to this address instead of the endpoint, such as the local end of an SSH tunnel or a PrivateLink address
    ///
    /// The token is still signed for the endpoint, and the server's certificate must still be valid for it.
    #[arg(long, env = "DB_CONNECT_TO", value_name = "HOST[:PORT]")]
    connect_to: Option<String>,

    /// Name for which the server's certificate must be valid [default: the endpoint]
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,

    /// PEM file of the certificate authorities to trust instead of the bundled ones
    ///
    /// The bundled authorities are those of RDS and Amazon, which 'rds-bridge roots' prints.
    #[arg(long, env = "DB_CA_FILE", value_name = "FILE")]
    ca_file: Option<std::ffi::OsString>,

    /// PEM file of further certificate authorities to trust, besides the bundled ones or those of --ca-file; repeatable
    #[arg(long, value_name = "FILE")]
    ca_file_extra: Vec<PathBuf>,

    /// Role that the server must have: any, writer or reader [default: any]
    ///
    /// With writer, a connection to a read-only server is refused, such as the former writer after a failover. With
    /// reader, a connection to the writer is refused. RDS Proxy is not checked.
    #[arg(long, env = "DB_ROLE", value_name = "ROLE", value_parser = role, hide_possible_values = true)]
    role: Option<Role>,

    /// Collation of the connection, such as utf8mb4_bin
    ///
    /// Without this option, the server uses its default collation for utf8mb4, as with the mysql client.
    #[arg(long, value_name = "NAME")]
    collation: Option<String>,

    /// Time limit for connecting, in seconds, from loading credentials to the end of the login
    ///
    /// A limit above the default also extends the limits of the individual stages. A paused Aurora Serverless v2
    /// cluster may need that: it resumes on the first connection, which takes 15 seconds or more.
    #[arg(long, default_value = "30", value_name = "SECONDS")]
    connect_timeout: u64,
}

impl ConnectionArguments {
    pub(super) fn builder(&self) -> Result<BridgeBuilder, Error> {
        let builder = self.builder_for(&Own::default())?;
        Ok(builder.engine(EngineForALogin::default()))
    }

    /// The settings of an endpoint, which take precedence, and else those of the options.
    pub(super) fn builder_for(&self, own: &Own<'_>) -> Result<BridgeBuilder, Error> {
        let timeouts = timeouts(Duration::from_secs(self.connect_timeout));
        let mut builder = Bridge::builder()
            .resolve_cname(self.endpoint.resolve_cname())
            .timeouts(timeouts);
        let secret = self.secret.as_deref().and_then(set);
        if let Some(secret) = secret {
            builder = with_secret(builder, secret)?;
        }
        let host = own.host.or(self.endpoint.host()).and_then(set);
        let user = own.user.or(self.endpoint.user()).and_then(set);
        self.endpoint.warn_of_region();
        // The secret may provide what is not given.
        if secret.is_none() {
            require_both(host, user)?;
        }
        if let Some(host) = host {
            builder = builder.endpoint(host);
        }
        if let Some(user) = user {
            builder = builder.user(user);
        }
        let port = match own.host {
            // DB_PORT belongs to DB_HOST.
            Some(_) => self.endpoint.port_of_option(),
            None => self.endpoint.port(),
        };
        if let Some(port) = own.port.or(port) {
            builder = builder.port(port);
        }
        let database = own.database.or(self.database.as_deref());
        if let Some(database) = database.and_then(set) {
            builder = builder.database(database);
        }
        builder = self.with_cluster(builder, own);
        let region = own.region.or(self.endpoint.region());
        if let Some(region) = region.and_then(set) {
            builder = builder.region(region);
        }
        let profile = own.profile.or(self.endpoint.profile());
        if let Some(profile) = profile.and_then(set) {
            builder = builder.profile(profile);
        }
        if let Some(collation) = &self.collation {
            builder = builder.collation(collation);
        }
        if let Some(password) = password::read(self.password_file.as_deref())? {
            if secret.is_some() {
                return Err(password::and_secret());
            }
            builder = builder.password(password);
        }
        Ok(self.with_address_and_tls(builder, own))
    }

    /// The settings of an endpoint, and else those of the options, apart from the host and the port.
    #[cfg(feature = "proxy")]
    pub(super) fn filled<'a>(&'a self, own: &Own<'a>) -> Own<'a> {
        Own {
            user: own.user.or(self.endpoint.user()).and_then(set),
            database: own.database.or(self.database.as_deref()).and_then(set),
            region: own.region.or(self.endpoint.region()).and_then(set),
            profile: own.profile.or(self.endpoint.profile()).and_then(set),
            connect_to: own.connect_to.or(self.connect_to.as_deref()).and_then(set),
            ca_file: self.ca_file(own),
            role: own.role.or(self.role),
            ..*own
        }
    }

    /// The certificate authorities in place of the bundled ones.
    fn ca_file<'a>(&'a self, own: &Own<'a>) -> Option<&'a Path> {
        let path = own.ca_file.or(self.ca_file.as_deref().map(Path::new));
        path.filter(|path| !path.as_os_str().is_empty())
    }

    /// The settings of a client of a proxy, which has those of the endpoint itself: their options are refused, and
    /// their variables ignored. `option` is the one that named the proxy.
    #[cfg(feature = "proxy")]
    pub(super) fn of_client(&self, option: &str) -> Result<ClientSettings<'_>, Error> {
        if let Some(given) = OF_ENDPOINT.iter().find(|flag| is_given(flag)) {
            return Err(Error::Usage(format!(
                "{option} and {given} cannot be used together: the proxy has its own {given}"
            )));
        }
        let password = password::read(self.password_file.as_deref())?;
        Ok(ClientSettings {
            user: self.endpoint.user().unwrap_or("rds-bridge").to_owned(),
            password: password.unwrap_or_default(),
            database: self.database.clone(),
            timeout: Duration::from_secs(self.connect_timeout),
            arguments: self,
        })
    }

    /// Sets which server of the endpoint's cluster to connect to, and how it is found.
    fn with_cluster(&self, mut builder: BridgeBuilder, own: &Own<'_>) -> BridgeBuilder {
        if let Some(role) = own.role.or(self.role) {
            builder = builder.role(role);
        }
        if let Some(pattern) = own.instance_pattern {
            builder = builder.instance_pattern(pattern);
        }
        match own.topology {
            Some(Topology::Aurora) => builder.topology(Aurora::new()),
            Some(Topology::Rds) => builder.topology(RdsTopology::new()),
            None => builder,
        }
    }

    /// Sets where to connect to, and which certificates to trust.
    fn with_address_and_tls(&self, mut builder: BridgeBuilder, own: &Own<'_>) -> BridgeBuilder {
        let address = own.connect_to.or(self.connect_to.as_deref());
        if let Some(address) = address.and_then(set) {
            builder = builder.connect_to(address);
        }
        self.with_tls(builder, own)
    }

    /// Sets which certificates to trust.
    fn with_tls(&self, mut builder: BridgeBuilder, own: &Own<'_>) -> BridgeBuilder {
        if let Some(name) = self.tls_server_name.as_deref().and_then(set) {
            builder = builder.tls_server_name(name);
        }
        if let Some(path) = self.ca_file(own) {
            builder = builder.ca_file(path);
        }
        for path in &self.ca_file_extra {
            builder = builder.extra_ca_file(path);
        }
        builder
    }

    /// Whether connections must lead to a reader.
    #[cfg(feature = "proxy")]
    pub(super) fn asks_for_reader(&self, own: &Own<'_>) -> bool {
        own.role.or(self.role) == Some(Role::Reader)
    }

    /// Whether a user is given, or a secret that provides one.
    #[cfg(feature = "proxy")]
    pub(super) fn has_user(&self, own: &Own<'_>) -> bool {
        let user = own.user.or(self.endpoint.user());
        user.or(self.secret.as_deref()).and_then(set).is_some()
    }

    /// Whether the user logs in with a token, and not with a password or a secret.
    #[cfg(feature = "proxy")]
    pub(super) fn has_token_login(&self) -> bool {
        let has_secret = self.secret.as_deref().and_then(set).is_some();
        !has_secret && !password::is_given(self.password_file.as_deref())
    }

    /// Adds the likely causes that the command knows to a refused login with a token.
    pub(super) fn explained(&self, error: rds_bridge::Error) -> rds_bridge::Error {
        let has_secret = self.secret.as_deref().and_then(set).is_some();
        if has_secret || password::is_given(self.password_file.as_deref()) {
            return error;
        }
        refused_token::explained(error, self.endpoint.host().unwrap_or_default())
    }
}

/// The options of the endpoint and of the connection to it, which do not apply to a client of a proxy.
#[cfg(feature = "proxy")]
const OF_ENDPOINT: [&str; 9] = [
    "--hostname",
    "--port",
    "--region",
    "--profile",
    "--resolve-cname",
    "--secret",
    "--connect-to",
    "--role",
    "--collation",
];

/// The settings of a client of a proxy.
#[cfg(feature = "proxy")]
pub(super) struct ClientSettings<'a> {
    pub(super) user: String,
    /// Empty if none is given.
    pub(super) password: secrecy::SecretString,
    pub(super) database: Option<String>,
    /// The limit on the greeting, and on the login.
    pub(super) timeout: Duration,
    arguments: &'a ConnectionArguments,
}

#[cfg(feature = "proxy")]
impl ClientSettings<'_> {
    pub(super) fn builder(&self, host: &str, port: u16) -> BridgeBuilder {
        let mut builder = Bridge::builder()
            .endpoint(host)
            .port(port)
            .user(&self.user)
            .password(self.password.clone())
            .timeouts(timeouts(self.timeout))
            .engine(EngineForALogin::default());
        if let Some(database) = self.database.as_deref().and_then(set) {
            builder = builder.database(database);
        }
        self.arguments.with_tls(builder, &Own::default())
    }
}

/// The settings of one endpoint, if there are several. Those that are `None` are the options'.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own<'a> {
    pub(super) host: Option<&'a str>,
    pub(super) port: Option<u16>,
    pub(super) user: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) database: Option<&'a str>,
    pub(super) profile: Option<&'a str>,
    pub(super) connect_to: Option<&'a str>,
    pub(super) ca_file: Option<&'a Path>,
    pub(super) role: Option<Role>,
    pub(super) topology: Option<Topology>,
    pub(super) instance_pattern: Option<&'a str>,
}

/// Where a cluster's members are read. A configuration file says it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "proxy"),
    expect(dead_code, reason = "only the servers have a configuration file")
)]
pub(super) enum Topology {
    Aurora,
    Rds,
}

/// A role, by its name.
pub(super) fn role(name: &str) -> Result<Role, &'static str> {
    Role::from_name(name).ok_or("expected any, writer or reader")
}

/// The time limit of each stage, for a limit on all of them together.
///
/// The stages in which the server works (its greeting, TLS, the login) may use up the whole limit. The others keep
/// their shorter defaults, which detect an unreachable host sooner, but grow in proportion if the whole limit is above
/// its default.
fn timeouts(whole: Duration) -> Timeouts {
    let default = Timeouts::default();
    let grown = |limit: Duration| {
        let factor = whole.div_duration_f64(default.whole).max(1.0);
        Duration::try_from_secs_f64(limit.as_secs_f64() * factor).unwrap_or(whole)
    };
    Timeouts {
        credentials: grown(default.credentials),
        resolve: grown(default.resolve),
        connect: grown(default.connect),
        tls: whole,
        login: whole,
        whole,
    }
}

#[cfg(feature = "secrets-manager")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "it fails only without the feature"
)]
fn with_secret(builder: BridgeBuilder, secret: &str) -> Result<BridgeBuilder, Error> {
    Ok(builder.secret(secret))
}

#[cfg(not(feature = "secrets-manager"))]
fn with_secret(_: BridgeBuilder, _: &str) -> Result<BridgeBuilder, Error> {
    Err(Error::not_built_in("secrets-manager", "secrets-manager"))
}

/// Treats an empty setting as unset.
fn set(setting: &str) -> Option<&str> {
    (!setting.is_empty()).then_some(setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_limit_extends_every_stage() {
        let seconds = Duration::from_secs;
        let default = Timeouts::default();
        let usual = timeouts(seconds(30));
        assert_eq!((usual.tls, usual.login), (seconds(30), seconds(30)));
        assert_eq!(
            (usual.resolve, usual.connect),
            (default.resolve, default.connect)
        );
        let short = timeouts(seconds(5));
        assert_eq!((short.whole, short.connect), (seconds(5), default.connect));
        let long = timeouts(seconds(120));
        assert_eq!(
            (long.tls, long.login, long.whole),
            (seconds(120), seconds(120), seconds(120))
        );
        assert_eq!((long.connect, long.credentials), (seconds(20), seconds(40)));
        assert_eq!(timeouts(seconds(u64::MAX)).whole, seconds(u64::MAX));
    }
}

//! The settings of a bridge and their defaults. `assemble.rs` builds the bridge.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use rustls::RootCertStore;
use secrecy::SecretString;

use super::Timeouts;
use super::cluster::ClusterSettings;
use super::engine_source::EngineSource;
use super::timeouts::TCP_USER_TIMEOUT;
use crate::aws::{Credentials, CredentialsSource};
use crate::clock::{Clock, SystemClock};
use crate::mysql::Protocol;
use crate::net::{Resolve, SystemResolver};
use crate::protocol::ReadLimits;
use crate::role::Role;

/// The default port of an endpoint: MySQL's.
pub const DEFAULT_PORT: u16 = 3306;

/// Settings of a [`Bridge`](super::Bridge), each with its default.
#[derive(Clone)]
pub struct BridgeBuilder {
    pub(super) endpoint: String,
    pub(super) port: Option<u16>,
    pub(super) user: String,
    pub(super) database: Option<String>,
    pub(super) region: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) credentials: Option<CredentialsSource>,
    pub(super) password: Option<SecretString>,
    #[cfg(feature = "secrets-manager")]
    pub(super) secret: Option<String>,
    pub(super) connect_to: Option<String>,
    pub(super) tls_server_name: Option<String>,
    pub(super) resolve_cname: bool,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) extra_ca_files: Vec<PathBuf>,
    pub(super) roots: Option<Arc<RootCertStore>>,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) allow_writes: bool,
    pub(super) collation: Option<String>,
    pub(super) protocol: Protocol,
    pub(crate) timeouts: Timeouts,
    pub(super) limits: ReadLimits,
    pub(super) tcp_user_timeout: Duration,
    pub(super) role: Role,
    pub(super) cluster: ClusterSettings,
    pub(super) engine: Option<Arc<dyn EngineSource>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(super) resolver: Arc<dyn Resolve>,
}

impl BridgeBuilder {
    pub(super) fn new() -> Self {
        Self {
            endpoint: String::new(),
            port: None,
            user: String::new(),
            database: None,
            region: None,
            profile: None,
            credentials: None,
            password: None,
            #[cfg(feature = "secrets-manager")]
            secret: None,
            connect_to: None,
            tls_server_name: None,
            resolve_cname: false,
            ca_file: None,
            extra_ca_files: Vec::new(),
            roots: None,
            attributes: vec![
                ("_client_name".to_owned(), "rds-bridge".to_owned()),
                (
                    "_client_version".to_owned(),
                    env!("CARGO_PKG_VERSION").to_owned(),
                ),
            ],
            allow_writes: false,
            collation: None,
            protocol: Protocol::default(),
            timeouts: Timeouts::default(),
            limits: ReadLimits::default(),
            tcp_user_timeout: TCP_USER_TIMEOUT,
            role: Role::Any,
            cluster: ClusterSettings::default(),
            engine: None,
            clock: Arc::new(SystemClock),
            resolver: Arc::new(SystemResolver),
        }
    }

    /// The endpoint's own name, not an alias of it: tokens are signed for this name, and the server's certificate must
    /// have it. No default.
    #[must_use]
    pub fn endpoint(mut self, host: impl Into<String>) -> Self {
        self.endpoint = host.into();
        self
    }

    /// The endpoint's port. Default: 3306.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The database user. No default.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// The session's default database. Default: none.
    #[must_use]
    pub fn database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// The endpoint's region. Default: the region in the endpoint's name, else `AWS_REGION`, else `AWS_DEFAULT_REGION`,
    /// else the profile's; without a region, [`Self::build`] fails. The name of the writer endpoint of an Aurora global
    /// database has no region: set it, or set [`Self::resolve_cname`].
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The profile of the AWS config files. Default: `AWS_PROFILE`, else `default`.
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    /// The AWS credentials that sign tokens. Default: the SDK's default chain.
    #[must_use]
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.credentials_source_is(CredentialsSource::fixed(credentials))
    }

    /// The provider of the AWS credentials that sign tokens. Its credentials are cached until five minutes before they
    /// expire. The text of its errors is shown and logged, so it must hold no secret. Default: the SDK's default chain.
    #[must_use]
    pub fn credentials_provider(self, provider: impl ProvideCredentials + 'static) -> Self {
        self.credentials_source_is(CredentialsSource::provider(provider))
    }

    /// Replaces a password: of credentials and password, the one that is set last counts.
    fn credentials_source_is(mut self, source: CredentialsSource) -> Self {
        self.credentials = Some(source);
        self.password = None;
        self
    }

    /// A password in place of a token, for users without IAM authentication. It answers `caching_sha2_password`,
    /// `mysql_native_password` and MariaDB's `ed25519`, and is never sent in clear text.
    #[must_use]
    pub fn password(mut self, password: impl Into<SecretString>) -> Self {
        self.password = Some(password.into());
        self.credentials = None;
        self
    }

    /// The ARN of a secret of AWS Secrets Manager, in place of a token: the user logs in with the secret's password, by
    /// the methods of [`Self::password`]. The secret is JSON as RDS and the rotation functions write it. The AWS
    /// credentials read it: they need `secretsmanager:GetSecretValue`, and `kms:Decrypt` for a customer managed KMS
    /// key. Only an ARN is accepted, since a password given by mistake can look like a name: any other text is neither
    /// sent nor shown.
    ///
    /// [`Self::build`] fetches the secret. Its `host`, `port`, `dbname` and `username` are the defaults of
    /// [`Self::endpoint`], [`Self::port`], [`Self::database`] and [`Self::user`]. A rotation may change the user name:
    /// do not set the user, or the bridge keeps it.
    ///
    /// The secret is cached. When a server refuses the login (1045), the bridge fetches it again. If it has changed,
    /// the bridge logs in once more with the new one, which covers a rotation; if not, the refusal is the error.
    #[cfg(feature = "secrets-manager")]
    #[must_use]
    pub fn secret(mut self, arn: impl Into<String>) -> Self {
        self.secret = Some(arn.into());
        self
    }

    /// The address to connect to in place of the endpoint's: a tunnel, a bastion host or a PrivateLink endpoint, as
    /// `host` or `host:port`. Tokens are still signed for the endpoint, and the certificate is still verified for its
    /// name. Default: the endpoint.
    #[must_use]
    pub fn connect_to(mut self, address: impl Into<String>) -> Self {
        self.connect_to = Some(address.into());
        self
    }

    /// The name that the server's certificate must have. Default: the endpoint's.
    #[must_use]
    pub fn tls_server_name(mut self, name: impl Into<String>) -> Self {
        self.tls_server_name = Some(name.into());
        self
    }

    /// Whether the given endpoint is an alias (CNAME) of an RDS endpoint. The bridge then signs for, connects to and
    /// verifies the name of that endpoint. Default: no.
    ///
    /// The alias is resolved when the bridge is built, and again for each connection, since it may change: after a
    /// switchover, the writer endpoint of an Aurora global database is an alias of another cluster in another region.
    /// The region follows it, unless [`Self::region`] is set.
    #[must_use]
    pub fn resolve_cname(mut self, resolve: bool) -> Self {
        self.resolve_cname = resolve;
        self
    }

    /// A PEM file of certificate authorities, in place of the bundled roots of RDS and Amazon.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// A PEM file of further certificate authorities.
    #[must_use]
    pub fn extra_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.extra_ca_files.push(path.into());
        self
    }

    /// The certificate authorities, in place of the bundled roots and of all CA files.
    #[must_use]
    pub fn tls_roots(mut self, roots: impl Into<Arc<RootCertStore>>) -> Self {
        self.roots = Some(roots.into());
        self
    }

    /// A connection attribute (`performance_schema.session_connect_attrs`). Default: `_client_name` and
    /// `_client_version`.
    #[must_use]
    pub fn connection_attribute(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Whether sessions may write. Default: no; they are set to `TRANSACTION READ ONLY`. This is a guard rail: the
    /// security boundary is the database user's grants.
    #[must_use]
    pub fn allow_writes(mut self, allow: bool) -> Self {
        self.allow_writes = allow;
        self
    }

    /// The collation of the connection, such as `utf8mb4_bin`. It applies to literals and parameters. Default: the
    /// server's default for `utf8mb4`, as after `SET NAMES utf8mb4`: `utf8mb4_0900_ai_ci` on MySQL 8 and later. The
    /// character set is always `utf8mb4`.
    #[must_use]
    pub fn collation(mut self, name: impl Into<String>) -> Self {
        self.collation = Some(name.into());
        self
    }

    /// How statements without parameters are executed. Default: [`Protocol::Auto`], which uses the binary protocol
    /// where that costs no round trip.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// How long each stage may take. Default: [`Timeouts::default`].
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The longest row that is read, in bytes on the wire, from 64 KiB to 1 GiB. Default: 64 MiB, which is MySQL's
    /// default of `max_allowed_packet`: raise it where the server's is higher.
    ///
    /// A row is held in memory as a whole, and the server determines its length. A longer row fails with
    /// [`ErrorKind::RowTooLarge`](crate::error::ErrorKind::RowTooLarge), and the connection is unusable. Other
    /// packets of a reply have limits of their own: 64 KiB each, and 16 MiB for all column definitions of a result.
    #[must_use]
    pub fn max_row_bytes(mut self, limit: usize) -> Self {
        self.limits.max_row_bytes = limit;
        self
    }

    /// The role that the server must have. Default: any.
    ///
    /// The role is checked while the session is set up. If commands can be pipelined, and the first statement only reads
    /// or begins a transaction, the two are sent together. If the server has another role, that statement fails with
    /// [`ErrorKind::WrongRole`](crate::error::ErrorKind::WrongRole), and the connection is unusable. A
    /// [`Pool`](crate::pool::Pool) then closes its other connections too, and resolves the name again for new ones. It
    /// repeats the check whenever it resets a session, and when it checks a connection that was idle
    /// ([`check_after`](crate::pool::PoolBuilder::check_after)). RDS Proxy is not checked: each of its endpoints has a
    /// fixed role.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// How long the server's machine may be unreachable before the connection fails: TCP's user timeout (RFC 5482), from
    /// 1 s to a day; [`Self::build`] refuses any other. Default: 15 s.
    ///
    /// After a failover or a network failure, packets can stop without an error. The system then sends keepalive probes.
    /// Slow statements are unaffected: the server's machine acknowledges the probes while the server works. On Linux, the
    /// limit also covers bytes that were sent and not acknowledged.
    #[must_use]
    pub fn tcp_user_timeout(mut self, limit: Duration) -> Self {
        self.tcp_user_timeout = limit;
        self
    }

    /// How long a read may wait for the next bytes of a reply. Default: no limit, since a server is silent while it
    /// executes a statement; [`Self::tcp_user_timeout`] is for a machine that is gone.
    ///
    /// After this time the call fails with [`ErrorKind::Timeout`](crate::error::ErrorKind::Timeout), and the connection
    /// is unusable. The statement may continue on the server: `max_execution_time` limits it there. To limit a whole
    /// statement, drop its future.
    #[must_use]
    pub fn read_idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.idle = Some(limit);
        self
    }

    /// The engine that runs the component: an [`Engine`](crate::component::Engine) that several bridges share, or a
    /// source that creates one when it is needed. Default: a separate engine, created by [`Self::build`].
    #[must_use]
    pub fn engine(mut self, engine: impl EngineSource + 'static) -> Self {
        self.engine = Some(Arc::new(engine));
        self
    }

    /// The clock by which tokens are signed and certificates verified. Default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The resolver of host names. Default: the system's.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Whether [`Self::build`] asks Secrets Manager.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        #[cfg(feature = "secrets-manager")]
        return self.secret.is_some();
        #[cfg(not(feature = "secrets-manager"))]
        false
    }
}

impl fmt::Debug for BridgeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BridgeBuilder")
            .field("endpoint", &self.endpoint)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

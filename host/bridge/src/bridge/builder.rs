//! The settings of a bridge, and their defaults. `assemble.rs` makes the bridge of them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use rustls::RootCertStore;
use secrecy::SecretString;

use super::Timeouts;
use super::engine_source::EngineSource;
use crate::aws::{Credentials, CredentialsSource};
use crate::clock::{Clock, SystemClock};
use crate::mysql::Protocol;
use crate::net::{Resolve, SystemResolver};
use crate::protocol::ReadLimits;

/// The port of an endpoint that none is given for: MySQL's.
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
            engine: None,
            clock: Arc::new(SystemClock),
            resolver: Arc::new(SystemResolver),
        }
    }

    /// The endpoint's own name, not an alias of it: it is what tokens are signed for, and what the
    /// server's certificate must be for. Has no default.
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

    /// The database user. Has no default.
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

    /// The endpoint's region. Default: as in the endpoint's name, else `AWS_REGION`, else
    /// `AWS_DEFAULT_REGION`, else the profile's; without any of them it is an error. So it is for the writer
    /// endpoint of an Aurora global database, unless [`Self::resolve_cname`] is set: its region is that of the
    /// primary cluster, which nothing else tells.
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

    /// The AWS credentials that sign. Default: the SDK's default chain.
    #[must_use]
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.credentials_source_is(CredentialsSource::fixed(credentials))
    }

    /// Who gives the AWS credentials that sign; what it gives is kept until five minutes before its end.
    /// When it fails, its error's words are shown and logged: they are to hold no secret.
    /// Default: the SDK's default chain.
    #[must_use]
    pub fn credentials_provider(self, provider: impl ProvideCredentials + 'static) -> Self {
        self.credentials_source_is(CredentialsSource::provider(provider))
    }

    /// Replaces a password: the login that was set last counts.
    fn credentials_source_is(mut self, source: CredentialsSource) -> Self {
        self.credentials = Some(source);
        self.password = None;
        self
    }

    /// A password in place of a token, for users that have no IAM authentication:
    /// `caching_sha2_password`, `mysql_native_password` or MariaDB's `ed25519`. Never sent in clear.
    #[must_use]
    pub fn password(mut self, password: impl Into<SecretString>) -> Self {
        self.password = Some(password.into());
        self.credentials = None;
        self
    }

    /// The ARN of a secret of AWS Secrets Manager, in place of a token: its user and its password log in, by the
    /// methods of [`Self::password`]. It is JSON as RDS and the rotation functions write it. The AWS credentials
    /// are for reading it: `secretsmanager:GetSecretValue`, and `kms:Decrypt` if its key is one of your own. A
    /// name alone is not taken, for a password given by mistake can look like one: what is no ARN is neither sent
    /// nor shown.
    ///
    /// [`Self::build`] fetches it. Where [`Self::endpoint`], [`Self::port`], [`Self::database`] and
    /// [`Self::user`] are not set, they are its `host`, `port`, `dbname` and `username`; what is set comes first.
    /// A user that is set stays, also if the secret gets another with a rotation: leave it to the secret.
    ///
    /// It is kept. When a server refuses the login (1045), it is fetched again; if it is another by then, the
    /// login is tried once more with it, so that a rotation is picked up. If not, the refusal is given.
    #[cfg(feature = "secrets-manager")]
    #[must_use]
    pub fn secret(mut self, arn: impl Into<String>) -> Self {
        self.secret = Some(arn.into());
        self
    }

    /// Where to connect, if that is not the endpoint itself: a tunnel, a bastion or a PrivateLink
    /// address, as `host` or `host:port`. Tokens are still signed for the endpoint, and its certificate
    /// is still what is verified. Default: the endpoint.
    #[must_use]
    pub fn connect_to(mut self, address: impl Into<String>) -> Self {
        self.connect_to = Some(address.into());
        self
    }

    /// The name that the server's certificate must be for. Default: the endpoint's.
    #[must_use]
    pub fn tls_server_name(mut self, name: impl Into<String>) -> Self {
        self.tls_server_name = Some(name.into());
        self
    }

    /// Whether the endpoint that is given is an alias (CNAME) of an RDS endpoint, whose name is then signed for,
    /// connected to and verified. Default: no.
    ///
    /// The alias is looked up when the bridge is built and again for each connection, since it may change: the
    /// writer endpoint of an Aurora global database is an alias of another cluster, in another region, after a
    /// switchover. The region then follows too, unless [`Self::region`] is set.
    #[must_use]
    pub fn resolve_cname(mut self, resolve: bool) -> Self {
        self.resolve_cname = resolve;
        self
    }

    /// A PEM file of the authorities to trust, in place of the bundled roots of RDS and Amazon.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// A PEM file of authorities to trust as well.
    #[must_use]
    pub fn extra_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.extra_ca_files.push(path.into());
        self
    }

    /// The authorities to trust, in place of the bundled roots and of all CA files.
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

    /// Whether sessions may write. Default: they are set `TRANSACTION READ ONLY`. A guard rail: the
    /// boundary is what the user has been granted.
    #[must_use]
    pub fn allow_writes(mut self, allow: bool) -> Self {
        self.allow_writes = allow;
        self
    }

    /// The collation of the connection, which is that of literals and parameters: `utf8mb4_bin` for example. Default:
    /// the server's default for `utf8mb4`, as with the client `mysql` and `SET NAMES utf8mb4`: `utf8mb4_0900_ai_ci` on
    /// MySQL 8 and later. The character set is always `utf8mb4`.
    #[must_use]
    pub fn collation(mut self, name: impl Into<String>) -> Self {
        self.collation = Some(name.into());
        self
    }

    /// How statements without parameters are executed. Default: [`Protocol::Auto`], the binary protocol where
    /// it costs no round trip.
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

    /// The longest row that is read, in bytes as the server sends them, from 64 KiB to 1 GiB. Default: 64 MiB, the
    /// default of `max_allowed_packet` of MySQL, so raise it where that was raised.
    ///
    /// A row lies in memory as a whole, and it is the server that says how long it is. One that is longer is
    /// [`ErrorKind::RowTooLarge`](crate::error::ErrorKind::RowTooLarge), and the connection is unusable. Other
    /// packets of a reply have limits of their own: 64 KiB each, and 16 MiB for all column definitions of a result.
    #[must_use]
    pub fn max_row_bytes(mut self, limit: usize) -> Self {
        self.limits.max_row_bytes = limit;
        self
    }

    /// How long a reply's next bytes may take to come. Default: no limit, since a server is silent while it executes
    /// a statement; TCP keep-alive finds a machine that is gone.
    ///
    /// After that it is [`ErrorKind::Timeout`](crate::error::ErrorKind::Timeout), and the connection is of no more
    /// use. The statement may go on on the server: `max_execution_time` limits it there. To limit a whole statement,
    /// drop its future.
    #[must_use]
    pub fn read_idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.idle = Some(limit);
        self
    }

    /// The engine that runs the component: an [`Engine`](crate::component::Engine), to share one among bridges, or what
    /// makes one when it is needed. Default: an engine of its own, made by [`Self::build`].
    #[must_use]
    pub fn engine(mut self, engine: impl EngineSource + 'static) -> Self {
        self.engine = Some(Arc::new(engine));
        self
    }

    /// The clock: tokens are signed, and certificates verified, as at its time. Default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The resolver of names. Default: the system's.
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

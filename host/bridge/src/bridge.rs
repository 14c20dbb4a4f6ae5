//! [`Bridge`]: settings once, then connections.

mod address;
mod alias;
mod assemble;
mod auth;
mod builder;
pub(crate) mod causes;
mod cluster;
pub(crate) mod connect;
pub(crate) mod deadline;
mod engine_source;
mod own_connections;
mod phase;
mod redial;
#[cfg(feature = "secrets-manager")]
mod refused_secret;
#[cfg(feature = "secrets-manager")]
mod secret;
pub mod stages;
mod timeouts;
mod unknown_authority;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::time::Instant;

use alias::Alias;
pub use alias::resolve_alias;
pub use builder::BridgeBuilder;
pub use builder::DEFAULT_PORT;
use cluster::Cluster;
pub use engine_source::EngineSource;
#[cfg(feature = "secrets-manager")]
pub use secret::{check_secret_arn, read_secret};
pub use timeouts::Timeouts;

use crate::aws::{RegionSource, region_of_endpoint};
use crate::clock::Clock;
use crate::connection::ResultLengths;
use crate::connection_rate::ConnectionRate;
use crate::error::{Cause, Error};
use crate::mysql::{Connection, Protocol};
use crate::net::Resolve;
use crate::protocol::ReadLimits;
use crate::role::Role;
pub(crate) use auth::Login;
use stages::Connecting;
use unknown_authority::missing_roots;

/// Opens connections to one endpoint as one user. Cheap to clone; build one for the process.
///
/// Each connection gets a new token, which is dropped after the login. A secret of AWS Secrets Manager is cached
/// until a server refuses it. Connections share the TLS configuration, so that TLS sessions are resumed, and the
/// lengths of earlier results, by which [`Protocol::Auto`] chooses. They share nothing else.
#[derive(Clone)]
pub struct Bridge {
    inner: Arc<Inner>,
}

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) endpoint: Endpoint,
    /// The alias that led to the endpoint.
    pub(crate) alias: Option<Alias>,
    pub(crate) address: Address,
    pub(crate) server_name: ServerName<'static>,
    pub(crate) user: String,
    pub(crate) database: Option<String>,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) login: Login,
    pub(crate) allow_writes: bool,
    pub(crate) collation: Option<String>,
    pub(crate) protocol: Protocol,
    /// Whether the peer is the server itself, and not a proxy.
    pub(crate) is_direct: bool,
    pub(crate) timeouts: Timeouts,
    pub(crate) trusted: Trusted,
    pub(crate) limits: ReadLimits,
    pub(crate) tcp_user_timeout: Duration,
    pub(crate) role: Role,
    /// The cluster that is searched when the endpoint fails.
    pub(crate) cluster: Option<Arc<Cluster>>,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) engine: Arc<dyn EngineSource>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) result_lengths: Arc<ResultLengths>,
    /// The limit in which the bridge's own connections count. The members of a cluster share it.
    own_rate: Arc<OnceLock<Arc<ConnectionRate>>>,
}

/// Which certificate authorities are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trusted {
    /// The bundled ones only.
    Bundled,
    /// Those of a file, alone or in addition to the bundled ones.
    CaFile,
    /// The caller's own.
    Roots,
}

/// The endpoint for which tokens are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) region: Option<(String, RegionSource)>,
}

/// The address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Bridge {
    /// Begins with the settings. [`BridgeBuilder::endpoint`] and [`BridgeBuilder::user`] have no default, unless a
    /// secret provides them.
    #[must_use]
    pub fn builder() -> BridgeBuilder {
        BridgeBuilder::new()
    }

    /// Opens a connection and logs in: loads credentials, resolves the host, connects by TCP, starts TLS, signs a
    /// token, and authenticates.
    ///
    /// Then it sets up the session: character set and collation, `autocommit=1`, and read-only unless writing is
    /// allowed. To MariaDB, and to MySQL 8.0 and later at an endpoint with RDS's own name, these commands go out with
    /// the first query, in one flight; before a first statement that may write in a read-only session they take a round
    /// trip. Elsewhere, such as through an RDS Proxy and to MySQL 5.7, this call sends up to three commands, each in a
    /// round trip.
    ///
    /// # Errors
    ///
    /// [`Error`] with the stage that failed, the kind of the failure, and the likely causes.
    pub async fn connect(&self) -> Result<Connection, Error> {
        connect::connect(&self.inner, None).await
    }

    /// Begins to connect in separate stages ([`crate::stages`]). If the bridge was built with
    /// [`BridgeBuilder::resolve_cname`], this resolves the alias again. With [`BridgeBuilder::topology`], the stages may
    /// lead to another server than that of the endpoint; if one of them fails, call [`Self::begin_again`].
    ///
    /// # Errors
    ///
    /// [`crate::Stage::Resolve`] if the alias cannot be resolved in time; [`crate::ErrorKind::Setting`] if it no longer
    /// leads to an RDS endpoint; [`crate::ErrorKind::NoOtherServer`] if a blue/green switchover does not end in time.
    pub async fn begin(&self) -> Result<Connecting, Error> {
        match &self.inner.cluster {
            Some(cluster) => cluster::begin(&self.inner, cluster).await,
            None => Connecting::begin(&self.inner, None).await,
        }
    }

    /// As [`Self::connect`]; the stage that is not done at `end` fails with [`crate::ErrorKind::Timeout`].
    pub(crate) async fn connect_before(&self, end: Option<Instant>) -> Result<Connection, Error> {
        connect::connect(&self.inner, end).await
    }

    /// The endpoint's name, for which tokens are signed. With [`BridgeBuilder::resolve_cname`], the name to which the
    /// alias led when the bridge was built.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.inner.endpoint.host
    }

    /// The endpoint's port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.inner.endpoint.port
    }

    /// The default database of a session; `None` for sessions without one. With a secret, the one at the time of the
    /// build.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.inner.database.as_deref()
    }

    /// The region for which tokens are signed: that of [`Self::host`]. `None` with a password or a secret.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.inner
            .endpoint
            .region
            .as_ref()
            .map(|(region, _)| region.as_str())
    }

    /// Where the region was found; `None` with a password or a secret.
    #[must_use]
    pub fn region_source(&self) -> Option<&RegionSource> {
        let region = self.inner.endpoint.region.as_ref();
        region.map(|(_, source)| source)
    }

    /// The host to connect to: the endpoint's, unless [`BridgeBuilder::connect_to`] names another address.
    #[must_use]
    pub fn address_host(&self) -> &str {
        &self.inner.address.host
    }

    /// The port to connect to.
    #[must_use]
    pub fn address_port(&self) -> u16 {
        self.inner.address.port
    }

    /// The cause of the certificate error to expect, if the bundled roots lack those of the endpoint's region and no
    /// others were given ([`BridgeBuilder::ca_file`]). `None` if they do not, or if the region is unknown.
    #[must_use]
    pub fn missing_roots(&self) -> Option<Cause> {
        let host = self.host();
        let region = region_of_endpoint(host).or_else(|| self.region().map(str::to_owned))?;
        match self.inner.trusted {
            Trusted::Bundled => missing_roots(host, Some(&region)),
            _ => None,
        }
    }

    /// The database user. With a secret whose rotation changes the user, the one at the time of the build.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.inner.user
    }
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            endpoint,
            address,
            user,
            database,
            login,
            ..
        } = &*self.inner;
        f.debug_struct("Bridge")
            .field("endpoint", endpoint)
            .field("address", address)
            .field("user", user)
            .field("database", database)
            .field("login", login)
            .finish_non_exhaustive()
    }
}

//! The paved path: settings once, then connections.

mod address;
mod alias;
mod assemble;
mod auth;
mod builder;
pub(crate) mod causes;
pub(crate) mod connect;
pub(crate) mod deadline;
mod engine_source;
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
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::time::Instant;

use alias::Alias;
pub use alias::resolve_alias;
pub use builder::BridgeBuilder;
pub use builder::DEFAULT_PORT;
pub use engine_source::EngineSource;
pub use timeouts::Timeouts;

use crate::aws::{RegionSource, region_of_endpoint};
use crate::clock::Clock;
use crate::connection::ResultLengths;
use crate::error::{Cause, Error};
use crate::mysql::{Connection, Protocol};
use crate::net::Resolve;
use crate::protocol::ReadLimits;
pub(crate) use auth::Login;
use stages::Connecting;
use unknown_authority::missing_roots;

/// Makes connections to one endpoint as one user. Cheap to clone; make one for the process.
///
/// A token is signed for each connection and forgotten when it is logged in; a secret of Secrets Manager is kept
/// until a server refuses it. Connections share the TLS configuration, so that sessions are resumed, and what is
/// known of the length of results, so that [`Protocol::Auto`] chooses well; nothing else.
#[derive(Clone)]
pub struct Bridge {
    inner: Arc<Inner>,
}

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) endpoint: Endpoint,
    /// Where the endpoint is what a name is an alias of.
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
    /// Whether the server itself is at the other end, and no proxy.
    pub(crate) is_direct: bool,
    pub(crate) timeouts: Timeouts,
    pub(crate) trusted: Trusted,
    pub(crate) limits: ReadLimits,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) engine: Arc<dyn EngineSource>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) result_lengths: Arc<ResultLengths>,
}

/// Which authorities are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trusted {
    /// The bundled ones, and no others.
    Bundled,
    /// Those of a file, alone or beside the bundled ones.
    CaFile,
    /// The caller's own.
    Roots,
}

/// What a token is signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) region: Option<(String, RegionSource)>,
}

/// What is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Bridge {
    /// Begins with the settings; [`BridgeBuilder::endpoint`] and [`BridgeBuilder::user`] are the two that
    /// have no default, unless a secret has them.
    #[must_use]
    pub fn builder() -> BridgeBuilder {
        BridgeBuilder::new()
    }

    /// Makes a connection and logs in: credentials, a token, addresses, TCP, TLS, handshake.
    ///
    /// Then the session is prepared: character set and collation, `autocommit=1`, and read-only unless writing is
    /// allowed. To MariaDB, and to MySQL from 8.0 on at an endpoint of RDS's own name, the commands for it go with the first query in one flight; before
    /// a first statement that may write in a read-only session they take a round trip. Elsewhere, through an RDS
    /// Proxy and to MySQL 5.7 among them, each of up to three takes a round trip in this call.
    ///
    /// # Errors
    ///
    /// [`Error`] with the stage that failed, what failed there, and the likely causes.
    pub async fn connect(&self) -> Result<Connection, Error> {
        connect::connect(&self.inner, None).await
    }

    /// Begins to connect in separate stages ([`crate::stages`]). It resolves the alias of the endpoint again, if the bridge
    /// was built with [`BridgeBuilder::resolve_cname`].
    ///
    /// # Errors
    ///
    /// [`crate::Stage::Resolve`] if the alias cannot be resolved in time; [`crate::ErrorKind::Setting`] if it no longer leads
    /// to an RDS endpoint.
    pub async fn begin(&self) -> Result<Connecting, Error> {
        Connecting::begin(&self.inner, None).await
    }

    /// As [`Self::connect`]; what is under way at `end` fails with [`crate::ErrorKind::Timeout`] in its stage.
    pub(crate) async fn connect_before(&self, end: Option<Instant>) -> Result<Connection, Error> {
        connect::connect(&self.inner, end).await
    }

    /// The endpoint's name, which tokens are signed for. With [`BridgeBuilder::resolve_cname`], the name that it
    /// was an alias of when the bridge was built.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.inner.endpoint.host
    }

    /// The endpoint's port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.inner.endpoint.port
    }

    /// The region that tokens are signed for; none with a password or a secret. It is the region of
    /// [`Self::host`].
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

    /// The host that is connected to: the endpoint's, unless [`BridgeBuilder::connect_to`] names another way.
    #[must_use]
    pub fn address_host(&self) -> &str {
        &self.inner.address.host
    }

    /// The port that is connected to.
    #[must_use]
    pub fn address_port(&self) -> u16 {
        self.inner.address.port
    }

    /// The cause of the certificate error to expect, if the roots of the endpoint's region are not among the bundled ones
    /// and no others were given ([`BridgeBuilder::ca_file`]). `None` if they are, or if the region is unknown.
    #[must_use]
    pub fn missing_roots(&self) -> Option<Cause> {
        let host = self.host();
        let region = region_of_endpoint(host).or_else(|| self.region().map(str::to_owned))?;
        match self.inner.trusted {
            Trusted::Bundled => missing_roots(host, Some(&region)),
            _ => None,
        }
    }

    /// The database user. With a secret whose user changes with its rotation, the one that it had at first.
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

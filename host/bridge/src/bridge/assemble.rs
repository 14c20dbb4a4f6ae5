//! Builds a bridge from its settings: checks them, finds the region, reads the CA files and loads the component.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};

use super::address::{check_host, parse_address};
use super::alias::{Alias, resolve_alias};
use super::auth::Login;
use super::builder::{BridgeBuilder, DEFAULT_PORT};
use super::engine_source::EngineSource;
use super::timeouts::TCP_USER_TIMEOUTS;
use super::{Address, Bridge, Endpoint, Inner, Trusted};
use crate::aws::{
    self, CachedCredentials, CredentialsSource, DefaultChain, EndpointKind, RegionSource,
};
use crate::component::Engine;
use crate::error::{Error, ErrorKind, Stage};
use crate::mysql::Protocol;
use crate::protocol::ROW_LIMITS;
use crate::role::Role;
use crate::tls::{TrustAnchors, client_config};

impl BridgeBuilder {
    /// Checks the settings, finds the region, reads the CA files and loads the component. It opens no connection and
    /// loads no credentials, except to fetch a secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setting`] for a setting that is missing or wrong; [`ErrorKind::Region`];
    /// [`ErrorKind::TrustAnchors`] for a CA file that cannot be used. With a secret, also those of
    /// [`Stage::Credentials`].
    pub async fn build(self) -> Result<Bridge, Error> {
        #[cfg(feature = "secrets-manager")]
        if let Some(secret) = self.cached_secret()? {
            return self.build_with(secret).await;
        }
        self.build_as(None).await
    }

    /// Checks the settings that can be checked alone.
    fn check(&self, port: u16) -> Result<(), Error> {
        if self.user.is_empty() {
            return Err(Error::setting("user", "it is not set"));
        }
        if port == 0 {
            return Err(Error::setting(
                "port",
                "must not be 0 (MySQL's default is 3306)",
            ));
        }
        if self.role == Role::Reader && self.allow_writes {
            let problem =
                "a reader accepts no writes: ask for the writer, or leave out allow_writes";
            return Err(Error::setting("role", problem));
        }
        if !TCP_USER_TIMEOUTS.contains(&self.tcp_user_timeout) {
            let problem = "must be between 1 s and a day (86400 s)";
            return Err(Error::setting("tcp_user_timeout", problem));
        }
        if !ROW_LIMITS.contains(&self.limits.max_row_bytes) {
            let problem = "must be between 64 KiB (65536) and 1 GiB (1073741824)";
            return Err(Error::setting("max_row_bytes", problem));
        }
        match &self.collation {
            Some(collation) => check_collation(collation),
            None => Ok(()),
        }
    }

    /// The name for which the server's certificate is verified.
    fn server_name(&self, host: &str) -> Result<ServerName<'static>, Error> {
        let (setting, name) = match &self.tls_server_name {
            Some(name) => ("tls_server_name", name.as_str()),
            None => ("endpoint", host),
        };
        check_host(setting, name)?;
        ServerName::try_from(name.to_owned())
            .map_err(|_| Error::setting(setting, "it is neither a DNS name nor an IP address"))
    }

    /// How the user logs in, and the region that tokens are signed for, if they are.
    async fn login(&self, host: &str) -> Result<(Login, Option<(String, RegionSource)>), Error> {
        if let Some(password) = &self.password {
            return Ok((Login::Password(password.clone()), None));
        }
        let region = region(self.region.as_deref(), host, self.profile.as_deref()).await?;
        let source = self.credentials_source(&region.0);
        let cached = CachedCredentials::with_clock(source, Arc::clone(&self.clock));
        Ok((Login::Iam(Arc::new(cached)), Some(region)))
    }

    /// Where the AWS credentials come from. The default chain asks STS in `region`, unless the profile names another
    /// one.
    pub(super) fn credentials_source(&self, region: &str) -> CredentialsSource {
        self.credentials.clone().unwrap_or_else(|| {
            let chain = DefaultChain::new(self.profile.clone());
            CredentialsSource::from(chain.with_fallback_region(region))
        })
    }

    /// The endpoint's own host name, and the alias that led to it.
    async fn host(&self) -> Result<(String, Option<Alias>), Error> {
        check_host("endpoint", &self.endpoint)?;
        let name = self.endpoint.to_ascii_lowercase();
        if !self.resolve_cname {
            return Ok((name, None));
        }
        let host = resolve_alias(&name, &*self.resolver, self.timeouts.resolve).await?;
        let alias = Alias {
            name,
            is_connected_to: self.connect_to.is_none(),
            is_verified: self.tls_server_name.is_none(),
        };
        Ok((host, Some(alias)))
    }

    fn address(&self, host: &str, port: u16) -> Result<Address, Error> {
        match &self.connect_to {
            Some(address) => parse_address(address, port),
            None => Ok(Address {
                host: host.to_owned(),
                port,
            }),
        }
    }

    fn tls(&self, roots: Arc<RootCertStore>) -> Result<Arc<ClientConfig>, Error> {
        client_config(roots, Arc::clone(&self.clock))
            .map_err(|error| Error::new(Stage::Settings, ErrorKind::Tls(error)))
    }

    fn engine_source(&self) -> Result<Arc<dyn EngineSource>, Error> {
        if let Some(engine) = &self.engine {
            return Ok(Arc::clone(engine));
        }
        let fault = |fault| Error::new(Stage::Settings, ErrorKind::Fault(fault));
        Ok(Arc::new(Engine::new().map_err(fault)?))
    }

    fn protocol_for(&self, kind: &EndpointKind) -> Protocol {
        match (self.protocol, kind) {
            // A prepared statement would pin the connection of an RDS Proxy.
            (Protocol::Auto, EndpointKind::Proxy { .. }) => Protocol::Text,
            (protocol, _) => protocol,
        }
    }

    /// Whether the server itself is at the other end: only RDS has a certificate for such a name. At any other name, or
    /// with a certificate for another, there may be a proxy.
    fn is_direct(&self, kind: &EndpointKind) -> bool {
        let is_server = matches!(
            kind,
            EndpointKind::Instance { .. } | EndpointKind::Cluster { .. }
        );
        is_server && self.tls_server_name.is_none()
    }

    /// Builds the bridge with this login, or with the one of the settings.
    pub(super) async fn build_as(self, login: Option<Login>) -> Result<Bridge, Error> {
        let (host, alias) = self.host().await?;
        let port = self.port.unwrap_or(DEFAULT_PORT);
        self.check(port)?;
        let address = self.address(&host, port)?;
        let server_name = self.server_name(&host)?;
        let (trusted, roots) = self.trusted()?;
        let tls = self.tls(roots)?;
        let (login, region) = match login {
            Some(login) => (login, None),
            None => self.login(&host).await?,
        };
        let engine = self.engine_source()?;
        let kind = EndpointKind::of_endpoint(&host);
        let cluster = self.cluster_of(&host, &kind)?;
        Ok(Bridge {
            inner: Arc::new(Inner {
                protocol: self.protocol_for(&kind),
                is_direct: self.is_direct(&kind),
                endpoint: Endpoint { host, port, region },
                alias,
                address,
                server_name,
                user: self.user,
                database: self.database,
                attributes: self.attributes,
                login,
                allow_writes: self.allow_writes,
                collation: self.collation,
                timeouts: self.timeouts,
                trusted,
                limits: self.limits,
                tcp_user_timeout: self.tcp_user_timeout,
                role: self.role,
                cluster,
                tls,
                engine,
                clock: self.clock,
                resolver: self.resolver,
                result_lengths: Arc::default(),
                own_rate: Arc::default(),
            }),
        })
    }

    fn trusted(&self) -> Result<(Trusted, Arc<RootCertStore>), Error> {
        if let Some(roots) = &self.roots {
            if roots.is_empty() {
                let problem = "it contains no certificate: no server would be trusted";
                return Err(Error::setting("tls_roots", problem));
            }
            return Ok((Trusted::Roots, Arc::clone(roots)));
        }
        let untrusted = |error| Error::new(Stage::Settings, ErrorKind::TrustAnchors(error));
        let mut anchors = match &self.ca_file {
            Some(path) => TrustAnchors::from_ca_file(path),
            None => TrustAnchors::bundled(),
        }
        .map_err(untrusted)?;
        for path in &self.extra_ca_files {
            anchors = anchors.and_ca_file(path).map_err(untrusted)?;
        }
        let trusted = if self.ca_file.is_none() && self.extra_ca_files.is_empty() {
            Trusted::Bundled
        } else {
            Trusted::CaFile
        };
        Ok((trusted, anchors.store()))
    }
}

/// The name becomes part of a statement, so only a plain identifier is accepted.
fn check_collation(name: &str) -> Result<(), Error> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.starts_with("utf8mb4_") && name.bytes().all(is_name) {
        return Ok(());
    }
    let problem =
        format!("{name:?} is not a utf8mb4 collation; give one such as utf8mb4_0900_ai_ci");
    Err(Error::setting("collation", problem))
}

pub(super) async fn region(
    given: Option<&str>,
    host: &str,
    profile: Option<&str>,
) -> Result<(String, RegionSource), Error> {
    aws::resolve_region(given, host, profile, aws::process_variable)
        .await
        .map_err(|error| Error::new(Stage::Settings, ErrorKind::Region(error)))
}

//! The settings of a proxy and their defaults.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use rds_bridge::Bridge;
use rds_bridge::component::Engine;
use rds_bridge::error::Remedy;
use rds_bridge::pool::ConnectionRate;
use rustls::ServerConfig;

use crate::client_limit::ClientLimit;
use crate::database_user::DatabaseUser;
use crate::defaults::{
    DEFAULT_CLIENTS, DEFAULT_LOGINS, DEFAULT_LOGINS_PER_SOURCE, DEFAULT_RATE, number,
};
use crate::listen::Listener;
use crate::login_limits::{ConcurrentLogins, LoginLimits};
use crate::metrics::Counters;
use crate::proxy::Proxy;
use crate::reached_limit::ReachedLimit;
use crate::shared::{Access, Shared};
use crate::start_error::StartError;
use crate::users::ClientAuthentication;

/// The settings of a [`Proxy`].
#[derive(Debug)]
pub struct ProxyBuilder {
    bridge: Bridge,
    engine: Option<Engine>,
    listeners: Vec<Listener>,
    database: Option<String>,
    database_user: DatabaseUser,
    authentication: ClientAuthentication,
    tls: Option<Arc<ServerConfig>>,
    rate: Option<Arc<ConnectionRate>>,
    clients: ClientLimit,
    logins: ConcurrentLogins,
    login_limits: (usize, usize),
    client_timeout: Duration,
    is_read_only: bool,
    allows_local_files: bool,
    remedy_words: fn(&Remedy) -> String,
    limit_words: fn(&ReachedLimit) -> String,
}

impl Proxy {
    /// Begins with the settings. `bridge` logs in to the database.
    #[must_use]
    pub fn builder(bridge: Bridge) -> ProxyBuilder {
        ProxyBuilder::new(bridge)
    }
}

impl ProxyBuilder {
    fn new(bridge: Bridge) -> Self {
        Self {
            bridge,
            engine: None,
            listeners: Vec::new(),
            database: None,
            database_user: DatabaseUser::default(),
            authentication: ClientAuthentication::default(),
            tls: None,
            rate: None,
            clients: ClientLimit::new(number(DEFAULT_CLIENTS)),
            logins: ConcurrentLogins::default(),
            login_limits: (number(DEFAULT_LOGINS), number(DEFAULT_LOGINS_PER_SOURCE)),
            client_timeout: Duration::from_secs(8),
            is_read_only: false,
            allows_local_files: true,
            remedy_words: ToString::to_string,
            limit_words: ToString::to_string,
        }
    }

    /// Accepts clients on a listener. May be called several times.
    #[must_use]
    pub fn listen(mut self, listener: Listener) -> Self {
        self.listeners.push(listener);
        self
    }

    /// The engine that runs the component for the clients' side. Default: an engine of the proxy's own. Share one
    /// between the proxies of a process, and with it [`Self::concurrent_logins`].
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// How many clients log in at once, with a limit that several proxies can share. Default: 100, for this proxy
    /// alone.
    #[must_use]
    pub fn concurrent_logins(mut self, logins: ConcurrentLogins) -> Self {
        self.logins = logins;
        self
    }

    /// The default database of clients that name none. Default: none.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// Which database user a client becomes. Default: [`DatabaseUser::OfBridge`].
    #[must_use]
    pub fn database_user(mut self, user: DatabaseUser) -> Self {
        self.database_user = user;
        self
    }

    /// How clients are authenticated. Default: [`ClientAuthentication::Trust`].
    #[must_use]
    pub fn authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// Offers TLS to clients, and requires it on listeners that other machines can reach. Default: no TLS.
    #[must_use]
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Limits the rate of new connections to the database, and of new logins by `COM_CHANGE_USER`. A client whose turn
    /// does not come within 10 s receives error 1040. A client takes its turn when it connects, before it has sent
    /// anything, because the database's first packet is what it is greeted with. Default: 150 a second, for this proxy
    /// alone. The connections that the bridge opens by itself count in the limit of its first pool or proxy
    /// ([`Bridge::limit_own_connections`]).
    #[must_use]
    pub fn connection_rate(mut self, rate: Arc<ConnectionRate>) -> Self {
        self.rate = Some(rate);
        self
    }

    /// How many clients may be open at once; one more receives error 1040. Default: 1,000.
    #[must_use]
    pub fn max_connections(self, clients: usize) -> Self {
        self.client_limit(ClientLimit::new(clients))
    }

    /// As [`Self::max_connections`], with a limit that several proxies can share.
    #[must_use]
    pub fn client_limit(mut self, limit: ClientLimit) -> Self {
        self.clients = limit;
        self
    }

    /// How many clients of other machines may be open at once without being logged in, in all and from one source: an
    /// IPv4 address or an IPv6 network of 64 bits. One more receives error 1040. The proxies that share
    /// [`Self::concurrent_logins`] count together, and a limit in all above it has no effect. Default: 80 and 20, which
    /// leaves places to this machine, and to other sources.
    #[must_use]
    pub fn login_limits(mut self, in_all: usize, per_source: usize) -> Self {
        self.login_limits = (in_all, per_source);
        self
    }

    /// How long a client may take to send its login. Keep it below the server's `connect_timeout`, by default 10 s,
    /// which runs at the same time. Default: 8 s.
    #[must_use]
    pub fn client_timeout(mut self, limit: Duration) -> Self {
        self.client_timeout = limit;
        self
    }

    /// Makes sessions read-only: after the login, after `COM_RESET_CONNECTION` and after `COM_CHANGE_USER`. This is a
    /// guard rail: a client that writes SQL can undo it. Default: sessions may write what the database user may.
    #[must_use]
    pub fn read_only(mut self, is_read_only: bool) -> Self {
        self.is_read_only = is_read_only;
        self
    }

    /// Whether the server may request files of a client, for `LOAD DATA LOCAL`. Clients decide too, and most refuse by
    /// default. Default: `true`.
    #[must_use]
    pub fn local_files(mut self, are_allowed: bool) -> Self {
        self.allows_local_files = are_allowed;
        self
    }

    /// How remedies name settings, in the errors that clients receive. Default: by the methods of
    /// [`BridgeBuilder`](rds_bridge::BridgeBuilder).
    #[must_use]
    pub fn remedy_words(mut self, words: fn(&Remedy) -> String) -> Self {
        self.remedy_words = words;
        self
    }

    /// How a limit that a client has reached is described to it. Default: with the method of this builder.
    #[must_use]
    pub fn limit_words(mut self, words: fn(&ReachedLimit) -> String) -> Self {
        self.limit_words = words;
        self
    }

    /// Starts the proxy, in tasks of the current runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn start(self) -> Result<Proxy, StartError> {
        if self.listeners.is_empty() {
            return Err(StartError::NoListener);
        }
        let is_safe =
            self.tls.is_some() && !matches!(self.authentication, ClientAuthentication::Trust);
        let has_certificates = matches!(self.authentication, ClientAuthentication::Certificates(_));
        if has_certificates && self.tls.is_none() {
            return Err(StartError::CertificatesWithoutTls);
        }
        let is_local = self.listeners.iter().all(Listener::is_local);
        if !is_safe && !is_local {
            return Err(StartError::NotLocal);
        }
        let engine = match self.engine {
            Some(engine) => engine,
            None => Engine::new().map_err(StartError::Component)?,
        };
        let default_rate = || Arc::new(ConnectionRate::new(DEFAULT_RATE));
        let rate = self.rate.unwrap_or_else(default_rate);
        self.bridge.limit_own_connections(Arc::clone(&rate));
        let (in_all, per_source) = self.login_limits;
        let shared = Shared {
            name: format!("{}:{}", self.bridge.host(), self.bridge.port()),
            bridge: self.bridge,
            engine,
            database: self.database,
            database_user: self.database_user,
            access: RwLock::new(Access {
                authentication: Arc::new(self.authentication),
                tls: self.tls,
            }),
            is_local,
            rate,
            rate_timeout: Duration::from_secs(10),
            client_timeout: self.client_timeout,
            is_read_only: self.is_read_only,
            allows_local_files: self.allows_local_files,
            remedy_words: self.remedy_words,
            limit_words: self.limit_words,
            counters: Counters::default(),
            clients: self.clients,
            login_limits: Arc::new(LoginLimits::new(&self.logins, in_all, per_source)),
        };
        Ok(Proxy::start(shared, self.listeners))
    }
}

//! The settings of a gateway and their defaults.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rds_bridge::pool::Pool;
use rds_bridge_access::{TableName, is_loopback};
use tokio::net::TcpListener;

use crate::access::{Policy, Rules};
use crate::allowed_names::AllowedNames;
use crate::body_budget::BodyBudget;
use crate::caller::{CallerAuthentication, Gate, Usage};
use crate::connections::ConnectionLimits;
use crate::databases::{Connections, Database, DatabasePools, Databases};
use crate::execution::{Leases, Limits, SessionPolicy, Sessions};
use crate::gateway::Gateway;
use crate::metrics::Counters;
use crate::service::GatewayService;
use crate::shared::{Shared, State};
use crate::start_error::StartError;
use crate::statistics::Statistics;
use crate::tls::{Tls, TlsConfig};

/// The settings of a [`Gateway`].
#[derive(Debug)]
pub struct GatewayBuilder {
    authentication: CallerAuthentication,
    policy: Option<Policy>,
    tls: Option<TlsConfig>,
    is_behind_proxy: bool,
    connection_limits: ConnectionLimits,
    databases: Vec<Database>,
    allowed_names: AllowedNames,
    limits: Limits,
    idempotency_table: Option<String>,
    shows_statements: bool,
}

impl Gateway {
    /// Begins with the settings.
    #[must_use]
    pub fn builder(authentication: CallerAuthentication) -> GatewayBuilder {
        GatewayBuilder {
            authentication,
            policy: None,
            tls: None,
            is_behind_proxy: false,
            connection_limits: ConnectionLimits::default(),
            databases: Vec::new(),
            allowed_names: AllowedNames::default(),
            limits: Limits::default(),
            idempotency_table: None,
            shows_statements: false,
        }
    }
}

impl GatewayBuilder {
    /// Adds a database. Callers that name none reach the first one. All grants have this pool, whatever database user and
    /// access they name.
    ///
    /// Whether callers may write is a setting of the pool's bridge
    /// ([`BridgeBuilder::allow_writes`](rds_bridge::BridgeBuilder::allow_writes)): by default its sessions are read-only.
    /// This is a guard rail, because callers write SQL. The boundary is the GRANT of the database user.
    ///
    /// Each request and each session takes a connection of the pool, which limits their number.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>, pool: Pool) -> Self {
        let name = name.into();
        let connections = Connections::Pool(pool);
        self.databases.push(Database { name, connections });
        self
    }

    /// As [`Self::database`], with a pool for each database user and access that callers are granted.
    #[must_use]
    pub fn database_pools(mut self, name: impl Into<String>, pools: DatabasePools) -> Self {
        let name = name.into();
        let connections = Connections::Pools(Box::new(pools));
        self.databases.push(Database { name, connections });
        self
    }

    /// What callers may do. Default: every caller may execute any statement in every database.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Lets requests use this name for the gateway in their header `Host`, without a port. Default: `localhost` and
    /// loopback addresses.
    #[must_use]
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_names.hosts.push(name.into());
        self
    }

    /// Lets requests name the gateway by any name. Only for a gateway that no web page reaches by a name of its own,
    /// because something in front of it, such as a Function URL, accepts its own name only.
    #[must_use]
    pub fn allow_any_host(mut self) -> Self {
        self.allowed_names.any_host = true;
        self
    }

    /// Lets requests have this header `Origin`. It does not let browsers send them: the gateway has no CORS. Default:
    /// requests with the header are refused.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_names.origins.push(origin.into());
        self
    }

    /// Requires TLS, with HTTP/2 and HTTP/1.1. With it, and [`CallerAuthentication::Keys`], the listener may have an
    /// address that other machines reach. Default: no TLS.
    ///
    /// A caller is recognised by its certificate if the configuration verifies those of clients
    /// ([`WebPkiClientVerifier`](rustls::server::WebPkiClientVerifier)). Then turn the resumption of sessions off: a
    /// resumed session does not verify the certificate again. A certificate that expires authenticates no more, also on
    /// a connection that is open. [`Gateway::set_tls`] replaces the configuration.
    #[must_use]
    pub fn tls(mut self, config: impl Into<TlsConfig>) -> Self {
        self.tls = Some(config.into());
        self
    }

    /// How many connections of clients may be open. Further ones wait until one is closed. Default: 1000.
    #[must_use]
    pub fn max_client_connections(mut self, limit: usize) -> Self {
        self.connection_limits.in_all = limit;
        self
    }

    /// How many connections one source may have open: an IPv4 address, or the network of 64 bits of an IPv6 address. The
    /// gateway closes a connection beyond the limit at once. It does not limit this machine, nor a gateway behind a TLS
    /// proxy ([`Self::behind_tls_proxy`]), all of whose connections have one source. Default: 250.
    #[must_use]
    pub fn max_client_connections_per_source(mut self, limit: usize) -> Self {
        self.connection_limits.per_source = limit;
        self
    }

    /// A proxy in front of the gateway offers TLS, and is the only one that can reach the listener. With this, and
    /// [`CallerAuthentication::Keys`], the listener may have an address that other machines reach. Default: `false`.
    ///
    /// The proxy must append the client's address to `X-Forwarded-For`: by the last address there the gateway limits
    /// how fast a client can guess keys.
    #[must_use]
    pub fn behind_tls_proxy(mut self, is_behind: bool) -> Self {
        self.is_behind_proxy = is_behind;
        self
    }

    /// The largest body of a request, in bytes. Default: 16 MiB.
    #[must_use]
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.limits.body_bytes = limit;
        self
    }

    /// The most bytes of a result's rows that are held in memory: as the server sends them, and as `/v1` and
    /// `formattedRecords` write them. Where the rows are held before they are written, as for the other dialects, each
    /// row counts 64 bytes more, and each value 16. A request may need several times the memory, because the rows are
    /// also written. Default: 64 MiB.
    #[must_use]
    pub fn max_result_bytes(mut self, limit: usize) -> Self {
        self.limits.result_bytes = limit;
        self
    }

    /// How long the statements of a request may take, from the moment at which the request has a connection to the end
    /// of its result, with the time in which a client reads a stream. Then the statement is killed on the server.
    /// Default: without a limit, because a stream takes as long as its client.
    #[must_use]
    pub fn statement_timeout(mut self, limit: Duration) -> Self {
        self.limits.statement = Some(limit);
        self
    }

    /// The table `schema.table`, or `table` of the connection's database, in which `/v1` stores the keys and answers of
    /// requests with the header `Idempotency-Key`. `docs/gateway.md` has its definition. Every database needs it.
    /// Default: none, and the header is refused.
    #[must_use]
    pub fn idempotency_table(mut self, name: impl Into<String>) -> Self {
        self.idempotency_table = Some(name.into());
        self
    }

    /// Shows the texts of statements on the status page, with a question mark for each value. Default: the page shows a
    /// keyword and a hash.
    #[must_use]
    pub fn show_statements(mut self, show: bool) -> Self {
        self.shows_statements = show;
        self
    }

    /// How long a session may be idle before it ends and its transaction is rolled back. Default: 3 minutes, as that of
    /// the RDS Data API.
    #[must_use]
    pub fn session_idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.session_idle = limit;
        self
    }

    /// How long a session may exist. Default: 24 hours, as that of the RDS Data API.
    #[must_use]
    pub fn session_lifetime(mut self, limit: Duration) -> Self {
        self.limits.session_lifetime = limit;
        self
    }

    /// How many sessions may keep a connection to each database, as those with a transaction, a lock or a temporary table
    /// do. One more is refused with error 1040, or by the Data API with `ServiceUnavailableError`. Default: one less
    /// than the database's connections, and at least 1, so that other callers find one. If there is one caller only, its
    /// sessions may keep all connections.
    #[must_use]
    pub fn pinned_sessions(mut self, limit: usize) -> Self {
        self.limits.pinned_sessions = Some(limit);
        self
    }

    /// How long a gateway that drains ([`Gateway::drain`]) accepts connections in any case. Set it to the time that a
    /// load balancer takes to notice that `/ready` answers 503. Default: 0.
    #[must_use]
    pub fn drain_notice(mut self, time: Duration) -> Self {
        self.limits.drain_notice = time;
        self
    }

    /// How many requests of one session may wait for an earlier one. One more receives error 1040. Default: 16.
    #[must_use]
    pub fn queued_requests(mut self, limit: usize) -> Self {
        self.limits.queued_requests = limit;
        self
    }

    /// Serves `listener`, in tasks of the current runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn start(self, listener: TcpListener) -> Result<Gateway, StartError> {
        let address = listener.local_addr().map_err(StartError::Listener)?;
        let is_local = is_loopback(address.ip());
        let is_encrypted = self.tls.is_some() || self.is_behind_proxy;
        let is_authenticated = matches!(self.authentication, CallerAuthentication::Keys(_));
        if !(is_local || is_encrypted && is_authenticated) {
            return Err(StartError::NotLocal);
        }
        let tls = self.tls.clone().map(|config| Arc::new(Tls::new(config)));
        let limits = ConnectionLimits {
            is_behind_proxy: self.is_behind_proxy,
            ..self.connection_limits
        };
        Ok(Gateway::start(
            self.build()?,
            listener,
            address,
            tls,
            limits,
        ))
    }

    /// A gateway without a listener, for a program that receives requests in its own way, such as a function of AWS
    /// Lambda. It keeps no sessions, because another process may receive the next request: what needs one is refused,
    /// with an error that says what to use instead.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub fn service(mut self) -> Result<GatewayService, StartError> {
        self.limits.sessions = SessionPolicy::Refused;
        self.build()
    }

    fn build(self) -> Result<GatewayService, StartError> {
        let idempotency_table = self.idempotency_table.map(|name| {
            let table = TableName::read(&name);
            table.ok_or(StartError::IdempotencyTable(name))
        });
        let counters = Arc::<Counters>::default();
        let leases = Arc::new(Leases::new(Arc::clone(&counters)));
        let databases = databases(self.databases)?;
        let names = databases.iter().map(|it| it.name.as_str());
        let policy = self.policy.unwrap_or_else(|| Policy::everything(names));
        let rules = Rules {
            authentication: self.authentication,
            policy,
        };
        Ok(GatewayService::new(Shared::new(State {
            databases,
            rules: ArcSwap::from_pointee(rules),
            gate: Gate::new(self.is_behind_proxy),
            usage: Usage::default(),
            sessions: Sessions::new(self.limits, Arc::clone(&leases))?,
            leases,
            allowed_names: self.allowed_names,
            limits: self.limits,
            body_budget: BodyBudget::new(self.limits.body_bytes),
            idempotency_table: idempotency_table.transpose()?,
            counters,
            statistics: Statistics::new(self.shows_statements),
        })))
    }
}

fn databases(databases: Vec<Database>) -> Result<Databases, StartError> {
    let mut given = databases.into_iter();
    let first = given.next().ok_or(StartError::NoDatabase)?;
    let mut databases = Databases {
        first,
        others: Vec::new(),
    };
    for database in given {
        if databases.named(&database.name).is_some() {
            return Err(StartError::RepeatedDatabase(database.name));
        }
        databases.others.push(database);
    }
    Ok(databases)
}

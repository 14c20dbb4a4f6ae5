//! [`Gateway`]: accepts connections, and ends in order.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rds_bridge::Error;
use rds_bridge_access::is_loopback;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::warn;

use crate::access::{Policy, Rules};
use crate::caller::CallerAuthentication;
use crate::connections::{ConnectionLimits, accept};
use crate::metrics::GatewayMetrics;
use crate::service::GatewayService;
use crate::shared::Shared;
use crate::start_error::StartError;
use crate::tls::{Tls, TlsConfig};

/// How often expired sessions are searched for.
const SESSION_CHECK: Duration = Duration::from_secs(1);

/// How long the server may take to answer the kills of requests that are given up.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// A running gateway.
///
/// Dropping it closes its listener and all connections at once; [`Self::drain`] lets requests finish.
pub struct Gateway {
    shared: Shared,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    draining: watch::Sender<bool>,
    accepting: JoinSet<()>,
    _expiry: JoinSet<()>,
}

impl Gateway {
    pub(crate) fn start(
        service: GatewayService,
        listener: TcpListener,
        address: SocketAddr,
        tls: Option<Arc<Tls>>,
        limits: ConnectionLimits,
    ) -> Self {
        let GatewayService { shared, routes } = service;
        let (draining, is_draining) = watch::channel(false);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, tls.clone(), routes, is_draining, limits));
        let mut expiry = JoinSet::new();
        expiry.spawn(end_expired(shared.clone()));
        Self {
            shared,
            address,
            tls,
            draining,
            accepting,
            _expiry: expiry,
        }
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As [`Self::set_access`], without a change of what callers may do.
    ///
    /// # Errors
    ///
    /// As [`Self::set_access`].
    pub fn set_authentication(
        &self,
        authentication: CallerAuthentication,
    ) -> Result<(), StartError> {
        let policy = self.shared.rules().policy.clone();
        self.set_access(authentication, policy)
    }

    /// Replaces the configuration of TLS, for connections from now on: those that are open keep theirs. A certificate of a
    /// client authenticates on an open connection if the new verifier accepts it
    /// ([`TlsConfig::client_verifier`]); if not, the gateway closes the connection after the next response. It has no
    /// effect on a gateway without TLS.
    pub fn set_tls(&self, config: impl Into<TlsConfig>) {
        if let Some(tls) = &self.tls {
            tls.set(config.into());
        }
    }

    /// The current numbers.
    #[must_use]
    pub fn metrics(&self) -> GatewayMetrics {
        self.shared.metrics()
    }

    /// Replaces who may call, and what callers may do, for requests that arrive from now on. A request that is being
    /// answered goes on; the next request of a session is judged anew. The keys of issuers that stay the same are not
    /// fetched again.
    ///
    /// # Errors
    ///
    /// [`StartError::NotLocal`], if other machines can reach the listener and `authentication` trusts every caller.
    /// Nothing is changed then.
    pub fn set_access(
        &self,
        authentication: CallerAuthentication,
        policy: Policy,
    ) -> Result<(), StartError> {
        let is_trusting = matches!(authentication, CallerAuthentication::TrustLoopback);
        if is_trusting && !is_loopback(self.address.ip()) {
            return Err(StartError::NotLocal);
        }
        self.shared.set_rules(Rules {
            authentication,
            policy,
        });
        Ok(())
    }

    /// What health checks ask. It outlives the gateway.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            shared: self.shared.clone(),
            draining: self.draining.subscribe(),
        }
    }

    /// Ends the gateway in order, within `limit`: `/ready` answers 503, and no session begins any more. The gateway
    /// answers requests until the last transaction has ended. Then it accepts no more connections, and lets the requests
    /// that are being answered finish.
    ///
    /// At the limit it ends all sessions, whose transactions the server rolls back. It kills the statements of requests
    /// that it gives up, and waits for the server's answers for up to 5 seconds. Returns the number of these requests.
    pub async fn drain(mut self, limit: Duration) -> u64 {
        self.shared.sessions.refuse_new();
        let closing = async {
            sleep(self.shared.limits.drain_notice).await;
            self.shared.sessions.transactions_ended().await;
            // Fails only if no task is left.
            let _told = self.draining.send(true);
            self.accepting.join_next().await
        };
        let finished = timeout(limit, closing).await;
        let open = match finished {
            Ok(_) => 0,
            Err(_) => self.shared.metrics().open_requests,
        };
        self.accepting.shutdown().await;
        self.shared.sessions.end_all();
        if timeout(KILL_LIMIT, self.shared.leases.ended())
            .await
            .is_err()
        {
            warn!(
                "statements may still be running: the server did not confirm that it killed them"
            );
        }
        open
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("address", &self.address)
            .field("databases", &self.shared.databases)
            .finish_non_exhaustive()
    }
}

/// Whether a gateway would answer another request. Cheap to clone; it outlives the gateway.
#[derive(Clone)]
pub struct Health {
    shared: Shared,
    draining: watch::Receiver<bool>,
}

impl Health {
    /// The current numbers.
    #[must_use]
    pub fn metrics(&self) -> GatewayMetrics {
        self.shared.metrics()
    }

    /// Borrows a connection to each database that is granted to a caller, as a request does.
    ///
    /// # Errors
    ///
    /// The name of the first database that has none, and why.
    pub async fn check(&self) -> Result<(), (String, Error)> {
        for database in self.shared.databases.iter() {
            let name = &database.name;
            let rules = self.shared.rules();
            // A database that is granted to no caller needs no connection.
            let Some(key) = rules.policy.first_key(name) else {
                continue;
            };
            let pool = database.pool(key).await;
            let pool = pool.map_err(|error| (name.clone(), error))?;
            let checked = pool.get().await;
            checked.map_err(|error| (name.clone(), error.into()))?;
        }
        Ok(())
    }

    /// What the gateway's requests share.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Whether the gateway drains, or has ended.
    pub(crate) fn is_draining(&self) -> bool {
        self.shared.sessions.refuses_new() || self.draining.has_changed().is_err()
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

async fn end_expired(shared: Shared) {
    let mut ticks = interval(SESSION_CHECK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        shared.sessions.end_expired();
    }
}

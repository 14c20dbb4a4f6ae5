//! What all sessions of a proxy share.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rds_bridge::Bridge;
use rds_bridge::component::Engine;
use rds_bridge::error::Remedy;
use rds_bridge::pool::ConnectionRate;
use rustls::ServerConfig;

use crate::client_limit::ClientLimit;
use crate::database_user::DatabaseUser;
use crate::login_limits::LoginLimits;
use crate::metrics::{Counters, ProxyMetrics};
use crate::reached_limit::ReachedLimit;
use crate::users::ClientAuthentication;

/// What all sessions of a proxy share.
pub(crate) struct Shared {
    /// The endpoint's name and port.
    pub(crate) name: String,
    pub(crate) bridge: Bridge,
    pub(crate) engine: Engine,
    pub(crate) database: Option<String>,
    pub(crate) database_user: DatabaseUser,
    /// What can change while the proxy runs.
    pub(crate) access: RwLock<Access>,
    pub(crate) rate: Arc<ConnectionRate>,
    pub(crate) rate_timeout: Duration,
    pub(crate) client_timeout: Duration,
    pub(crate) is_read_only: bool,
    pub(crate) allows_local_files: bool,
    /// Whether only this machine can reach the listeners.
    pub(crate) is_local: bool,
    pub(crate) remedy_words: fn(&Remedy) -> String,
    pub(crate) limit_words: fn(&ReachedLimit) -> String,
    pub(crate) counters: Counters,
    pub(crate) clients: ClientLimit,
    /// The limits on clients of other machines that are not logged in, and the places of all that log in.
    pub(crate) login_limits: Arc<LoginLimits>,
}

/// How clients are authenticated, and the certificate for TLS with them.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) authentication: Arc<ClientAuthentication>,
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

impl Shared {
    pub(crate) fn metrics(&self) -> ProxyMetrics {
        let mut metrics = self.counters.read();
        metrics.logging_in = self.login_limits.count();
        metrics
    }

    pub(crate) fn access(&self) -> Access {
        let access = self.access.read();
        access.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

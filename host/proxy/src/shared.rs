//! What all sessions of a proxy share.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rds_bridge::Bridge;
use rds_bridge::component::Engine;
use rds_bridge::error::Remedy;
use rds_bridge::pool::ConnectionRate;
use rustls::ServerConfig;
use tokio::sync::Semaphore;

use crate::metrics::Counters;
use crate::users::{ClientAuthentication, DatabaseUser};

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
    pub(crate) max_connections: usize,
    /// Whether only this machine can reach the listeners.
    pub(crate) is_local: bool,
    pub(crate) remedy_words: fn(&Remedy) -> String,
    pub(crate) counters: Counters,
    /// A permit for each client that may be open.
    pub(crate) clients: Arc<Semaphore>,
    /// A permit for each client that logs in. Each of them uses two instances of the component.
    pub(crate) logins: Semaphore,
}

/// How clients are authenticated, and the certificate for TLS with them.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) authentication: Arc<ClientAuthentication>,
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

impl Shared {
    pub(crate) fn access(&self) -> Access {
        let access = self.access.read();
        access.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

//! [`Proxy`]: accepts clients, and ends in order.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rds_bridge::Error;
use rustls::ServerConfig;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::client::refuse_at_once;
#[cfg(unix)]
use crate::listen::SocketFile;
use crate::listen::{ACCEPT_PAUSE, Listener, Origin};
use crate::login_limits::Reached;
use crate::metrics::ProxyMetrics;
use crate::reached_limit::ReachedLimit;
use crate::refusal::Refusal;
use crate::session::Session;
use crate::shared::{Access, Shared};
use crate::socket::Socket;
use crate::start_error::StartError;
use crate::users::ClientAuthentication;

/// A running proxy to one database.
///
/// Dropping it closes its listeners and all clients at once; [`Self::drain`] lets clients finish.
pub struct Proxy {
    shared: Arc<Shared>,
    draining: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// Removed when the proxy ends, and not when its tasks do: the process may end before.
    #[cfg(unix)]
    socket_files: Vec<SocketFile>,
}

impl Proxy {
    /// Starts to accept clients on each listener, in tasks of the current runtime.
    pub(crate) fn start(shared: Shared, listeners: Vec<Listener>) -> Self {
        #[cfg(unix)]
        let mut listeners = listeners;
        #[cfg(unix)]
        let socket_files = listeners.iter_mut().filter_map(Listener::take_file);
        #[cfg(unix)]
        let socket_files = socket_files.collect();
        let shared = Arc::new(shared);
        let (draining, is_draining) = watch::channel(false);
        let following = follow(Arc::clone(&shared), is_draining.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(following);
        for listener in listeners {
            tasks.spawn(accept(Arc::clone(&shared), listener, is_draining.clone()));
        }
        Self {
            shared,
            draining,
            tasks,
            #[cfg(unix)]
            socket_files,
        }
    }

    /// The current numbers.
    #[must_use]
    pub fn metrics(&self) -> ProxyMetrics {
        self.shared.metrics()
    }

    /// Replaces how clients are authenticated, for clients that connect from now on.
    ///
    /// # Errors
    ///
    /// [`StartError::NotLocal`], if other machines can reach a listener and this would let them in without
    /// authentication; [`StartError::CertificatesWithoutTls`].
    pub fn set_authentication(
        &self,
        authentication: ClientAuthentication,
    ) -> Result<(), StartError> {
        if !self.shared.is_local && matches!(authentication, ClientAuthentication::Trust) {
            return Err(StartError::NotLocal);
        }
        let has_certificates = matches!(authentication, ClientAuthentication::Certificates(_));
        if has_certificates && self.shared.access().tls.is_none() {
            return Err(StartError::CertificatesWithoutTls);
        }
        self.change(|access| access.authentication = Arc::new(authentication));
        Ok(())
    }

    /// Replaces the certificate for TLS with clients, for clients that connect from now on.
    pub fn set_tls(&self, config: Arc<ServerConfig>) {
        self.change(|access| access.tls = Some(config));
    }

    fn change(&self, change: impl FnOnce(&mut Access)) {
        let access = self.shared.access.write();
        change(&mut access.unwrap_or_else(PoisonError::into_inner));
    }

    /// What tells whether clients would be served.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            shared: Arc::clone(&self.shared),
            draining: self.draining.subscribe(),
        }
    }

    /// Stops accepting, closes each client once it is idle, and after `limit` those that remain. Returns how many were
    /// open then. A client is idle if the database has answered all its commands and no transaction is open.
    ///
    /// Accepting stops, and the files of Unix sockets are removed, before the future is polled.
    pub fn drain(mut self, limit: Duration) -> impl Future<Output = u64> + Send + use<> {
        self.draining.send_replace(true);
        #[cfg(unix)]
        self.socket_files.clear();
        async move {
            let all = async { while self.tasks.join_next().await.is_some() {} };
            let is_done = timeout(limit, all).await.is_ok();
            match is_done {
                true => 0,
                false => self.shared.counters.open.load(Ordering::Relaxed),
            }
        }
    }
}

/// Tells whether a proxy would serve another client. Cheap to clone; it outlives the proxy.
#[derive(Clone)]
pub struct Health {
    shared: Arc<Shared>,
    draining: watch::Receiver<bool>,
}

impl Health {
    /// The endpoint's name and port.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// The current numbers.
    #[must_use]
    pub fn metrics(&self) -> ProxyMetrics {
        self.shared.metrics()
    }

    /// Connects to the database and logs in, as for a client, then disconnects.
    ///
    /// # Errors
    ///
    /// As [`Bridge::connect`](rds_bridge::Bridge::connect).
    pub async fn check(&self) -> Result<(), Error> {
        self.shared.rate.wait().await;
        self.shared.bridge.connect().await.map(drop)
    }

    /// Why another client would be refused, without asking the database.
    pub(crate) fn refuses(&self) -> Option<String> {
        let shared = &self.shared;
        if *self.draining.borrow() || self.draining.has_changed().is_err() {
            return Some(format!("{}: the proxy is draining", shared.name));
        }
        let limit = shared.clients.limit();
        let is_full = shared.clients.is_reached();
        is_full.then(|| {
            format!(
                "{}: the limit of {limit} connections is reached",
                shared.name
            )
        })
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("name", &self.shared.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("bridge", &self.shared.bridge)
            .finish_non_exhaustive()
    }
}

/// Follows the cluster of the database until the proxy drains.
async fn follow(shared: Arc<Shared>, mut draining: watch::Receiver<bool>) {
    tokio::select! {
        () = shared.bridge.follow_topology() => {}
        _ = draining.wait_for(|is_draining| *is_draining) => {}
    }
}

/// Accepts clients until the proxy drains, then waits for those that it has accepted.
async fn accept(shared: Arc<Shared>, listener: Listener, mut draining: watch::Receiver<bool>) {
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_ended) = clients.join_next() => continue,
            _ = draining.wait_for(|is_draining| *is_draining) => break,
        };
        match accepted {
            Ok((socket, origin)) => {
                let serving = serve(
                    Arc::clone(&shared),
                    socket,
                    origin,
                    listener.is_local(),
                    draining.clone(),
                );
                clients.spawn(serving);
            }
            Err(error) => {
                warn!(%error, "cannot accept a client");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // No client connects to a listener that nothing accepts from.
    drop(listener);
    while clients.join_next().await.is_some() {}
}

async fn serve(
    shared: Arc<Shared>,
    socket: Socket,
    origin: Origin,
    is_local: bool,
    draining: watch::Receiver<bool>,
) {
    let counters = &shared.counters;
    counters.accepted.fetch_add(1, Ordering::Relaxed);
    let logging_in = match (&origin, is_local) {
        (Origin::Tcp(address), false) => match shared.login_limits.enter(address.ip()) {
            Ok(logging_in) => Some(logging_in),
            Err(reached) => return refuse_login(&shared, socket, &origin, reached).await,
        },
        _ => None,
    };
    let Some(_place) = shared.clients.enter() else {
        counters.refused.fetch_add(1, Ordering::Relaxed);
        let limit = shared.clients.limit();
        info!(%origin, limit, "refused: too many clients");
        let message = (shared.limit_words)(&ReachedLimit::Clients(limit));
        let refusal = Refusal::too_many_connections(message);
        refuse_at_once(&shared.engine, socket, &refusal).await;
        return;
    };
    let _open = Open::count(&counters.open);
    let session = Session {
        access: shared.access(),
        shared: Arc::clone(&shared),
        origin,
        is_local,
        logging_in,
    };
    session.run(socket, draining).await;
}

/// Refuses a client of another machine, because too many are not logged in.
async fn refuse_login(shared: &Shared, socket: Socket, origin: &Origin, reached: Reached) {
    let counters = &shared.counters;
    counters.refused.fetch_add(1, Ordering::Relaxed);
    counters.refused_logins.fetch_add(1, Ordering::Relaxed);
    info!(%origin, ?reached, "refused: too many clients have not logged in yet");
    let message = (shared.limit_words)(&reached.into());
    let refusal = Refusal::too_many_connections(message);
    refuse_at_once(&shared.engine, socket, &refusal).await;
}

/// Counts a client while it is open, also if its task is aborted.
struct Open<'a>(&'a AtomicU64);

impl<'a> Open<'a> {
    fn count(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

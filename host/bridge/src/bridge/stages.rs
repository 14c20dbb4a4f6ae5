//! Connecting to a database in separate stages.
//!
//! [`Bridge::connect`](crate::Bridge::connect) runs these stages in this order, and starts again from
//! [`Resolved::connect`] if a server refuses the login and newer credentials can be had. Run them yourself to observe
//! them, to time them, or to stop between two of them.
//!
//! ```no_run
//! # async fn stages(bridge: rds_bridge::Bridge) -> Result<(), rds_bridge::Error> {
//! let ready = bridge.begin().await?.load_credentials().await?;
//! let resolved = ready.resolve().await?;
//! println!("{:?}", resolved.addresses());
//! let greeted = resolved.connect().await?.read_initial_handshake().await?;
//! let established = greeted.start_tls().await?;
//! println!("{:?}", established.tls().protocol_version());
//! let connection = established.log_in().await?.set_up().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Each stage is an `async` method that consumes the value of the stage before it. [`Timeouts`](crate::Timeouts) limits
//! each of them. `Timeouts::whole` limits all of them together: it counts from the return of
//! [`Bridge::begin`](crate::Bridge::begin), and includes the time between two stages. Dropping a value closes the
//! connection that it holds. Every error has the likely causes that `Bridge::connect` would give.
//!
//! Any stage that runs the component may also fail in [`Stage::Settings`], if the component cannot be loaded.

mod login;
mod raw;
mod raw_role;
mod raw_watch;
#[cfg(feature = "secrets-manager")]
mod secret;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::{Instrument, debug_span};

use super::auth::Authenticator;
use super::connect::STAGES;
use super::deadline::{Deadline, within};
use super::{Address, Inner, causes};
use crate::aws::Credentials;
use crate::component::{AuthToken, Engine};
use crate::error::{Error, ErrorKind, Stage};
use crate::net;
pub use login::{LoggedIn, TlsEstablished};
pub use raw::{RawConnection, RequestedSession};
pub use raw_watch::WriterWatch;
#[cfg(feature = "secrets-manager")]
pub use secret::{SecretCredentialsReady, SecretFetched, SecretNamed};
pub use tls::{InitialHandshakeReceived, TcpConnected};

/// What all stages of one attempt to connect share.
#[derive(Clone)]
struct Attempt {
    /// The bridge as the user that logs in: the client of a proxy may have requested another one than its own.
    bridge: Arc<Inner>,
    /// The bridge as its own user.
    own: Arc<Inner>,
    deadline: Deadline,
    /// [`Cluster::moves`](super::cluster::Cluster::moves) when the attempt began.
    moves: u64,
}

impl Attempt {
    /// Adds the likely causes to the error of a stage.
    fn explain<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| causes::attach(error, &self.bridge))
    }

    fn engine(&self) -> Result<Engine, Error> {
        let engine = self.bridge.engine.engine();
        engine.map_err(|fault| Error::new(Stage::Settings, ErrorKind::Fault(fault)))
    }
}

/// An attempt to connect, before its first stage.
#[must_use]
pub struct Connecting {
    attempt: Attempt,
}

impl Connecting {
    /// Looks up the endpoint, if it was given by an alias.
    pub(super) async fn begin(bridge: &Arc<Inner>, end: Option<Instant>) -> Result<Self, Error> {
        let Some(alias) = &bridge.alias else {
            return Ok(Self::without_lookup(bridge, end));
        };
        let deadline = Deadline::from_timeouts(&bridge.timeouts).no_later_than(end);
        let current = bridge.with_current_endpoint(alias);
        let current = deadline.whole(Stage::Resolve, current).await?;
        Ok(Self::without_lookup(&current, end))
    }

    /// Keeps the endpoint that the bridge has.
    pub(super) fn without_lookup(bridge: &Arc<Inner>, end: Option<Instant>) -> Self {
        let deadline = Deadline::from_timeouts(&bridge.timeouts).no_later_than(end);
        Self {
            attempt: Attempt {
                bridge: Arc::clone(bridge),
                own: Arc::clone(bridge),
                deadline,
                moves: bridge.moves(),
            },
        }
    }

    pub(super) fn bridge(&self) -> &Arc<Inner> {
        &self.attempt.bridge
    }

    /// Loads what the user logs in with: AWS credentials, a password, or a secret of Secrets Manager.
    ///
    /// # Errors
    ///
    /// [`Stage::Credentials`].
    pub async fn load_credentials(self) -> Result<CredentialsReady, Error> {
        let attempt = self.attempt;
        let loading = attempt.bridge.authenticator();
        let loading = loading.instrument(debug_span!(target: STAGES, "credentials"));
        let loaded = attempt.deadline.whole(Stage::Credentials, loading).await;
        let authenticator = Arc::new(attempt.explain(loaded)?);
        Ok(CredentialsReady {
            attempt,
            authenticator,
        })
    }
}

/// The AWS credentials, the password or the secret is loaded.
#[derive(Clone)]
#[must_use]
pub struct CredentialsReady {
    attempt: Attempt,
    authenticator: Arc<Authenticator>,
}

impl CredentialsReady {
    /// The database user that will log in. A secret may name another user after its rotation.
    #[must_use]
    pub fn user(&self) -> &str {
        self.attempt.bridge.user_with(&self.authenticator)
    }

    /// The AWS credentials that sign tokens; `None` if the user logs in with a password.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        match &*self.authenticator {
            Authenticator::Credentials(credentials) => Some(credentials),
            _ => None,
        }
    }

    /// Signs a token to show or to check. It is not the token that logs in: [`InitialHandshakeReceived::start_tls`]
    /// signs that one. `None` if the user logs in with a password.
    ///
    /// # Errors
    ///
    /// [`Stage::Token`]; [`Stage::Settings`] if the clock is before 1970.
    pub fn token(&self) -> Result<Option<AuthToken>, Error> {
        let Some(credentials) = self.credentials() else {
            return Ok(None);
        };
        let bridge = &self.attempt.bridge;
        let token = bridge.token(credentials, &mut bridge.instance()?)?;
        Ok(Some(token))
    }

    /// Resolves the host to addresses: the endpoint, or the one that
    /// [`BridgeBuilder::connect_to`](crate::BridgeBuilder::connect_to) names.
    ///
    /// # Errors
    ///
    /// [`Stage::Resolve`].
    pub async fn resolve(self) -> Result<Resolved, Error> {
        let Attempt {
            bridge, deadline, ..
        } = &self.attempt;
        let addresses = deadline.whole(Stage::Resolve, resolve(bridge)).await;
        let addresses = self.attempt.explain(addresses)?;
        Ok(self.with_addresses(addresses))
    }

    pub(super) fn with_addresses(self, addresses: Vec<SocketAddr>) -> Resolved {
        Resolved {
            ready: self,
            addresses: addresses.into(),
        }
    }
}

/// The host is resolved.
#[derive(Clone)]
#[must_use]
pub struct Resolved {
    ready: CredentialsReady,
    addresses: Arc<[SocketAddr]>,
}

impl Resolved {
    /// The addresses in the order in which they are tried; at least one.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub(super) fn user(&self) -> &str {
        self.ready.user()
    }

    /// Waits for the turn of another attempt.
    pub(super) async fn second_turn(&self) -> Result<(), Error> {
        let attempt = &self.ready.attempt;
        attempt.bridge.second_turn(attempt.deadline).await
    }

    /// Connects to the first address that accepts the connection.
    ///
    /// # Errors
    ///
    /// [`Stage::Connect`]; [`Stage::Token`] if no address accepts and no token can be signed either.
    pub async fn connect(self) -> Result<TcpConnected, Error> {
        let CredentialsReady {
            attempt,
            authenticator,
        } = &self.ready;
        // The command loads the component while the server accepts the connection and writes its greeting.
        let connecting = tcp(attempt, &self.addresses);
        let connected = tokio::try_join!(connecting, async { attempt.engine() });
        match attempt.explain(connected) {
            Ok((tcp, _)) => Ok(TcpConnected {
                ready: self.ready,
                tcp,
            }),
            // A signing error is more useful than a connect error, so check for it first.
            Err(error) if error.stage() == Stage::Connect => {
                if let Ok(mut instance) = attempt.bridge.instance() {
                    attempt.bridge.auth(authenticator, &mut instance)?;
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Replaces the credentials or the secret after [`TlsEstablished::log_in`] was refused, if newer ones can be had:
    /// clone the value before [`Self::connect`], and connect again with what this returns.
    ///
    /// # Errors
    ///
    /// The refusal, if it is not about the credentials or if there are no newer ones. With a secret, its causes then
    /// say whether the secret has changed.
    pub async fn reload_credentials(self, refusal: Error) -> Result<Self, Error> {
        let CredentialsReady {
            attempt,
            authenticator,
        } = self.ready;
        let newer = attempt.bridge.newer_authenticator(&authenticator, refusal);
        let newer = attempt.deadline.whole(Stage::Credentials, newer).await;
        let authenticator = Arc::new(attempt.explain(newer)?);
        Ok(Self {
            ready: CredentialsReady {
                attempt,
                authenticator,
            },
            addresses: self.addresses,
        })
    }
}

async fn resolve(bridge: &Inner) -> Result<Vec<SocketAddr>, Error> {
    let Address { host, port } = &bridge.address;
    let limit = bridge.timeouts.resolve;
    let unresolved = |source| {
        let host = host.clone();
        Error::new(Stage::Resolve, ErrorKind::Resolve { host, source })
    };
    let resolving = async {
        let addresses = bridge.resolver.resolve(host, *port).await;
        addresses.map_err(unresolved)
    };
    let addresses = within(Stage::Resolve, limit, resolving)
        .instrument(debug_span!(target: STAGES, "resolve", host))
        .await?;
    if addresses.is_empty() {
        return Err(unresolved(std::io::Error::other("the name has no address")));
    }
    Ok(addresses)
}

async fn tcp(attempt: &Attempt, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let Attempt {
        bridge, deadline, ..
    } = attempt;
    net::connect(
        addresses,
        bridge.timeouts.connect,
        deadline.at(),
        bridge.tcp_user_timeout,
    )
    .instrument(debug_span!(target: STAGES, "tcp"))
    .await
    .map_err(|attempts| deadline.or(Stage::Connect, ErrorKind::Connect(attempts)))
}

// Shows only the names: the fields contain secrets.
macro_rules! debug {
    ($($stage:ty),*) => {$(
        impl fmt::Debug for $stage {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($stage)).finish_non_exhaustive()
            }
        }
    )*};
}

debug!(
    Connecting,
    CredentialsReady, Resolved, TcpConnected, InitialHandshakeReceived, TlsEstablished, LoggedIn
);

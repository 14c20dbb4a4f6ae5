//! The way to a session, stage by stage. [`Bridge::connect`](crate::Bridge::connect) takes them in this order, each
//! once; who wants to see them, to time them or to stop between two of them takes them one by one.
//!
//! ```no_run
//! # async fn stages(bridge: rds_bridge::Bridge) -> Result<(), rds_bridge::Error> {
//! let proven = bridge.begin().await?.credentials().await?;
//! let resolved = proven.resolve().await?;
//! println!("{:?}", resolved.addresses());
//! let secured = resolved.connect().await?.start_tls().await?;
//! println!("{:?}", secured.tls().protocol_version());
//! let connection = secured.log_in().await?.set_up().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A stage is an `async` method that consumes what the stage before it gave. It ends in the time that
//! [`Timeouts`](crate::Timeouts) give it; the limit for all of them together runs from [`Bridge::begin`](crate::Bridge::begin)
//! on, pauses between them included. A value that is dropped closes what it holds.

mod login;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::{Instrument, debug_span};

use super::auth::Proof;
use super::connect::STAGES;
use super::deadline::{Deadline, within};
use super::{Address, Inner, causes};
use crate::aws::Credentials;
use crate::error::{Error, ErrorKind, Stage};
use crate::guest::{AuthToken, Engine};
use crate::net;
pub use login::{LoggedIn, Secured};
pub use tls::Reached;

/// What all stages of a connection share.
#[derive(Clone)]
struct Way {
    bridge: Arc<Inner>,
    deadline: Deadline,
}

impl Way {
    /// An error of a stage that somebody takes alone, with its likely causes.
    fn explain<T>(&self, done: Result<T, Error>) -> Result<T, Error> {
        done.map_err(|error| causes::attach(error, &self.bridge))
    }

    fn engine(&self) -> Result<Engine, Error> {
        let engine = self.bridge.engine.get();
        engine.map_err(|fault| Error::new(Stage::Settings, ErrorKind::Fault(fault)))
    }
}

/// The way to a session, before its first stage.
pub struct Connecting {
    way: Way,
}

impl Connecting {
    /// Looks the endpoint up where it was given by an alias.
    pub(super) async fn begin(bridge: &Arc<Inner>, end: Option<Instant>) -> Result<Self, Error> {
        let Some(alias) = &bridge.alias else {
            return Ok(Self::to_the_same(bridge, end));
        };
        let deadline = Deadline::of(&bridge.timeouts).no_later_than(end);
        let current = bridge.with_current_endpoint(alias);
        let current = deadline.whole(Stage::Resolve, current).await?;
        Ok(Self::to_the_same(&current, end))
    }

    /// Whatever the alias leads to by now.
    pub(super) fn to_the_same(bridge: &Arc<Inner>, end: Option<Instant>) -> Self {
        let deadline = Deadline::of(&bridge.timeouts).no_later_than(end);
        let bridge = Arc::clone(bridge);
        Self {
            way: Way { bridge, deadline },
        }
    }

    pub(super) fn bridge(&self) -> &Arc<Inner> {
        &self.way.bridge
    }

    /// Finds what to log in with: AWS credentials, a password, or a secret of Secrets Manager.
    ///
    /// # Errors
    ///
    /// Of [`Stage::Credentials`].
    pub async fn credentials(self) -> Result<Proven, Error> {
        let way = self.way.clone();
        way.explain(self.find_credentials().await)
    }

    pub(super) async fn find_credentials(self) -> Result<Proven, Error> {
        let Way { bridge, deadline } = &self.way;
        let proof = bridge
            .proof()
            .instrument(debug_span!(target: STAGES, "credentials"));
        let proof = deadline.whole(Stage::Credentials, proof).await?;
        Ok(Proven {
            way: self.way,
            proof: Arc::new(proof),
        })
    }
}

/// The user can be proved: the credentials, the password or the secret is at hand.
#[derive(Clone)]
pub struct Proven {
    way: Way,
    proof: Arc<Proof>,
}

impl Proven {
    /// Who will log in. A secret may name another user after its rotation.
    #[must_use]
    pub fn user(&self) -> &str {
        self.way.bridge.user_with(&self.proof)
    }

    /// What tokens are signed with; none where a password proves the user.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        match &*self.proof {
            Proof::Credentials(credentials) => Some(credentials),
            _ => None,
        }
    }

    /// Signs a token, to look at: each connection signs one of its own when it needs it. None where a password proves
    /// the user.
    ///
    /// # Errors
    ///
    /// Of [`Stage::Token`].
    pub fn token(&self) -> Result<Option<AuthToken>, Error> {
        let Some(credentials) = self.credentials() else {
            return Ok(None);
        };
        let bridge = &self.way.bridge;
        let token = bridge.token(credentials, &mut bridge.guest()?)?;
        Ok(Some(token))
    }

    /// Looks up the addresses of the server, or of what leads to it.
    ///
    /// # Errors
    ///
    /// Of [`Stage::Resolve`].
    pub async fn resolve(self) -> Result<Resolved, Error> {
        let way = self.way.clone();
        way.explain(self.look_up().await)
    }

    pub(super) async fn look_up(self) -> Result<Resolved, Error> {
        let Way { bridge, deadline } = &self.way;
        let addresses = deadline.whole(Stage::Resolve, resolve(bridge)).await?;
        Ok(self.at(addresses))
    }

    /// At addresses that are known.
    pub(super) fn at(self, addresses: Vec<SocketAddr>) -> Resolved {
        Resolved {
            proven: self,
            addresses: addresses.into(),
        }
    }
}

/// The addresses are known.
#[derive(Clone)]
pub struct Resolved {
    proven: Proven,
    addresses: Arc<[SocketAddr]>,
}

impl Resolved {
    /// In the order in which they are tried; one at least.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub(super) fn user(&self) -> &str {
        self.proven.user()
    }

    /// Connects to the first address that takes it.
    ///
    /// # Errors
    ///
    /// Of [`Stage::Connect`]; of [`Stage::Token`] if no server is reached, and no token could be signed either.
    pub async fn connect(self) -> Result<Reached, Error> {
        let way = self.proven.way.clone();
        way.explain(self.reach().await)
    }

    pub(super) async fn reach(self) -> Result<Reached, Error> {
        let way = &self.proven.way;
        // A command loads it while the server takes the connection and makes its greeting.
        let reaching =
            async { tokio::try_join!(tcp(way, &self.addresses), async { way.engine() }) };
        match reaching.await {
            Ok((tcp, _)) => Ok(Reached {
                proven: self.proven,
                tcp,
            }),
            // What could not be signed for any server is more than that this one is not reached.
            Err(error) if error.stage() == Stage::Connect => {
                if let Ok(mut guest) = way.bridge.guest() {
                    way.bridge.auth(&self.proven.proof, &mut guest)?;
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// What to try once more with, where a login was refused; if there is nothing, the refusal.
    pub(super) async fn with_another_proof(self, refused: Error) -> Result<Self, Error> {
        let Proven { way, proof } = self.proven;
        let another = way.bridge.another_proof(&proof, refused);
        let another = way.deadline.whole(Stage::Credentials, another).await?;
        Ok(Self {
            proven: Proven {
                way,
                proof: Arc::new(another),
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
        return Err(unresolved(std::io::Error::other("it has no address")));
    }
    Ok(addresses)
}

async fn tcp(way: &Way, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let Way { bridge, deadline } = way;
    net::connect(addresses, bridge.timeouts.connect, deadline.at())
        .instrument(debug_span!(target: STAGES, "tcp"))
        .await
        .map_err(|attempts| deadline.or(Stage::Connect, ErrorKind::Connect(attempts)))
}

// Nothing of what is in them: a secret may be.
macro_rules! debug {
    ($($stage:ty),*) => {$(
        impl fmt::Debug for $stage {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($stage)).finish_non_exhaustive()
            }
        }
    )*};
}

debug!(Connecting, Proven, Resolved, Reached, Secured, LoggedIn);

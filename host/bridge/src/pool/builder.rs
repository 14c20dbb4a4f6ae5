//! The settings of a pool and their defaults.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed;
use tokio::runtime::Handle;

use super::connection_limit::Share;
use super::keeper::Keeper;
use super::manager::{Limits, Manager};
use super::{ConnectionLimit, ConnectionRate, Pool, PoolError};
use crate::bridge::Bridge;

/// The settings of a [`Pool`].
#[derive(Clone, Debug)]
pub struct PoolBuilder {
    bridge: Bridge,
    min_size: usize,
    /// By default that of the shared limit, or [`MAX_SIZE`].
    max_size: Option<usize>,
    acquire_timeout: Duration,
    rate: Rate,
    connection_limit: Option<Arc<ConnectionLimit>>,
    limits: Limits,
}

/// The largest number of connections of a pool without a shared limit.
const MAX_SIZE: usize = 10;

/// The limit on new connections.
#[derive(Clone, Debug)]
enum Rate {
    Own(NonZeroU32),
    Shared(Arc<ConnectionRate>),
}

impl PoolBuilder {
    pub(super) fn new(bridge: Bridge) -> Self {
        Self {
            bridge,
            min_size: 0,
            max_size: None,
            acquire_timeout: Duration::from_secs(30),
            rate: Rate::Own(NonZeroU32::new(150).unwrap_or(NonZeroU32::MIN)),
            connection_limit: None,
            limits: Limits {
                lifetime: Duration::from_mins(30),
                idle: Duration::from_mins(10),
                trust: Duration::from_secs(1),
                check: Duration::from_secs(5),
                always_reset: false,
            },
        }
    }

    /// The number of connections, idle or in use, that the pool maintains. It opens missing ones in the background,
    /// from [`Self::build`] on. Default: 0, which opens connections only on demand. It cannot be combined with
    /// [`Self::connection_limit`], whose pools would close each other's connections to maintain their own.
    #[must_use]
    pub fn min_size(mut self, connections: usize) -> Self {
        self.min_size = connections;
        self
    }

    /// The largest number of connections, idle or in use. Default: 10, or that of [`Self::connection_limit`], which is
    /// a limit in any case.
    #[must_use]
    pub fn max_size(mut self, connections: usize) -> Self {
        self.max_size = Some(connections);
        self
    }

    /// The limit on [`Pool::get`] as a whole: waiting, connecting, retrying and checking. Default: 30 s.
    #[must_use]
    pub fn acquire_timeout(mut self, limit: Duration) -> Self {
        self.acquire_timeout = limit;
        self
    }

    /// The age at which a connection is closed instead of being lent again. Default: 30 minutes.
    #[must_use]
    pub fn max_lifetime(mut self, limit: Duration) -> Self {
        self.limits.lifetime = limit;
        self
    }

    /// How long an idle connection is kept before it is closed. Default: 10 minutes.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.idle = limit;
        self
    }

    /// The idle time after which a connection is checked before it is lent, which costs a round trip: with a ping, or
    /// with the question for the server's role, if the bridge requires one
    /// ([`BridgeBuilder::role`](crate::BridgeBuilder::role)). An RDS Proxy gets a ping in any case. Default: 1 s; zero
    /// checks every time.
    #[must_use]
    pub fn check_after(mut self, idle: Duration) -> Self {
        self.limits.trust = idle;
        self
    }

    /// The limit on that check, and on clearing a session in the background. A connection that fails it is closed, and
    /// another is lent. Default: 5 s.
    #[must_use]
    pub fn check_timeout(mut self, limit: Duration) -> Self {
        self.limits.check = limit;
        self
    }

    /// Whether the session is reset ([`Connection::reset`](crate::mysql::Connection::reset)) each time that a
    /// connection is returned. Default: `false`, which resets it only if the text of a statement shows that it may have
    /// left state in the session: `SET`, `USE`, `CALL`, DDL, a user variable, `GET_LOCK` or `LAST_INSERT_ID`. The text
    /// does not show variables that a stored function sets in a query.
    ///
    /// A reset takes a round trip, in the background, and discards the prepared statements.
    #[must_use]
    pub fn always_reset(mut self, always: bool) -> Self {
        self.limits.always_reset = always;
        self
    }

    /// The largest number of connections that the pool opens in any second. Default: 150, below the about 200 that RDS
    /// accepts with IAM. The limit is per pool, but the server's limit is shared by all processes that connect to it. The
    /// connections that the bridge opens by itself count in the limit of its first pool or proxy
    /// ([`Bridge::limit_own_connections`]).
    #[must_use]
    pub fn connections_per_second(mut self, limit: NonZeroU32) -> Self {
        self.rate = Rate::Own(limit);
        self
    }

    /// As [`Self::connections_per_second`], with a limit that is shared with what else connects to the server.
    #[must_use]
    pub fn connection_rate(mut self, rate: Arc<ConnectionRate>) -> Self {
        self.rate = Rate::Shared(rate);
        self
    }

    /// A limit on connections that is shared with other pools. A pool that needs a connection above it waits until
    /// another pool has closed an idle one, or until a connection is returned to it. Default: none.
    #[must_use]
    pub fn connection_limit(mut self, limit: Arc<ConnectionLimit>) -> Self {
        self.connection_limit = Some(limit);
        self
    }

    /// Builds the pool. It starts a task that maintains the pool's size, and ends with the pool.
    ///
    /// # Errors
    ///
    /// [`PoolError::Setting`]: `max_size` is 0, `min_size` is above it or combined with `connection_limit`, or there is
    /// no Tokio runtime.
    pub fn build(self) -> Result<Pool, PoolError> {
        let wrong = |setting, problem| Err(PoolError::Setting { setting, problem });
        let shared = self.connection_limit.as_ref();
        let most = shared.map_or(usize::MAX, |it| it.connections());
        let max_size = self.max_size.unwrap_or(match shared {
            Some(_) => most,
            None => MAX_SIZE,
        });
        let max_size = max_size.min(most);
        if max_size == 0 {
            return wrong("max_size", "it must be at least 1");
        }
        if self.min_size > 0 && shared.is_some() {
            return wrong("min_size", "it cannot be combined with connection_limit");
        }
        if self.min_size > max_size {
            return wrong("min_size", "it is greater than max_size");
        }
        let Ok(runtime) = Handle::try_current() else {
            return wrong("build", "there is no Tokio runtime: call build inside one");
        };
        let rate = match self.rate {
            Rate::Own(per_second) => Arc::new(ConnectionRate::new(per_second)),
            Rate::Shared(rate) => rate,
        };
        let share = self.connection_limit.clone().map(Share::new);
        let (bridge, own) = (self.bridge.clone(), Arc::clone(&rate));
        let manager = Manager::new(self.bridge, rate, share, self.limits);
        let config = managed::PoolConfig {
            max_size,
            // The connection that was returned last is lent first, so that those which are not needed reach
            // `idle_timeout`.
            queue_mode: managed::QueueMode::Lifo,
            ..managed::PoolConfig::default()
        };
        let pool = managed::Pool::builder(manager)
            .config(config)
            .runtime(deadpool::Runtime::Tokio1);
        let Ok(connections) = pool.build() else {
            return wrong("build", "there is no Tokio runtime: call build inside one");
        };
        bridge.limit_own_connections(own);
        if let Some(limit) = self.connection_limit {
            limit.add(connections.weak());
        }
        let keeper = Keeper::start(&runtime, &connections, self.min_size, self.limits);
        Ok(Pool {
            connections,
            acquire_timeout: self.acquire_timeout,
            _keeper: keeper.into(),
        })
    }
}

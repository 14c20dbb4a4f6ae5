//! The settings of a pool, and their defaults.

use std::num::NonZeroU32;
use std::time::Duration;

use deadpool::managed;
use tokio::runtime::Handle;

use super::keeper::Keeper;
use super::manager::{Limits, Manager};
use super::{Pool, PoolError};
use crate::bridge::Bridge;

/// Settings of a [`Pool`], each with its default.
#[derive(Clone, Debug)]
pub struct PoolBuilder {
    bridge: Bridge,
    min_size: usize,
    max_size: usize,
    acquire_timeout: Duration,
    connections_per_second: NonZeroU32,
    limits: Limits,
}

impl PoolBuilder {
    pub(super) fn new(bridge: Bridge) -> Self {
        Self {
            bridge,
            min_size: 0,
            max_size: 10,
            acquire_timeout: Duration::from_secs(30),
            connections_per_second: NonZeroU32::new(150).unwrap_or(NonZeroU32::MIN),
            limits: Limits {
                lifetime: Duration::from_mins(30),
                idle: Duration::from_mins(10),
                trust: Duration::from_secs(1),
                check: Duration::from_secs(5),
                always_reset: false,
            },
        }
    }

    /// So many connections are kept, idle or not. Default: 0. They are made in the background, from [`Self::build`] on.
    #[must_use]
    pub fn min_size(mut self, connections: usize) -> Self {
        self.min_size = connections;
        self
    }

    /// More connections there are never. Default: 10.
    #[must_use]
    pub fn max_size(mut self, connections: usize) -> Self {
        self.max_size = connections;
        self
    }

    /// How long [`Pool::get`] may take, with all that it does. Default: 30 s.
    #[must_use]
    pub fn acquire_timeout(mut self, limit: Duration) -> Self {
        self.acquire_timeout = limit;
        self
    }

    /// An older connection is closed and not given out. Default: 30 minutes.
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

    /// A connection that has been idle for longer is asked for a sign of life before it is given out, which
    /// takes a round trip. Default: 1 s; zero asks each time.
    #[must_use]
    pub fn check_after(mut self, idle: Duration) -> Self {
        self.limits.trust = idle;
        self
    }

    /// How long that sign of life may take; else the connection is closed, and another is given. Default: 5 s.
    #[must_use]
    pub fn check_timeout(mut self, limit: Duration) -> Self {
        self.limits.check = limit;
        self
    }

    /// Whether a connection's session is reset ([`Connection::reset`](crate::mysql::Connection::reset)) each time that
    /// it is given back. Default: false, which resets it where a statement may have left something in it: by its text,
    /// `SET`, `USE`, `CALL`, DDL, a user variable, `GET_LOCK` or `LAST_INSERT_ID`. A variable that a stored function
    /// sets in a query does not show in its text.
    ///
    /// It takes a round trip, in the background, and the statements that are prepared.
    #[must_use]
    pub fn always_reset(mut self, always: bool) -> Self {
        self.limits.always_reset = always;
        self
    }

    /// So many connections are made in any second, and no more. Default: 150, below the 200 or so that RDS
    /// takes with IAM. It is for this pool alone: several processes share what the server takes.
    #[must_use]
    pub fn connections_per_second(mut self, limit: NonZeroU32) -> Self {
        self.connections_per_second = limit;
        self
    }

    /// The pool. A task keeps its size; it ends with the pool.
    ///
    /// # Errors
    ///
    /// [`PoolError::Setting`]: sizes that cannot be, or that it is called outside of a Tokio runtime.
    pub fn build(self) -> Result<Pool, PoolError> {
        let wrong = |setting, problem| Err(PoolError::Setting { setting, problem });
        if self.max_size == 0 {
            return wrong("max_size", "it has to be at least 1");
        }
        if self.min_size > self.max_size {
            return wrong("min_size", "it is above max_size");
        }
        let Ok(runtime) = Handle::try_current() else {
            return wrong("build", "it takes a Tokio runtime: call it in one");
        };
        let manager = Manager::new(self.bridge, self.connections_per_second, self.limits);
        let config = managed::PoolConfig {
            max_size: self.max_size,
            // The last one back is the next to go: the others may grow old, and be closed.
            queue_mode: managed::QueueMode::Lifo,
            ..managed::PoolConfig::default()
        };
        let pool = managed::Pool::builder(manager)
            .config(config)
            .runtime(deadpool::Runtime::Tokio1);
        let Ok(connections) = pool.build() else {
            return wrong("build", "deadpool misses a runtime");
        };
        let keeper = Keeper::start(&runtime, &connections, self.min_size, self.limits);
        Ok(Pool {
            connections,
            acquire_timeout: self.acquire_timeout,
            _keeper: keeper.into(),
        })
    }
}

//! A pool of connections, with a limit on the rate of new ones.
//!
//! ```no_run
//! use rds_bridge::{Bridge, pool::Pool};
//!
//! # async fn items(bridge: Bridge) -> Result<(), Box<dyn std::error::Error>> {
//! let pool = Pool::builder(bridge).max_size(16).build()?;
//! let mut connection = pool.get().await?;
//! let mut rows = connection.query("SELECT id, name FROM items").await?;
//! while let Some(row) = rows.next().await? {
//!     let (id, name): (u64, &str) = (row.get("id")?, row.get("name")?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The pool signs a token for each new connection, with the credentials of that moment, and does not keep it: no token
//! expires in the pool. RDS accepts about 200 new IAM connections a second and refuses more, as it answers a wrong
//! token. The pool therefore limits the rate of new connections, and retries a refused login with jittered exponential
//! backoff.
//!
//! Nothing passes from one user of a connection to the next. When a connection is returned, the pool discards unread
//! rows, rolls back an open transaction, and resets a session that may hold variables, locks or temporary tables
//! ([`PoolBuilder::always_reset`] says when).
//!
//! If writing is allowed and a server answers that it is read-only (1290, 1836), it was the writer before a failover.
//! The pool then closes the connections that it has, each when it is returned or before its next use, and opens new
//! ones, which resolve the endpoint's name again. It does the same if a server does not have the
//! role of [`BridgeBuilder::role`](crate::BridgeBuilder::role), and if the bridge has found the new writer in the
//! cluster's [topology](crate::topology), whose members the pool asks for in the background. The pool does not repeat the
//! statement that was refused.

mod builder;
mod connection_limit;
mod error;
mod keeper;
mod kept;
mod manager;
mod metrics;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool::managed::{self, Object};
use tokio::runtime::Handle;
use tokio::time::timeout;

pub use builder::PoolBuilder;
pub use connection_limit::ConnectionLimit;
pub use error::PoolError;
use manager::{Manager, NotOpened};
pub use metrics::PoolMetrics;

use crate::bridge::Bridge;
pub use crate::connection_rate::ConnectionRate;
use crate::error::Error;
use crate::mysql::Connection;

/// A pool of the connections of one [`Bridge`]. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Manager>,
    acquire_timeout: Duration,
    /// Ends what keeps the pool as it should be, with the last of its clones.
    _keeper: Arc<keeper::Keeper>,
}

/// A connection that is borrowed from a pool. Dropping it returns it; the pool closes it if its state is unknown.
pub struct PooledConnection {
    /// Taken when it is dropped or detached.
    object: Option<Object<Manager>>,
}

impl Pool {
    /// Begins with the settings, each of which has a default.
    #[must_use]
    pub fn builder(bridge: Bridge) -> PoolBuilder {
        PoolBuilder::new(bridge)
    }

    /// Borrows a connection: an idle one that was checked within the last second, a new one, or the next one that is
    /// returned.
    ///
    /// # Errors
    ///
    /// [`PoolError`]: no connection can be opened, none was free in time, or the pool is closed.
    pub async fn get(&self) -> Result<PooledConnection, PoolError> {
        self.get_within(self.acquire_timeout).await
    }

    /// As [`Self::get`], within another limit than [`PoolBuilder::acquire_timeout`].
    ///
    /// # Errors
    ///
    /// As [`Self::get`]. If the limit ends while a connection is being opened, the error is the server's last refusal,
    /// or the timeout of the current stage.
    pub async fn get_within(&self, limit: Duration) -> Result<PooledConnection, PoolError> {
        let metrics = &self.connections.manager().metrics;
        // Pinned once: what wraps it would copy it otherwise, and it has kilobytes.
        let getting = pin!(self.get_or_open());
        let getting = manager::ending_within(limit, getting);
        let got = match timeout(limit, getting).await {
            Ok(Ok(object)) => Ok(PooledConnection {
                object: Some(object),
            }),
            Ok(Err(managed::PoolError::Backend(NotOpened::Failed(error)))) => {
                Err(PoolError::Connect(error))
            }
            Ok(Err(managed::PoolError::Closed)) => Err(PoolError::Closed),
            // Of limits and hooks that deadpool has and we do not set.
            Ok(Err(_)) | Err(_) => Err(PoolError::Timeout {
                limit,
                max_size: self.connections.status().max_size,
            }),
        };
        let counter = match &got {
            Ok(_) => &metrics.acquired,
            Err(PoolError::Timeout { .. }) => &metrics.timeouts,
            Err(_) => &metrics.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        got
    }

    /// Begins again when a connection was returned while this waited for the limit on new ones.
    async fn get_or_open(&self) -> Result<Object<Manager>, managed::PoolError<NotOpened>> {
        loop {
            match self.connections.get().await {
                Err(managed::PoolError::Backend(NotOpened::Returned)) => {}
                got => return got,
            }
        }
    }

    /// The current numbers of connections, and the counts since the pool was built.
    #[must_use]
    pub fn metrics(&self) -> PoolMetrics {
        let status = self.connections.status();
        self.connections.manager().metrics.read(&status)
    }

    /// Closes the pool: idle connections now, borrowed ones when they are returned. [`Self::get`] then fails with
    /// [`PoolError::Closed`].
    pub fn close(&self) {
        self.connections.close();
    }
}

impl PooledConnection {
    /// Whether the connection was used before. `false`: it was opened for this call.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        let object = self.object.as_ref();
        object.is_some_and(|object| Object::metrics(object).recycle_count > 0)
    }

    /// Resets the session when the connection is returned, whatever its statements were. Use it for SQL that you did
    /// not write.
    pub fn reset_when_dropped(&mut self) {
        if let Some(object) = &mut self.object {
            object.is_to_be_reset = true;
        }
    }

    /// Lends the connection to one of several users, who must not see what another has left in the session. If it was
    /// lent to another one before, the session is reset now.
    ///
    /// While the pool has had only one user, a session is kept unless a statement or [`Self::reset_when_dropped`] requires
    /// a reset. After a second user, the pool resets every session in the background when its connection is returned, so
    /// that the next user need not wait.
    ///
    /// # Errors
    ///
    /// As [`Connection::reset`], or the reset takes longer than [`PoolBuilder::check_timeout`].
    pub async fn lend_to(&mut self, user: &Arc<str>) -> Result<(), Error> {
        let Some(object) = &mut self.object else {
            return Ok(());
        };
        let before = object.lent_to.replace(Arc::clone(user));
        if before.is_none_or(|before| before == *user) {
            return Ok(());
        }
        match Object::pool(object) {
            Some(pool) => pool.manager().reset_for_another(object).await,
            // The pool is gone, and the connection with it when it is dropped.
            None => object.connection.reset().await,
        }
    }

    /// Removes the connection from the pool, which may open another in its place.
    #[must_use]
    #[expect(clippy::expect_used, reason = "only methods that consume self take it")]
    pub fn detach(mut self) -> Connection {
        *Object::take(self.object.take().expect("taken only on drop or detach")).connection
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else {
            return;
        };
        object.leave();
        object.connection.drain_received();
        let Some(pool) = Object::pool(&object) else {
            return;
        };
        let manager = pool.manager();
        manager.note_demotion(&object);
        if !manager.can_be_tidied_up(&object) {
            manager.metrics.lost.fetch_add(1, Ordering::Relaxed);
            drop(Object::take(object));
            return;
        }
        let runtime = Handle::try_current();
        let is_tidy = manager.is_tidy(&object);
        let asks = runtime.is_ok() && manager.bridge.takes_turn_to_ask();
        if is_tidy && !asks {
            drop(object);
            manager.offer();
            return;
        }
        // In the background, so that it holds no locks while it is idle. Without a runtime, it is closed.
        if let Ok(runtime) = runtime {
            runtime.spawn(async move {
                let manager = pool.manager();
                if (is_tidy || manager.tidy_up(&mut object).await)
                    && (!asks || manager.read_topology(&mut object).await)
                {
                    drop(object);
                } else {
                    // At once, so that the server ends what it still executes, and rolls back.
                    manager.note_demotion(&object);
                    manager.metrics.lost.fetch_add(1, Ordering::Relaxed);
                    drop(Object::take(object));
                }
                manager.offer();
            });
        } else {
            manager.metrics.lost.fetch_add(1, Ordering::Relaxed);
            drop(Object::take(object));
        }
    }
}

impl Deref for PooledConnection {
    type Target = Connection;

    #[expect(clippy::expect_used, reason = "only methods that consume self take it")]
    fn deref(&self) -> &Connection {
        let object = self.object.as_ref().expect("taken only on drop or detach");
        &object.connection
    }
}

impl DerefMut for PooledConnection {
    #[expect(clippy::expect_used, reason = "as above")]
    fn deref_mut(&mut self) -> &mut Connection {
        let object = self.object.as_mut().expect("taken only on drop or detach");
        &mut object.connection
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("bridge", &self.connections.manager().bridge)
            .field("metrics", &self.metrics())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PooledConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Connection::fmt(self, f)
    }
}

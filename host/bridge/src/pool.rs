//! Connections that are kept, and how fast new ones are made.
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
//! A token is signed for each connection that is made, with the credentials of that moment, and is not kept:
//! no token expires in a pool. RDS takes some 200 new connections a second with IAM, and refuses more with the
//! words of a wrong token: so there is a limit on them here, and who is refused all the same tries again, after
//! a while that grows and is not the same for everybody.
//!
//! Nothing passes from one user of a connection to the next. As soon as the connection is given back, rows that were
//! not read are passed over, a transaction that was left open is rolled back, and a session that may hold variables,
//! locks or temporary tables is reset ([`PoolBuilder::always_reset`] says when).
//!
//! Where writing is allowed and a server says that it is read-only (1290, 1836), it was the writer before a failover.
//! The pool closes the connections that it has by then, each when it comes back or is to be used again, and makes new
//! ones, which look up the endpoint's name again. The statement that was refused is not repeated.

mod builder;
mod error;
mod keeper;
mod kept;
mod manager;
mod metrics;
mod rate;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool::managed::{self, Object};
use tokio::runtime::Handle;
use tokio::time::timeout;

pub use builder::PoolBuilder;
pub use error::PoolError;
use manager::Manager;
pub use metrics::PoolMetrics;

use crate::bridge::Bridge;
use crate::mysql::Connection;

/// Connections of one [`Bridge`], to be borrowed. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Manager>,
    acquire_timeout: Duration,
    /// Ends what keeps the pool as it should be, with the last of its clones.
    _keeper: Arc<keeper::Keeper>,
}

/// A connection of a pool. Dropped, it goes back; one that cannot be trusted is closed there.
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

    /// A connection that was alive a moment ago: one that is idle, or a new one, or the next that comes back.
    ///
    /// # Errors
    ///
    /// [`PoolError`]: why none can be made, that none was free in time, or that the pool is closed.
    pub async fn get(&self) -> Result<PooledConnection, PoolError> {
        self.get_within(self.acquire_timeout).await
    }

    /// The same within another time than [`PoolBuilder::acquire_timeout`].
    ///
    /// # Errors
    ///
    /// As [`Self::get`]. If a connection was being made when the time was over, the error is why the server refused it
    /// last, or that its current stage was not done in time.
    pub async fn get_within(&self, limit: Duration) -> Result<PooledConnection, PoolError> {
        let metrics = &self.connections.manager().metrics;
        let getting = manager::ending_within(limit, self.connections.get());
        let got = match timeout(limit, getting).await {
            Ok(Ok(object)) => Ok(PooledConnection {
                object: Some(object),
            }),
            Ok(Err(managed::PoolError::Backend(error))) => Err(PoolError::Connect(error)),
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

    /// What there is and what there has been.
    #[must_use]
    pub fn metrics(&self) -> PoolMetrics {
        let status = self.connections.status();
        self.connections.manager().metrics.read(&status)
    }

    /// Closes it: idle connections now, the others when they come back. [`Self::get`] gives
    /// [`PoolError::Closed`] from now on.
    pub fn close(&self) {
        self.connections.close();
    }
}

impl PooledConnection {
    /// Whether it has served before. A new one was made for whoever asked.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        let object = self.object.as_ref();
        object.is_some_and(|object| Object::metrics(object).recycle_count > 0)
    }

    /// Has the session reset when the connection is given back, whatever its statements were: for SQL of a stranger's.
    pub fn reset_when_dropped(&mut self) {
        if let Some(object) = &mut self.object {
            object.is_to_be_reset = true;
        }
    }

    /// Takes it out of the pool for good: there is room for another.
    #[must_use]
    #[expect(clippy::expect_used, reason = "it is taken by what takes self alone")]
    pub fn detach(mut self) -> Connection {
        Object::take(self.object.take().expect("it has not been taken")).connection
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
        if manager.is_tidy(&object) {
            return;
        }
        // In the background, so that no lock of it waits in the pool. Where there is none, it is closed.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { pool.manager().tidy_up(&mut object).await });
        } else {
            manager.metrics.lost.fetch_add(1, Ordering::Relaxed);
            drop(Object::take(object));
        }
    }
}

impl Deref for PooledConnection {
    type Target = Connection;

    #[expect(clippy::expect_used, reason = "it is taken by what takes self alone")]
    fn deref(&self) -> &Connection {
        let object = self.object.as_ref().expect("it has not been taken");
        &object.connection
    }
}

impl DerefMut for PooledConnection {
    #[expect(clippy::expect_used, reason = "as above")]
    fn deref_mut(&mut self) -> &mut Connection {
        let object = self.object.as_mut().expect("it has not been taken");
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

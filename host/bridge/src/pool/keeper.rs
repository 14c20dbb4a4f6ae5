//! The task that maintains a pool's size: it closes connections that are too old or idle for too long, and opens
//! missing ones.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool::managed::{Metrics, Object, Pool, PoolError, WeakPool};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::debug;

use super::kept::Kept;
use super::manager::{Limits, Manager, NotOpened};

/// How often the keeper checks for waiting callers while it opens connections in advance.
const LOOK: Duration = Duration::from_millis(10);
const SHORTEST_ROUND: Duration = Duration::from_millis(100);
const LONGEST_ROUND: Duration = Duration::from_secs(30);

/// The task. It ends when this is dropped.
pub(super) struct Keeper {
    task: JoinHandle<()>,
}

impl Keeper {
    pub(super) fn start(
        runtime: &Handle,
        pool: &Pool<Manager>,
        min_size: usize,
        limits: Limits,
    ) -> Self {
        let pool = pool.weak();
        let round = limits.idle.min(limits.lifetime).checked_div(2);
        let round = round.unwrap_or(LONGEST_ROUND);
        let round = round.clamp(SHORTEST_ROUND, LONGEST_ROUND);
        Self {
            task: runtime.spawn(keep(pool, min_size, limits, round)),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep(pool: WeakPool<Manager>, min_size: usize, limits: Limits, round: Duration) {
    while let Some(pool) = pool.upgrade() {
        if pool.is_closed() {
            return;
        }
        close_old_ones(&pool, min_size, limits);
        fill(&pool, min_size).await;
        read_topology(&pool).await;
        let asks_every = pool.manager().bridge.asks_every().unwrap_or(round);
        drop(pool);
        sleep(round.min(asks_every)).await;
    }
}

fn close_old_ones(pool: &Pool<Manager>, min_size: usize, limits: Limits) {
    let counters = &pool.manager().metrics;
    let mut size = pool.status().size;
    let _closed = pool.retain(|kept: &Kept, metrics: Metrics| {
        let counter = if metrics.age() > limits.lifetime {
            &counters.over_age
        } else if metrics.last_used().max(kept.idle()) > limits.idle && size > min_size {
            &counters.idle
        } else {
            return true;
        };
        size = size.saturating_sub(1);
        counter.fetch_add(1, Ordering::Relaxed);
        false
    });
}

/// Opens missing connections. Meanwhile it borrows the idle ones, so that the pool opens new ones. If a caller waits
/// for a connection, it returns them and starts again.
async fn fill(pool: &Pool<Manager>, min_size: usize) {
    while pool.status().size < min_size && !pool.is_closed() {
        if let Err(error) = make_missing(pool, min_size).await {
            // A caller of `Pool::get` receives the error.
            debug!(%error, "cannot open an idle connection");
            return;
        }
    }
}

async fn make_missing(pool: &Pool<Manager>, min_size: usize) -> Result<(), PoolError<NotOpened>> {
    let mut taken = Vec::with_capacity(min_size);
    while taken.len() < min_size {
        let mut getting = pin!(pool.get());
        let got = loop {
            tokio::select! {
                biased;
                got = &mut getting => break got,
                () = sleep(LOOK) => if callers_wait(pool) {
                    drop(taken);
                    // The connection that is being opened then becomes available to a waiting caller.
                    return getting.await.map(drop);
                }
            }
        };
        taken.push(got?);
        if pool.status().size >= min_size {
            return Ok(());
        }
    }
    Ok(())
}

/// Asks for the members of the cluster over an idle connection. Its idle time goes on.
async fn read_topology(pool: &Pool<Manager>) {
    if pool.status().available == 0 || !pool.manager().bridge.takes_turn_to_ask() {
        return;
    }
    let Ok(mut object) = pool.get().await else {
        return;
    };
    let manager = pool.manager();
    if !manager.read_topology(&mut object).await {
        manager.metrics.lost.fetch_add(1, Ordering::Relaxed);
        drop(Object::take(object));
    }
    manager.offer();
}

/// Whether there are more users than the pool may have connections. deadpool also counts a caller whose connection is
/// being opened as waiting.
fn callers_wait(pool: &Pool<Manager>) -> bool {
    let status = pool.status();
    status.waiting > 0 && status.waiting.saturating_add(status.size) > status.max_size
}

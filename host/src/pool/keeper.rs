//! Keeps a pool at its size: closes what is idle for too long, and makes what is missing.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool::managed::{Metrics, Pool, WeakPool};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::debug;

use super::kept::Kept;
use super::manager::{Limits, Manager};

/// How often it is looked whether somebody waits, while connections are made that nobody has asked for.
const LOOK: Duration = Duration::from_millis(10);
const SHORTEST_ROUND: Duration = Duration::from_millis(100);
const LONGEST_ROUND: Duration = Duration::from_secs(30);

/// The task that does it. Dropped, it ends.
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
        drop(pool);
        sleep(round).await;
    }
}

fn close_old_ones(pool: &Pool<Manager>, min_size: usize, limits: Limits) {
    let counters = &pool.manager().metrics;
    let mut size = pool.status().size;
    let _closed = pool.retain(|_: &Kept, metrics: Metrics| {
        let counter = if metrics.age() > limits.lifetime {
            &counters.over_age
        } else if metrics.last_used() > limits.idle && size > min_size {
            &counters.idle
        } else {
            return true;
        };
        size = size.saturating_sub(1);
        counter.fetch_add(1, Ordering::Relaxed);
        false
    });
}

/// Those that are there are taken, so that those that are not are made. Nobody is to wait for one meanwhile.
async fn fill(pool: &Pool<Manager>, min_size: usize) {
    if pool.status().size >= min_size {
        return;
    }
    let mut taken = Vec::with_capacity(min_size);
    while taken.len() < min_size && pool.status().waiting == 0 {
        let mut getting = pin!(pool.get());
        let got = loop {
            tokio::select! {
                biased;
                got = &mut getting => break got,
                // The one that is being made counts as waited for.
                () = sleep(LOOK) => if pool.status().waiting > 1 {
                    return;
                }
            }
        };
        match got {
            Ok(connection) => taken.push(connection),
            Err(error) => {
                // Whoever asks for one will be told.
                debug!(%error, "no connection to keep");
                return;
            }
        }
    }
}

//! Asynchronous connections. Each is a task, on the calling thread or on worker threads.

use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use super::{Key, Selects, ids};
use crate::contenders::runtime;

/// An asynchronous connection.
pub trait AsyncSelect: Sized + Send + 'static {
    fn select(&mut self, id: i64, key: Key) -> impl Future<Output = ()> + Send;
}

/// How many connections to open, and on how many threads to run them.
#[derive(Clone, Copy)]
pub struct Opening {
    pub number: usize,
    /// Number of worker threads; 0 runs all connections on the calling thread.
    pub workers: usize,
}

pub struct Tasks<C> {
    name: &'static str,
    runtime: Runtime,
    connections: Vec<C>,
}

impl<C: AsyncSelect> Tasks<C> {
    pub fn open(name: &'static str, opening: Opening, open: impl AsyncFn() -> C) -> Self {
        let Opening { number, workers } = opening;
        let runtime = match workers {
            0 => runtime(),
            _ => several(workers),
        };
        let connections = (0..number).map(|_| runtime.block_on(open()));
        Self {
            name,
            connections: connections.collect(),
            runtime,
        }
    }
}

impl<C: AsyncSelect> Selects for Tasks<C> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn select(&mut self, connections: usize, times: usize, key: Key) -> Vec<Duration> {
        let begun = self.connections.drain(..connections).enumerate();
        let begun = begun.map(|(at, mut connection)| {
            self.runtime.spawn(async move {
                let mut took = Vec::with_capacity(times);
                for id in ids(at, times) {
                    let start = Instant::now();
                    connection.select(id, key).await;
                    took.push(start.elapsed());
                }
                (connection, took)
            })
        });
        let begun: Vec<_> = begun.collect();
        let mut all = Vec::with_capacity(connections * times);
        self.runtime.block_on(async {
            for task in begun {
                let (connection, took) = task.await.expect("selects");
                self.connections.push(connection);
                all.extend(took);
            }
        });
        all
    }
}

fn several(workers: usize) -> Runtime {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(workers).enable_all().build();
    runtime.expect("a runtime")
}

//! Asynchronous connections: tasks of one thread.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use super::{Key, Selects, ids};
use crate::contenders::runtime;

/// An asynchronous connection.
pub trait AsyncSelect: Sized + 'static {
    fn select(&mut self, id: i64, key: Key) -> impl Future<Output = ()>;
}

pub struct Tasks<C> {
    name: &'static str,
    runtime: Runtime,
    connections: Vec<C>,
}

impl<C: AsyncSelect> Tasks<C> {
    pub fn open(name: &'static str, number: usize, open: impl AsyncFn() -> C) -> Self {
        let runtime = runtime();
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
        let tasks = LocalSet::new();
        let begun = self.connections.drain(..connections).enumerate();
        let begun = begun.map(|(at, mut connection)| {
            tasks.spawn_local(async move {
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
        tasks.block_on(&self.runtime, async {
            for task in begun {
                let (connection, took) = task.await.expect("selects");
                self.connections.push(connection);
                all.extend(took);
            }
        });
        all
    }
}

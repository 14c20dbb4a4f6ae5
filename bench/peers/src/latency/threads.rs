//! Blocking connections, each on a separate thread; a single one uses the calling thread.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::{Key, Selects, ids};

/// A blocking connection.
pub trait BlockingSelect: Send {
    fn select(&mut self, id: i64, key: Key);
}

pub struct Threads<C> {
    name: &'static str,
    connections: Vec<C>,
}

impl<C: BlockingSelect> Threads<C> {
    pub fn open(name: &'static str, number: usize, open: impl Fn() -> C) -> Self {
        let connections = (0..number).map(|_| open()).collect();
        Self { name, connections }
    }
}

impl<C: BlockingSelect> Selects for Threads<C> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn select(&mut self, connections: usize, times: usize, key: Key) -> Vec<Duration> {
        if let ([connection, ..], 1) = (&mut self.connections[..], connections) {
            return turn(connection, 0, times, key);
        }
        let barrier = &Barrier::new(connections);
        let connections = self.connections[..connections].iter_mut().enumerate();
        thread::scope(|scope| {
            let threads = connections.map(|(at, connection)| {
                scope.spawn(move || {
                    barrier.wait();
                    turn(connection, at, times, key)
                })
            });
            let threads: Vec<_> = threads.collect();
            let took = threads
                .into_iter()
                .flat_map(|it| it.join().expect("selects"));
            took.collect()
        })
    }
}

fn turn(connection: &mut impl BlockingSelect, at: usize, times: usize, key: Key) -> Vec<Duration> {
    let selects = ids(at, times).map(|id| {
        let start = Instant::now();
        connection.select(id, key);
        start.elapsed()
    });
    selects.collect()
}

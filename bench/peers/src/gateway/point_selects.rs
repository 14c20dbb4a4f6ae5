//! Selecting a row by its primary key over HTTP.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::Program;
use super::client::Client;
use crate::contenders::runtime;
use crate::latency::BOUND;

/// What a request to a server looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The statement and its parameters, for the gateway's own dialect.
    Gateway,
    /// The parameters alone: the server knows its statement. An echo answers with them.
    Peer,
}

impl Endpoint {
    fn path(self) -> &'static str {
        match self {
            Self::Gateway => "/v1/query",
            Self::Peer => "/query",
        }
    }

    fn body(self, id: i64) -> String {
        match self {
            Self::Gateway => format!(r#"{{"sql":"{BOUND}","parameters":[{id}]}}"#),
            Self::Peer => format!(r#"{{"parameters":[{id}]}}"#),
        }
    }
}

/// A server, and open connections to it.
pub struct Target {
    pub name: &'static str,
    program: Program,
    endpoint: Endpoint,
    /// Whether it returns the row, as all but the echo do.
    returns_rows: bool,
    runtime: Runtime,
    clients: Vec<Client>,
}

impl Target {
    pub fn open(
        name: &'static str,
        program: Program,
        endpoint: Endpoint,
        returns_rows: bool,
        connections: usize,
    ) -> Self {
        let runtime = runtime();
        let address = program.address();
        let clients = (0..connections).map(|_| runtime.block_on(Client::open(address)));
        Self {
            name,
            clients: clients.collect(),
            program,
            endpoint,
            returns_rows,
            runtime,
        }
    }

    /// The durations of `times` requests, one after the other, on one connection.
    pub fn one_by_one(&mut self, times: usize) -> Vec<Duration> {
        let (endpoint, returns_rows) = (self.endpoint, self.returns_rows);
        let client = self.clients.first_mut().expect("a connection");
        self.runtime.block_on(async {
            let mut took = Vec::with_capacity(times);
            for id in ids(times, 0) {
                let start = Instant::now();
                select(client, endpoint, returns_rows, id).await;
                took.push(start.elapsed());
            }
            took
        })
    }

    /// Sends `times` requests on each connection at the same time. Returns the time that it took, and the server's CPU
    /// time.
    pub fn at_once(&mut self, times: usize) -> (Duration, Duration) {
        let (endpoint, returns_rows) = (self.endpoint, self.returns_rows);
        let (start, cpu) = (Instant::now(), self.program.cpu());
        let clients = self.clients.drain(..).enumerate();
        let clients: Vec<_> = clients.collect();
        self.clients = self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for (at, mut client) in clients {
                tasks.spawn(async move {
                    for id in ids(times, at) {
                        select(&mut client, endpoint, returns_rows, id).await;
                    }
                    client
                });
            }
            tasks.join_all().await
        });
        (start.elapsed(), self.program.cpu() - cpu)
    }

    pub fn connections(&self) -> usize {
        self.clients.len()
    }

    pub fn program(&self) -> &Program {
        &self.program
    }
}

fn ids(times: usize, connection: usize) -> impl Iterator<Item = i64> {
    let begin = connection * 131;
    (0..times).map(move |time| ((begin + time * 6_151) % 10_000 + 1) as i64)
}

async fn select(client: &mut Client, endpoint: Endpoint, returns_rows: bool, id: i64) {
    let body = client
        .post_for_body(endpoint.path(), endpoint.body(id))
        .await;
    if returns_rows {
        let expected = format!("item number {id}\"");
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(&expected), "{body}");
    }
}

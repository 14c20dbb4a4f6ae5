//! Clients that are connected at the same time, each with its own statements.

use std::sync::Barrier;
use std::thread;

use rds_bridge::Error;

use crate::contenders::block_on;
use crate::contenders::ours::Ours;

/// How many statements each client executes once all are connected.
const STATEMENTS: u64 = 20;

/// Connects `clients` clients of rds-bridge, a thread each. No client executes a statement before all are connected.
pub fn connect(ours: &Ours, clients: usize) {
    let all_are_there = Barrier::new(clients);
    thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| block_on(client(ours, &all_are_there)).expect("a client"));
        }
    });
}

async fn client(ours: &Ours, all_are_there: &Barrier) -> Result<(), Error> {
    let mut connection = ours.bridge.connect().await?;
    all_are_there.wait();
    for number in 0..STATEMENTS {
        let mut rows = connection.query(&format!("SELECT {number}")).await?;
        let row = rows.next().await?.expect("a row");
        assert_eq!(row.get(0), Ok(number));
        rows.finish().await?;
    }
    connection.close().await
}

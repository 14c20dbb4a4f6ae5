//! The load: workers that write lines and read them again, through each path.

pub(crate) mod function;
pub(crate) mod gateway;
mod http;
pub(crate) mod library;
pub(crate) mod proxy;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::ledger::{Ledger, Line, Path, Read, Told};

pub(crate) const INSERT: &str = "INSERT INTO ledger (line, amount, words) VALUES (?, ?, ?)";
pub(crate) const INSERT_COUNTERPART: &str = "INSERT INTO counterpart (line) VALUES (?)";
pub(crate) const SELECT: &str = "SELECT amount, words FROM ledger WHERE line = ?";

/// The workers of each path.
pub(crate) const WORKERS: usize = 4;
/// How long a client waits for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a worker waits between two requests.
pub(crate) const PAUSE: Duration = Duration::from_millis(40);
/// How long it waits after a failure.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
/// One line in this number of lines is read again.
const BETWEEN_READS: u64 = 4;

/// Says to all workers that the load is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A worker's way to the database.
pub(crate) trait Client {
    /// Writes a line, and its counterpart in the same transaction if it has one.
    fn write(&mut self, line: Line) -> impl Future<Output = Told> + Send;

    /// Reads a line that was confirmed.
    fn read(&mut self, line: Line) -> impl Future<Output = Read> + Send;
}

/// Receives what a worker was told.
pub(crate) trait Record {
    fn record(&self, path: Path, line: Line, told: &Told);
    fn record_read(&self, path: Path, read: Read);
}

impl Record for Ledger {
    fn record(&self, path: Path, line: Line, told: &Told) {
        Self::record(self, path, line, told);
    }

    fn record_read(&self, path: Path, read: Read) {
        Self::record_read(self, path, read);
    }
}

/// Writes lines until the load is over.
pub(crate) async fn work(
    path: Path,
    worker: u64,
    mut client: impl Client,
    record: &impl Record,
    stop: &Stop,
) {
    let mut number = 0_u64;
    let mut confirmed = None;
    while !stop.is_set() {
        number = number.saturating_add(1);
        let line = Line::new(path, worker, number, number.is_multiple_of(2));
        let told = client.write(line).await;
        record.record(path, line, &told);
        if told.error.is_empty() {
            confirmed = Some(line);
            tokio::time::sleep(PAUSE).await;
        } else {
            tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
        }
        if let Some(line) = confirmed
            && number.is_multiple_of(BETWEEN_READS)
        {
            record.record_read(path, client.read(line).await);
        }
    }
}

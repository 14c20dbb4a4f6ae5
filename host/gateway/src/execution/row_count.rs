//! How many rows a request has read from the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task_local;

task_local! {
    /// Of the request that the task answers.
    static CURRENT: RowCount;
}

/// How many rows of results a request has read. It grows until the body of the answer has ended.
#[derive(Clone, Debug, Default)]
pub struct RowCount(Arc<AtomicU64>);

impl RowCount {
    /// The number so far.
    #[must_use]
    pub fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// That of the request that the current task answers. The connections that a request borrows keep it, because its
    /// stream is read in other tasks.
    pub(super) fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// Answers a request whose rows are counted.
    pub(crate) async fn scope<T>(self, answering: impl Future<Output = T>) -> T {
        CURRENT.scope(self, answering).await
    }
}

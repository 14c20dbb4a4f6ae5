//! The limit on open clients.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Limits how many clients are open. Its clones are the same limit: share it between the proxies to one server.
#[derive(Clone, Debug)]
pub struct ClientLimit {
    limit: usize,
    permits: Arc<Semaphore>,
}

impl ClientLimit {
    /// Allows `limit` clients at once.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self {
            limit,
            permits: Arc::new(Semaphore::new(limit)),
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn is_reached(&self) -> bool {
        self.permits.available_permits() == 0
    }

    /// A place for a client, until it is dropped. `None` if the limit is reached.
    pub(crate) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }
}

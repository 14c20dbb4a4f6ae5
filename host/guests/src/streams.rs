//! How many streams a guest has.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The streams that a guest may have at the same time. A stream keeps its session, and a handle of Wasmtime's own,
/// which the context's table does not count.
#[derive(Debug)]
pub(crate) struct Streams(Arc<Semaphore>);

/// A place among them. A stream and its future share it.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

impl Streams {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))))
    }

    /// # Errors
    ///
    /// The guest has as many as it may have: it traps.
    pub(crate) fn enter(&self) -> wasmtime::Result<Place> {
        let place = Arc::clone(&self.0).try_acquire_owned();
        let place = place.map_err(|_| wasmtime::format_err!("the guest has too many streams"))?;
        Ok(Arc::new(place))
    }
}

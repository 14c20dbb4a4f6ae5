//! One call at a time to a source, shared by every caller that waits for it.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// Serialises the calls to a source. A caller that has waited for another's call finds the result of that call in the
/// cache, or its error here, and need not call the source itself.
///
/// A future that waits or calls may be dropped: then the next caller in line calls the source.
#[derive(Debug)]
pub struct SingleFlight<E> {
    calls_ended: AtomicU64,
    /// Held during a call. The error of the last call.
    last_error: Mutex<Option<E>>,
}

/// How many calls had ended when a caller arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival(u64);

/// The right to call the source.
#[derive(Debug)]
pub struct Turn<'a, E> {
    calls_ended: &'a AtomicU64,
    arrival: Arrival,
    last_error: MutexGuard<'a, Option<E>>,
}

impl<E> Default for SingleFlight<E> {
    fn default() -> Self {
        Self {
            calls_ended: AtomicU64::new(0),
            last_error: Mutex::new(None),
        }
    }
}

impl<E: Clone> SingleFlight<E> {
    /// Notes the arrival of a caller. Call it before looking into the cache, so that no call that ends in between is
    /// missed.
    #[must_use]
    pub fn arrive(&self) -> Arrival {
        Arrival(self.calls_ended.load(Ordering::SeqCst))
    }

    /// Waits until no other caller has the turn. Look into the cache again after it.
    pub async fn turn(&self, arrival: Arrival) -> Turn<'_, E> {
        Turn {
            calls_ended: &self.calls_ended,
            arrival,
            last_error: self.last_error.lock().await,
        }
    }
}

impl<E: Clone> Turn<'_, E> {
    /// Whether another caller's call has ended since the arrival.
    #[must_use]
    pub fn has_waited_for_a_call(&self) -> bool {
        self.calls_ended.load(Ordering::SeqCst) != self.arrival.0
    }

    /// The error of the last call of any caller.
    #[must_use]
    pub fn last_error(&self) -> Option<&E> {
        self.last_error.as_ref()
    }

    /// Calls the source, and passes its answer to `keep`, which stores it or replaces it by what the cache still holds.
    ///
    /// # Errors
    ///
    /// That of `keep`, which the callers that wait find with [`Self::last_error`].
    pub async fn call<A, T>(
        &mut self,
        call: impl Future<Output = A>,
        keep: impl FnOnce(A) -> Result<T, E>,
    ) -> Result<T, E> {
        let kept = keep(call.await);
        self.calls_ended.fetch_add(1, Ordering::SeqCst);
        *self.last_error = kept.as_ref().err().cloned();
        kept
    }
}

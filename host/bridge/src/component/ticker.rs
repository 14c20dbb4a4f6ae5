//! A thread that increments an engine's epoch, which enforces the deadline of calls.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::Instant;

use wasmtime::EngineWeak;

use super::call::Fault;
use super::engine::Engine;
use super::limits::TICK;

/// A thread that increments an engine's epoch every [`TICK`]. It ends when the `Ticker` or the engine is dropped.
pub struct Ticker {
    thread: Thread,
    /// Tells the thread to end. `None` for a thread that runs on for instances that outlive the [`Engine`].
    is_over: Option<Arc<AtomicBool>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`Fault::Load`], if the system cannot create a thread.
    pub fn start(engine: &Engine) -> Result<Self, Fault> {
        let is_over = Arc::new(AtomicBool::new(false));
        Ok(Self {
            thread: spawn(engine, Arc::clone(&is_over))?,
            is_over: Some(is_over),
        })
    }

    /// Starts a thread that runs on after the `Ticker` is dropped, as long as there are instances of the engine.
    pub(super) fn for_all_instances(engine: &Engine) -> Result<Self, Fault> {
        Ok(Self {
            thread: spawn(engine, Arc::default())?,
            is_over: None,
        })
    }
}

impl Drop for Ticker {
    /// Wakes the thread, so that it ends at once.
    fn drop(&mut self) {
        if let Some(is_over) = &self.is_over {
            is_over.store(true, Ordering::Relaxed);
        }
        self.thread.unpark();
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker").finish_non_exhaustive()
    }
}

fn spawn(engine: &Engine, is_over: Arc<AtomicBool>) -> Result<Thread, Fault> {
    let engine = engine.component().engine().weak();
    let thread = thread::Builder::new().name("rds-bridge-epoch".to_owned());
    let ticking = thread.spawn(move || tick(&engine, &is_over));
    let ticking = ticking.map_err(|error| Fault::Load(error.into()))?;
    Ok(ticking.thread().clone())
}

fn tick(engine: &EngineWeak, is_over: &AtomicBool) {
    loop {
        // `park_timeout` may return early, which must not count as a tick: that would shorten the time of a call.
        let begun = Instant::now();
        while let Some(left) = TICK.checked_sub(begun.elapsed()) {
            thread::park_timeout(left);
            if engine.upgrade().is_none() || is_over.load(Ordering::Relaxed) {
                return;
            }
        }
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Instance;

    /// Whether a call with a deadline of one tick is ended after three ticks.
    fn is_ended(instance: &mut Instance) -> bool {
        instance.store.set_epoch_deadline(1);
        thread::sleep(TICK.saturating_mul(3));
        let (functions, store) = instance.presign_functions().unwrap();
        functions.call_inspect(store, "").is_err()
    }

    #[test]
    fn it_ticks_until_it_is_dropped() {
        let engine = Engine::on_demand().unwrap();
        let ticker = Ticker::start(&engine).unwrap();
        assert!(is_ended(&mut engine.instantiate().unwrap()));
        drop(ticker);
        assert!(!is_ended(&mut engine.instantiate().unwrap()));
    }
}

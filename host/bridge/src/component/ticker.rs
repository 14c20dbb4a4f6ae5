//! What moves an engine's epoch on, so that no call goes on for ever.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::Instant;

use wasmtime::EngineWeak;

use super::call::Fault;
use super::engine::Engine;
use super::limits::TICK;

/// A thread that moves an engine's epoch on every [`TICK`], until it is dropped or the engine is gone.
pub struct Ticker {
    thread: Thread,
    /// That the thread is to end, where it does not go on for instances that outlive the engine.
    is_over: Option<Arc<AtomicBool>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`Fault::Load`], if the system gives no thread.
    pub fn start(engine: &Engine) -> Result<Self, Fault> {
        let is_over = Arc::new(AtomicBool::new(false));
        Ok(Self {
            thread: spawn(engine, Arc::clone(&is_over))?,
            is_over: Some(is_over),
        })
    }

    /// One that goes on after it is dropped, as long as there are instances of the engine.
    pub(super) fn for_all_instances(engine: &Engine) -> Result<Self, Fault> {
        Ok(Self {
            thread: spawn(engine, Arc::default())?,
            is_over: None,
        })
    }
}

impl Drop for Ticker {
    /// Wakes the thread, so that it ends at once: a process that ends would have to wait for it.
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
        // It may come back sooner, and only to end: a tick too many would take from a call's time.
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

    /// Whether a call that had a tick's time is ended three ticks later.
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

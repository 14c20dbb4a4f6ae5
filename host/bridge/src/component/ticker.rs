//! What moves an engine's epoch on, so that no call goes on for ever.

use std::fmt;
use std::thread::{self, Thread};
use std::time::Instant;

use wasmtime::EngineWeak;

use super::call::Fault;
use super::engine::Engine;
use super::limits::TICK;

/// A thread that moves an engine's epoch on every [`TICK`], until it is dropped or the engine is gone.
pub struct Ticker(Thread);

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`Fault::Load`], if the system gives no thread.
    pub fn start(engine: &Engine) -> Result<Self, Fault> {
        let engine = engine.wasmtime().weak();
        let thread = thread::Builder::new().name("rds-bridge-epoch".to_owned());
        let ticking = thread
            .spawn(move || tick(&engine))
            .map_err(|error| Fault::Load(error.into()))?;
        Ok(Self(ticking.thread().clone()))
    }
}

impl Drop for Ticker {
    /// Ends the thread at once: a process that ends would have to wait until the system has ended it.
    fn drop(&mut self) {
        self.0.unpark();
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker").finish_non_exhaustive()
    }
}

fn tick(engine: &EngineWeak) {
    loop {
        // It may come back sooner, and only to end: a tick too many would take from a call's time.
        let begun = Instant::now();
        while let Some(left) = TICK.checked_sub(begun.elapsed()) {
            thread::park_timeout(left);
            if engine.upgrade().is_none() {
                return;
            }
        }
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}

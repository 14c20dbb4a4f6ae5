//! What moves an engine's epoch on, so that no call goes on for ever.

use std::thread::{self, Thread};
use std::time::Instant;

use wasmtime::{Engine, EngineWeak, Result};

#[cfg(unix)]
use super::alarm::Alarm;
use super::limits::TICK;

/// It ticks until it is dropped.
pub(super) enum Ticker {
    Thread(Thread),
    #[cfg(unix)]
    Alarm(#[expect(dead_code, reason = "its end is that it is dropped")] Alarm),
}

impl Ticker {
    pub(super) fn thread(engine: &Engine) -> Result<Self> {
        let engine = engine.weak();
        let thread = thread::Builder::new().name("rds-bridge-epoch".to_owned());
        let ticking = thread.spawn(move || tick(&engine))?;
        Ok(Self::Thread(ticking.thread().clone()))
    }

    /// Where the process is ours: without a thread, which takes a command time to start, to tell of each change to its
    /// memory, and to end.
    pub(super) fn of_a_command(engine: &Engine) -> Result<Self> {
        #[cfg(unix)]
        if let Some(alarm) = Alarm::start(engine) {
            return Ok(Self::Alarm(alarm));
        }
        Self::thread(engine)
    }
}

impl Drop for Ticker {
    /// Ends a thread at once: a process that ends would have to wait until the system has ended it.
    fn drop(&mut self) {
        if let Self::Thread(thread) = self {
            thread.unpark();
        }
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

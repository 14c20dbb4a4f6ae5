//! Advances an engine's epoch while the command runs.

use rds_bridge::component::{self, Engine, Fault};

#[cfg(unix)]
use super::alarm::Alarm;

/// Ticks until it is dropped.
pub(super) enum Ticker {
    Thread {
        _ticker: component::Ticker,
    },
    #[cfg(unix)]
    Alarm {
        _alarm: Alarm,
    },
}

impl Ticker {
    /// Uses the process's timer, because a thread costs a short-lived process time: to start and to end it, and to make
    /// each change to the memory map visible to it. If the timer is taken or its signal is blocked, uses a thread.
    pub(super) fn start(engine: &Engine) -> Result<Self, Fault> {
        #[cfg(unix)]
        if let Some(alarm) = Alarm::start(engine.component().engine()) {
            return Ok(Self::Alarm { _alarm: alarm });
        }
        let ticker = component::Ticker::start(engine)?;
        Ok(Self::Thread { _ticker: ticker })
    }
}

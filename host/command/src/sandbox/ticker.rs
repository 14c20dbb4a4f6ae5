//! What moves an engine's epoch on in a command.

use rds_bridge::component::{self, Engine, Fault};

#[cfg(unix)]
use super::alarm::Alarm;

/// It ticks until it is dropped.
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
    /// By the process's timer, since a thread takes a command time to start, to tell of each change to its memory, and
    /// to end. Where the timer is taken or blocked, by a thread.
    pub(super) fn start(engine: &Engine) -> Result<Self, Fault> {
        #[cfg(unix)]
        if let Some(alarm) = Alarm::start(engine.component().engine()) {
            return Ok(Self::Alarm { _alarm: alarm });
        }
        let ticker = component::Ticker::start(engine)?;
        Ok(Self::Thread { _ticker: ticker })
    }
}

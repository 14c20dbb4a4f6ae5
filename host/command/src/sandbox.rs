//! The component in a process that logs in once, or signs one token, and ends: optimised for a short start.

#[cfg(unix)]
mod alarm;
mod engine_for_a_login;
mod ticker;

pub(super) use engine_for_a_login::EngineForALogin;
use rds_bridge::component::{Engine, Fault, Instance};
use ticker::Ticker;

/// An engine for one instance.
pub(super) struct Sandbox {
    engine: Engine,
    _ticker: Ticker,
}

impl Sandbox {
    pub(super) fn new() -> Result<Self, Fault> {
        let engine = Engine::on_demand()?;
        let ticker = Ticker::start(&engine)?;
        Ok(Self {
            engine,
            _ticker: ticker,
        })
    }

    pub(super) fn instantiate(&self) -> Result<Instance, Fault> {
        self.engine.instantiate()
    }
}

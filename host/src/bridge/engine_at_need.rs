//! The engine of a bridge: from its start, or when it is first needed.

use std::sync::OnceLock;

use crate::guest::{Engine, Fault};

/// A library loads the component when a bridge is built, so that the first connection is as fast as any. A command
/// has one connection: it loads the component when there is something to sign, which is while the server makes its
/// greeting, and takes no time then.
#[derive(Clone)]
pub(crate) struct EngineAtNeed(OnceLock<Engine>);

impl EngineAtNeed {
    pub(super) fn is_given(engine: Engine) -> Self {
        Self(engine.into())
    }

    pub(super) fn is_loaded_later() -> Self {
        Self(OnceLock::new())
    }

    /// # Errors
    ///
    /// As [`Engine::new`].
    pub(crate) fn get(&self) -> Result<&Engine, Fault> {
        if let Some(engine) = self.0.get() {
            return Ok(engine);
        }
        let engine = Engine::for_a_few_guests()?;
        // Of two that were made at once, one is used.
        Ok(self.0.get_or_init(|| engine))
    }
}

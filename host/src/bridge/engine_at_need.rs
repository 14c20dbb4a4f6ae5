//! The engine of a bridge: from its start, or for as long as a login takes.

use std::sync::{Arc, Mutex, PoisonError};

use crate::guest::{Engine, Fault};

/// A library loads the component when a bridge is built, so that the first connection is as fast as any. A command
/// has one connection: it loads the component while the server makes its greeting, which takes no time then, and
/// needs it no more when it is logged in.
#[derive(Clone)]
pub(crate) enum EngineAtNeed {
    Kept(Engine),
    ForALogin(Arc<Mutex<Option<Engine>>>),
}

impl EngineAtNeed {
    pub(super) fn for_a_login() -> Self {
        Self::ForALogin(Arc::default())
    }

    /// # Errors
    ///
    /// As [`Engine::new`].
    pub(crate) fn get(&self) -> Result<Engine, Fault> {
        let at_hand = match self {
            Self::Kept(engine) => return Ok(engine.clone()),
            Self::ForALogin(at_hand) => at_hand,
        };
        let mut at_hand = at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        match &*at_hand {
            Some(engine) => Ok(engine.clone()),
            None => Ok(at_hand.insert(Engine::for_a_few_guests()?).clone()),
        }
    }

    /// A login is done. Who needs it once more gets another.
    pub(crate) fn let_go(&self) {
        let Self::ForALogin(at_hand) = self else {
            return;
        };
        let mut at_hand = at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = at_hand.take() {
            engine.leave();
        }
    }
}

//! The engine of a bridge: from its start, or from its first login on.

use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::guest::{ClientHandshake, Engine, Fault};

/// A library loads the component when a bridge is built, so that the first connection is as fast as any. A command
/// has one connection: it loads the component while that is made and the server greets, behind as much of the network
/// as there is. When it is logged in the engine rests, in case that the statement is to be killed; and it is left to the process, which
/// ends sooner than an engine is taken apart. It has one login after the other: who rests stops the clock of all.
#[derive(Clone)]
pub(crate) enum EngineAtNeed {
    Kept(Engine),
    ForALogin(Arc<AtHand>),
}

pub(crate) type AtHand = Mutex<Option<ManuallyDrop<Engine>>>;

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
        let mut at_hand = lock(at_hand);
        let engine = match &mut *at_hand {
            Some(engine) => {
                engine.wake()?;
                engine
            }
            None => at_hand.insert(ManuallyDrop::new(Engine::for_a_few_guests()?)),
        };
        Ok(Engine::clone(engine))
    }

    /// A login is done, and its guest goes: a command's when there is next something to wait for, since its memory is
    /// the system's to take back, which takes longer than the pool.
    pub(super) fn let_go(&self, login: ClientHandshake) {
        if let Self::ForALogin(at_hand) = self {
            let at_hand = Arc::clone(at_hand);
            tokio::spawn(async move {
                drop(login);
                let_rest(&at_hand);
            });
        }
    }
}

fn let_rest(at_hand: &AtHand) {
    if let Some(engine) = &mut *lock(at_hand) {
        engine.rest();
    }
}

fn lock(at_hand: &AtHand) -> MutexGuard<'_, Option<ManuallyDrop<Engine>>> {
    at_hand.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::Config;

    fn at_hand(engine: &EngineAtNeed) -> &AtHand {
        match engine {
            EngineAtNeed::Kept(_) => panic!("of a library"),
            EngineAtNeed::ForALogin(at_hand) => at_hand,
        }
    }

    fn is_resting(engine: &EngineAtNeed) -> Option<bool> {
        lock(at_hand(engine)).as_ref().map(|it| it.is_resting())
    }

    #[tokio::test]
    async fn when_there_is_something_to_wait_for_a_guest_goes_and_the_engine_rests() {
        let at_need = EngineAtNeed::for_a_login();
        let config = Config {
            db_user: "user",
            database: None,
            connection_attributes: &[],
            character_set: 45,
        };
        let login = ClientHandshake::start(&at_need.get().unwrap(), &config).unwrap();
        at_need.let_go(login);
        assert_eq!(is_resting(&at_need), Some(false));
        tokio::task::yield_now().await;
        assert_eq!(is_resting(&at_need), Some(true));
    }

    /// Another one would run a copy of the code, for which there may be no memory that can be made executable.
    #[test]
    fn who_needs_it_again_gets_the_same() {
        let at_need = EngineAtNeed::for_a_login();
        assert_eq!(is_resting(&at_need), None);
        let first = at_need.get().unwrap();
        assert_eq!(is_resting(&at_need), Some(false));
        let_rest(at_hand(&at_need));
        assert_eq!(is_resting(&at_need), Some(true));
        let second = at_need.get().unwrap();
        assert!(second.is(&first));
        assert!(!second.is_resting());
        second.instantiate().unwrap().inspect("").unwrap_err();
        // The timer is the process's, and it is never dropped here.
        let_rest(at_hand(&at_need));
    }
}

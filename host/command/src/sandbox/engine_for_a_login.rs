//! The engine of a command that logs in.

use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rds_bridge::EngineSource;
use rds_bridge::component::{ClientHandshake, Engine, Fault};

use super::ticker::Ticker;

/// Loads the component when the first login begins, behind as much of the network as there is. After a login the engine
/// rests: it is kept for a second login, which ends a statement, but it does not tick. The process ends sooner than an
/// engine is taken apart, so that the engine is never dropped. Logins come one after the other: the engine rests after
/// the first one that is done.
#[derive(Clone, Default)]
pub(crate) struct EngineForALogin(Arc<Mutex<Option<AtHand>>>);

struct AtHand {
    engine: ManuallyDrop<Engine>,
    ticker: Option<ManuallyDrop<Ticker>>,
}

impl EngineSource for EngineForALogin {
    fn engine(&self) -> Result<Engine, Fault> {
        let mut at_hand = self.lock();
        let AtHand { engine, ticker } = match &mut *at_hand {
            Some(at_hand) => at_hand,
            None => at_hand.insert(AtHand {
                engine: ManuallyDrop::new(Engine::on_demand()?),
                ticker: None,
            }),
        };
        if ticker.is_none() {
            *ticker = Some(ManuallyDrop::new(Ticker::start(engine)?));
        }
        Ok(Engine::clone(engine))
    }

    /// The login's memory goes when there is next something to wait for: it is the system's to take back, which takes
    /// longer than giving it to a pool.
    fn logged_in(&self, login: ClientHandshake) {
        let this = self.clone();
        tokio::spawn(async move {
            drop(login);
            this.rest();
        });
    }
}

impl EngineForALogin {
    fn rest(&self) {
        // Under the lock, so that a login that begins now finds the timer free.
        let mut at_hand = self.lock();
        let ticker = at_hand.as_mut().and_then(|it| it.ticker.take());
        drop(ticker.map(ManuallyDrop::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, Option<AtHand>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rds_bridge::component::{Config, wasmtime};

    fn is_resting(source: &EngineForALogin) -> Option<bool> {
        source.lock().as_ref().map(|it| it.ticker.is_none())
    }

    #[tokio::test]
    async fn when_there_is_something_to_wait_for_the_sandbox_goes_and_the_engine_rests() {
        let source = EngineForALogin::default();
        let config = Config {
            db_user: "user",
            database: None,
            connection_attributes: &[],
            character_set: 45,
        };
        let login = ClientHandshake::start(&source.engine().unwrap(), &config).unwrap();
        source.logged_in(login);
        assert_eq!(is_resting(&source), Some(false));
        tokio::task::yield_now().await;
        assert_eq!(is_resting(&source), Some(true));
    }

    /// Another one would run a copy of the code, for which there may be no memory that can be made executable.
    #[test]
    fn a_second_login_gets_the_same_engine() {
        let source = EngineForALogin::default();
        assert_eq!(is_resting(&source), None);
        let first = source.engine().unwrap();
        assert_eq!(is_resting(&source), Some(false));
        source.rest();
        assert_eq!(is_resting(&source), Some(true));
        let second = source.engine().unwrap();
        let engines = [&first, &second].map(|it| it.component().engine());
        assert!(wasmtime::Engine::same(engines[0], engines[1]));
        assert_eq!(is_resting(&source), Some(false));
        second.instantiate().unwrap().inspect("").unwrap_err();
        // The timer is the process's, and it is never dropped here.
        source.rest();
    }
}

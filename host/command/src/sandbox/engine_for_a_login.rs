//! The engine of a command that logs in once or twice.

use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rds_bridge::EngineSource;
use rds_bridge::component::{ClientHandshake, Engine, Fault};

use super::ticker::Ticker;

/// Loads the component when the first login begins, while the network is busy. After a login the engine is kept for a
/// second login, which cancels a statement, but stops ticking. It is never dropped, because ending the process is
/// faster. Logins must not overlap: ticking stops after the first one that completes.
#[derive(Clone, Default)]
pub(crate) struct EngineForALogin(Arc<Mutex<Option<Loaded>>>);

struct Loaded {
    engine: ManuallyDrop<Engine>,
    ticker: Option<ManuallyDrop<Ticker>>,
}

impl EngineSource for EngineForALogin {
    fn engine(&self) -> Result<Engine, Fault> {
        let mut loaded = self.lock();
        let Loaded { engine, ticker } = match &mut *loaded {
            Some(loaded) => loaded,
            None => loaded.insert(Loaded {
                engine: ManuallyDrop::new(Engine::on_demand()?),
                ticker: None,
            }),
        };
        if ticker.is_none() {
            *ticker = Some(ManuallyDrop::new(Ticker::start(engine)?));
        }
        Ok(Engine::clone(engine))
    }

    /// Frees the login's memory when the command next waits for something: returning it to the system takes longer than
    /// returning it to a pool would.
    fn logged_in(&self, login: ClientHandshake) {
        let this = self.clone();
        tokio::spawn(async move {
            drop(login);
            this.stop_ticking();
        });
    }
}

impl EngineForALogin {
    fn stop_ticking(&self) {
        // Under the lock, so that a login that begins now finds the timer unused.
        let mut loaded = self.lock();
        let ticker = loaded.as_mut().and_then(|it| it.ticker.take());
        drop(ticker.map(ManuallyDrop::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Loaded>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rds_bridge::component::{Config, wasmtime};

    fn is_stopped(source: &EngineForALogin) -> Option<bool> {
        source.lock().as_ref().map(|it| it.ticker.is_none())
    }

    #[tokio::test]
    async fn the_engine_stops_ticking_at_the_first_wait_after_a_login() {
        let source = EngineForALogin::default();
        let config = Config::new("user");
        let login = ClientHandshake::start(&source.engine().unwrap(), &config).unwrap();
        source.logged_in(login);
        assert_eq!(is_stopped(&source), Some(false));
        tokio::task::yield_now().await;
        assert_eq!(is_stopped(&source), Some(true));
    }

    /// A second engine would need a second copy of the code, for which the system may refuse executable memory.
    #[test]
    fn a_second_login_gets_the_same_engine() {
        let source = EngineForALogin::default();
        assert_eq!(is_stopped(&source), None);
        let first = source.engine().unwrap();
        assert_eq!(is_stopped(&source), Some(false));
        source.stop_ticking();
        assert_eq!(is_stopped(&source), Some(true));
        let second = source.engine().unwrap();
        let engines = [&first, &second].map(|it| it.component().engine());
        assert!(wasmtime::Engine::same(engines[0], engines[1]));
        assert_eq!(is_stopped(&source), Some(false));
        second.instantiate().unwrap().inspect("").unwrap_err();
        // The timer belongs to the process, and is otherwise never released.
        source.stop_ticking();
    }
}

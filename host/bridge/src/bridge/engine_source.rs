//! Where a bridge has its engine from.

use crate::component::{ClientHandshake, Engine, Fault};

/// Gives a bridge the engine that runs the component. An [`Engine`] gives itself.
///
/// A process that makes one connection and ends may make its engine late, while the server greets, and let it go with
/// the login.
pub trait EngineSource: Send + Sync {
    /// The engine, for a handshake or a token that begins now.
    ///
    /// # Errors
    ///
    /// As [`Engine::new`].
    fn engine(&self) -> Result<Engine, Fault>;

    /// Takes the sandbox of a login that is done. It is called while the server works on what was sent for the set-up,
    /// so that freeing the memory costs no time. It is not called after a login that failed, nor after a token alone.
    fn logged_in(&self, login: ClientHandshake) {
        drop(login);
    }
}

impl EngineSource for Engine {
    fn engine(&self) -> Result<Self, Fault> {
        Ok(self.clone())
    }
}

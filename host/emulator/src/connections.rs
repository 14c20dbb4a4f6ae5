//! The open connections by their id: for `KILL`, for the limit on their number, and for the shutdown.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::InterruptHandle;

use super::Shared;

/// Further connections are refused with 1040, as by a server that has reached `max_connections`.
const CONNECTIONS_LIMIT: usize = 1_000;
/// How long [`Connections::end`] waits for statements that do not react to an interruption.
const END_LIMIT: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct Connections {
    state: Mutex<State>,
    closed: Condvar,
}

#[derive(Default)]
struct State {
    open: HashMap<u32, Open>,
    is_over: bool,
}

struct Open {
    tcp: TcpStream,
    interrupt: Option<InterruptHandle>,
    /// Tells functions that SQLite cannot interrupt, such as `SLEEP`, to stop.
    is_interrupted: Arc<AtomicBool>,
    /// The session at the backend.
    backend: Option<TcpStream>,
}

/// The registration of an open connection. Dropping it removes the connection.
pub(super) struct Place {
    shared: Arc<Shared>,
    id: u32,
}

impl Place {
    /// Registers a connection. `None` if the emulator is shutting down, or if the socket cannot be duplicated.
    pub(super) fn take(shared: Arc<Shared>, id: u32, tcp: &TcpStream) -> Option<Self> {
        let open = Open {
            tcp: tcp.try_clone().ok()?,
            interrupt: None,
            is_interrupted: Arc::default(),
            backend: None,
        };
        let mut state = shared.connections.state();
        if state.is_over {
            return None;
        }
        state.open.insert(id, open);
        drop(state);
        Some(Self { shared, id })
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let connections = &self.shared.connections;
        connections.state().open.remove(&self.id);
        connections.closed.notify_all();
    }
}

impl Connections {
    /// Locks the state. A poisoned lock is ignored: no change of the state has intermediate steps, so a panic leaves
    /// it consistent.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn are_too_many(&self) -> bool {
        self.state().open.len() > CONNECTIONS_LIMIT
    }

    /// Registers the handle that interrupts this connection's statements. Returns the flag that is set on an
    /// interruption.
    pub(super) fn interruptible(&self, id: u32, handle: InterruptHandle) -> Arc<AtomicBool> {
        match self.state().open.get_mut(&id) {
            Some(open) => {
                open.interrupt = Some(handle);
                Arc::clone(&open.is_interrupted)
            }
            None => Arc::default(),
        }
    }

    /// Registers the session at the backend, which is closed with the connection.
    pub(super) fn opened_backend(&self, id: u32, backend: TcpStream) {
        if let Some(open) = self.state().open.get_mut(&id) {
            open.backend = Some(backend);
        }
    }

    /// `KILL QUERY`. Returns `false` if there is no such connection.
    pub(super) fn interrupt(&self, id: u32) -> bool {
        self.state().open.get(&id).map(Open::interrupt).is_some()
    }

    /// `KILL`. Returns `false` if there is no such connection.
    pub(super) fn close(&self, id: u32) -> bool {
        self.state().open.get(&id).map(Open::close).is_some()
    }

    pub(super) fn close_all(&self) {
        self.state().open.values().for_each(Open::close);
    }

    /// Closes all connections, refuses new ones, and waits until the sessions have ended: the database that they use
    /// is about to be removed.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        state.open.values().for_each(Open::close);
        let waited = self
            .closed
            .wait_timeout_while(state, END_LIMIT, |state| !state.open.is_empty());
        drop(waited);
    }
}

impl Open {
    fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
        if let Some(handle) = &self.interrupt {
            handle.interrupt();
        }
    }

    fn close(&self) {
        self.interrupt();
        for tcp in [Some(&self.tcp), self.backend.as_ref()]
            .into_iter()
            .flatten()
        {
            let _closed_already = tcp.shutdown(Shutdown::Both);
        }
    }
}

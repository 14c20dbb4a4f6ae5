//! A connection of the pool, with its state between two uses.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::OwnedSemaphorePermit;

use crate::mysql::{Connection, Protocol};

/// Connections of an earlier generation lead to a server that is no longer the writer, or may lead to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Generation {
    /// How many times a connection of the pool has found its server demoted.
    pub(super) demotions: u64,
    /// How many times the bridge has found another writer in the endpoint's cluster, or a blue/green switchover.
    pub(super) moves: u64,
}

/// A connection of the pool. Its idle time is measured by the wall clock, since the monotonic clock may stop while the
/// process is frozen or the machine sleeps.
pub(super) struct Kept {
    /// On the heap, because the pool moves it often.
    pub(super) connection: Box<Connection>,
    left_at: SystemTime,
    /// The bridge's settings of the connection. They are restored for the next user.
    choices: (Protocol, Option<Duration>),
    /// The pool's generation when this connection was opened (see `Manager`).
    pub(super) generation: Generation,
    /// Whether its user has asked for a reset.
    pub(super) is_to_be_reset: bool,
    /// To whom its session belongs, if its owner said so.
    pub(super) lent_to: Option<Arc<str>>,
    /// Of the limit that the pool shares with others.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Kept {
    pub(super) fn new(
        connection: Connection,
        generation: Generation,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            choices: connection.choices(),
            connection: Box::new(connection),
            left_at: SystemTime::now(),
            generation,
            is_to_be_reset: false,
            lent_to: None,
            _permit: permit,
        }
    }

    pub(super) fn leave(&mut self) {
        self.left_at = SystemTime::now();
        self.connection.end_loan();
        let (protocol, read_idle_timeout) = self.choices;
        self.connection.set_protocol(protocol);
        self.connection.set_read_idle_timeout(read_idle_timeout);
    }

    /// How long it has been idle by the wall clock; zero if the clock was set back.
    pub(super) fn idle(&self) -> Duration {
        self.left_at.elapsed().unwrap_or_default()
    }
}

//! A connection of the pool, since when it is idle, and what is to be done when it is returned.

use std::time::{Duration, SystemTime};

use crate::mysql::{Connection, Protocol};

/// The wall's clock goes on where the process is frozen, or the machine asleep; the monotonic one may not.
pub(super) struct Kept {
    pub(super) connection: Connection,
    left_at: SystemTime,
    /// As the bridge has made it: what a caller chooses is not the next one's.
    choices: (Protocol, Option<Duration>),
    /// How often the pool's connections had been given up when this one was made.
    pub(super) generation: u64,
    /// Its user has asked for a reset.
    pub(super) is_to_be_reset: bool,
}

impl Kept {
    pub(super) fn new(connection: Connection, generation: u64) -> Self {
        Self {
            choices: connection.choices(),
            connection,
            left_at: SystemTime::now(),
            generation,
            is_to_be_reset: false,
        }
    }

    pub(super) fn leave(&mut self) {
        self.left_at = SystemTime::now();
        self.connection.end_loan();
        let (protocol, read_idle_timeout) = self.choices;
        self.connection.set_protocol(protocol);
        self.connection.set_read_idle_timeout(read_idle_timeout);
    }

    /// How long it has been idle by the wall's clock; nothing if that was set back.
    pub(super) fn idle(&self) -> Duration {
        self.left_at.elapsed().unwrap_or_default()
    }
}

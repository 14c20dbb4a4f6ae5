//! A connection, and since when nobody has used it.

use std::time::{Duration, SystemTime};

use crate::mysql::Connection;

/// The wall's clock goes on where the process is frozen, or the machine asleep; the monotonic one may not.
pub(super) struct Kept {
    pub(super) connection: Connection,
    left_at: SystemTime,
}

impl Kept {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            left_at: SystemTime::now(),
        }
    }

    pub(super) fn leave(&mut self) {
        self.left_at = SystemTime::now();
    }

    /// How long it has been idle by the wall's clock; nothing if that was set back.
    pub(super) fn idle(&self) -> Duration {
        self.left_at.elapsed().unwrap_or_default()
    }
}

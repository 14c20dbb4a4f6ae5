//! A request's place in a session that keeps a connection.

use std::sync::Arc;

use rds_bridge::pool::PooledConnection;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use super::{Kept, Open};
use crate::execution::settings::Settings;
use crate::execution::token::Id;

/// A request's place in a session: no other request has it at the same time.
pub(in crate::execution) struct Place {
    id: Id,
    open: Arc<Open>,
    guard: OwnedMutexGuard<Option<Kept>>,
}

impl Place {
    pub(super) fn new(id: Id, open: Arc<Open>, guard: OwnedMutexGuard<Option<Kept>>) -> Self {
        Self { id, open, guard }
    }

    pub(super) fn id(&self) -> Id {
        self.id
    }

    pub(in crate::execution) fn may_have_changes(&self) -> bool {
        let found = self.open.find(&self.id, |it| it.may_have_changes);
        found.unwrap_or(true)
    }

    pub(in crate::execution) fn note_changes(&self, may_have_changes: bool) {
        if let Some(session) = self.open.lock().get_mut(&self.id) {
            session.may_have_changes = may_have_changes;
        }
    }

    /// Returns the connection to its session. If that has ended, the connection returns to its pool.
    pub(in crate::execution) fn give_back(
        mut self,
        connection: Box<PooledConnection>,
        settings: Settings,
    ) {
        let (id, is_usable) = (self.id, connection.is_usable());
        let is_kept = self.open.change(|sessions| {
            let Some(session) = sessions.get_mut(&id) else {
                return false;
            };
            if !is_usable {
                sessions.remove(&id);
                return false;
            }
            session.last_used = Instant::now();
            true
        });
        if is_kept {
            *self.guard = Some(Kept {
                connection,
                settings,
            });
        }
    }

    /// Ends the session.
    pub(in crate::execution) fn end(self) {
        self.open.change(|sessions| sessions.remove(&self.id));
    }
}

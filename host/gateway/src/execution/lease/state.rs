//! What the statements of a request leave for later ones.

use rds_bridge::pool::PooledConnection;

use super::Lease;
use crate::execution::sessions::Place;
use crate::execution::{Failure, Setting, Settings};

impl Lease {
    /// Notes that a later request of the session may depend on a setting, a variable, a lock or a temporary table.
    pub(crate) fn note_state(&mut self) {
        self.holds_state = true;
    }

    /// Whether [`Self::note_state`] was called for a request of the session.
    pub(crate) fn holds_state(&self) -> bool {
        self.holds_state
    }

    /// Whether the transaction of its session may have changes that are not committed.
    pub(crate) fn may_have_changes(&self) -> bool {
        self.place().is_none_or(Place::may_have_changes)
    }

    /// Notes, before a statement, whether the transaction of its session may have changes afterwards.
    pub(crate) fn note_changes(&self, may_have_changes: bool) {
        if let Some(place) = self.place() {
            place.note_changes(may_have_changes);
        }
    }

    /// Takes the connection out of it, for a session that begins. Returns `None` if a `KILL QUERY` may be on its way to
    /// the connection.
    pub(in crate::execution) fn take(&mut self) -> Option<(Box<PooledConnection>, Settings)> {
        if !self.is_quiet() {
            return None;
        }
        let connection = self.connection.take()?;
        Some((connection, std::mem::take(&mut self.settings)))
    }

    /// Notes the settings that the connection has, or that the request replaces.
    pub(crate) fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Gives the connection settings of a session.
    pub(crate) async fn apply(&mut self, settings: &Settings) -> Result<(), Failure> {
        for statement in settings.statements() {
            let made = self.execute_text(statement).await;
            made.map_err(|failure| failure.of_setting(statement))?;
        }
        Ok(())
    }

    /// Notes a setting that a statement has made. If there are too many, the session needs a connection.
    pub(crate) fn note_setting(&mut self, setting: Setting) {
        if !self.settings.add(setting) {
            self.holds_state = true;
        }
    }

    /// The settings that the connection has.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}

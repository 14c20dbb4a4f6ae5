//! Reads a server's answers to the set-up's queries: its identity, and its role.

use std::collections::VecDeque;

use super::{SessionSettings, Step};
use crate::connection::cancel::ServerSession;
use crate::connection::{Connection, Transport};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::malformed::Malformed;
use crate::role::Role;
use rds_bridge_wire::{lenenc_string, text};

/// The query for a server's role. An Aurora reader has the second variable alone.
pub(crate) const ROLE_QUERY: &str = "SELECT @@global.read_only, @@global.innodb_read_only";

impl SessionSettings {
    /// Whether the server is asked for its role. An RDS Proxy chooses a server for each statement, by its endpoint's role.
    pub(super) fn checks_role(&self) -> bool {
        self.role != Role::Any && !self.is_rds_proxy
    }
}

impl<S: Transport> Connection<S> {
    /// Checks that the server answers, and that it still has the role of the bridge, if the bridge has one. Either
    /// takes one round trip.
    pub(crate) async fn check_server(&mut self) -> Result<(), Error> {
        if !self.set_up.settings.checks_role() {
            return self.ping().await;
        }
        self.drain_reply().await?;
        self.check_usable()?;
        self.one_by_one(VecDeque::from([Step::Role])).await
    }

    /// Receives the row that answers a query of the set-up.
    pub(super) fn receive_answer(&mut self, step: Option<Step>, row: &[u8]) -> Result<(), Error> {
        match step {
            Some(Step::ActiveRoles) => return self.check_active_roles(row),
            Some(Step::Role) => return self.check_role(role(row)),
            _ => {}
        }
        if let Some(session) = session(row) {
            self.identify(session);
        }
        Ok(())
    }

    /// Tells the cancel handles which session this is.
    fn identify(&self, session: ServerSession) {
        // The greeting has only 32 bits of the id.
        let in_greeting = u64::from(self.session().connection_id);
        let is_relayed = session.id & u64::from(u32::MAX) != in_greeting;
        self.cancel.set_session(ServerSession {
            is_relayed,
            ..session
        });
    }

    /// Compares the server's role with the expected one. The roles differ during a failover, or if the endpoint is that of
    /// another role.
    fn check_role(&mut self, found: Option<Role>) -> Result<(), Error> {
        let expected = self.set_up.settings.role;
        let kind = match found {
            Some(found) if found == expected => return Ok(()),
            Some(_) => ErrorKind::WrongRole { expected },
            None => ErrorKind::Malformed(Malformed::Unasked),
        };
        self.is_demoted = true;
        Err(Error::new(Stage::Session, kind))
    }
}

/// Reads the row of the identity query: `CONNECTION_ID()`, and a text that identifies the server.
pub(super) fn session(row: &[u8]) -> Option<ServerSession> {
    let (id, rest) = lenenc_string(row)?;
    let (server, _) = lenenc_string(rest)?;
    Some(ServerSession {
        id: text(id).parse().ok()?,
        server: text(server),
        is_relayed: false,
    })
}

/// Reads the row of `@@global.read_only` and `@@global.innodb_read_only`. MariaDB has words for some values.
pub(crate) fn role(row: &[u8]) -> Option<Role> {
    let (read_only, rest) = lenenc_string(row)?;
    let (innodb_read_only, _) = lenenc_string(rest)?;
    let is_off = |value: &[u8]| matches!(value, b"0" | b"OFF");
    let accepts_writes = is_off(read_only) && is_off(innodb_read_only);
    Some(if accepts_writes {
        Role::Writer
    } else {
        Role::Reader
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles() {
        assert_eq!(role(b"\x010\x010"), Some(Role::Writer));
        assert_eq!(role(b"\x03OFF\x03OFF"), Some(Role::Writer));
        for reader in [&b"\x011\x010"[..], b"\x010\x011", b"\x07NO_LOCK\x010"] {
            assert_eq!(role(reader), Some(Role::Reader));
        }
        // NULL, and a value that is missing.
        for malformed in [&b"\xfb\x010"[..], b"\x010", b""] {
            assert_eq!(role(malformed), None);
        }
    }
}

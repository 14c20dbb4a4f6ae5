//! The session that a client requests of the database.

use rds_bridge::stages::RequestedSession;

use super::{Authenticated, Session};
use crate::database_user::DatabaseUser;
use crate::refusal::Refusal;

/// The longest names, in characters (MySQL Reference Manual, "Identifier Length Limits"; for users, MariaDB's limit).
const DATABASE_LIMIT: usize = 64;
const USER_LIMIT: usize = 128;
/// The longest connection attributes, in bytes on the wire.
const ATTRIBUTES_LIMIT: usize = 65_535;
/// `utf8mb4_general_ci`, for a client that names no collation.
const DEFAULT_COLLATION: u16 = 45;

impl Session {
    /// The session that the client requests, with the attributes that tell who it is.
    pub(super) fn requested(&self, authenticated: &Authenticated) -> RequestedSession {
        let shared = &self.shared;
        let Authenticated {
            response, caller, ..
        } = authenticated;
        let user = match shared.database_user {
            DatabaseUser::OfBridge => None,
            DatabaseUser::OfClient => Some(caller.clone()),
        };
        let own = [
            ("_client_ip", self.client_host()),
            ("_client_user", caller.clone()),
            ("_proxy", "rds-bridge".to_owned()),
        ];
        let mut attributes = response.connection_attributes.clone();
        // Only the proxy knows these.
        attributes.retain(|(name, _)| own.iter().all(|(own, _)| own != name));
        let own = own.map(|(name, value)| (name.to_owned(), value));
        // The server accepts a limited length. The client's own attributes are the more useful ones.
        if length_on_the_wire(attributes.iter().chain(&own)) <= ATTRIBUTES_LIMIT {
            attributes.extend(own);
        }
        RequestedSession {
            user,
            database: response
                .database
                .clone()
                .or_else(|| shared.database.clone()),
            capabilities: response.capabilities,
            mariadb_capabilities: response.mariadb_capabilities,
            max_packet_size: response.max_packet_size,
            character_set: match response.character_set {
                0 => DEFAULT_COLLATION,
                collation => collation,
            },
            connection_attributes: attributes,
        }
    }
}

/// Refuses what the database could only answer by an error of the protocol, which counts against this host.
pub(super) fn check(requested: &RequestedSession) -> Result<(), Refusal> {
    let database = requested.database.as_deref().unwrap_or_default();
    if database.chars().count() > DATABASE_LIMIT {
        // `ER_TOO_LONG_IDENT`.
        let message = format!(
            "The name of the database is too long: it can have at most {DATABASE_LIMIT} characters"
        );
        return Err(Refusal::new(1059, "42000", message));
    }
    let user = requested.user.as_deref();
    if user.is_some_and(|user| user.is_empty() || user.chars().count() > USER_LIMIT) {
        let message = "rds-bridge: the user name is empty or too long";
        return Err(Refusal::new(1045, "28000", message));
    }
    Ok(())
}

/// The length of connection attributes at most: each text has a length of up to four bytes before it.
fn length_on_the_wire<'a>(attributes: impl Iterator<Item = &'a (String, String)>) -> usize {
    let lengths =
        attributes.map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(8));
    lengths.fold(0, usize::saturating_add)
}

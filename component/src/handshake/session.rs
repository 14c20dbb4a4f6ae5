//! The result of the connection phase.

use crate::auth_plugin::AuthPlugin;
use crate::packet::CapabilityFlags;

/// An authenticated session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The server's version, without MariaDB's prefix `5.5.5-`. The server sends it before TLS, so anyone on the
    /// network path may have changed it. Empty after a `COM_CHANGE_USER`, whose reply does not repeat it.
    pub server_version: String,
    /// The server's id of this connection, as `KILL QUERY` accepts it. The server sends it before TLS, so anyone on the
    /// network path may have changed it. 0 after a `COM_CHANGE_USER`, whose reply does not repeat it.
    pub connection_id: u32,
    /// The capabilities in force, those that both sides set.
    pub capabilities: CapabilityFlags,
    /// MariaDB's extended capabilities in force; 0 for MySQL.
    pub mariadb_capabilities: u32,
    /// The collation id of the config.
    pub character_set: u16,
    /// The `SERVER_STATUS_*` flags of the `OK_Packet`.
    pub status_flags: u16,
    /// Number of warnings, from the `OK_Packet`.
    pub warnings: u16,
    /// The payload of the `OK_Packet`, as the server sent it.
    pub ok_packet: Vec<u8>,
    /// The method that authenticated the user.
    pub auth_plugin: AuthPlugin,
}

/// The fields of a [`Session`] that are known before the user is authenticated.
#[derive(Debug)]
pub(super) struct Negotiated {
    pub(super) server_version: String,
    pub(super) connection_id: u32,
    pub(super) capabilities: CapabilityFlags,
    pub(super) mariadb_capabilities: u32,
    pub(super) character_set: u16,
}

//! The result of the connection phase.

use crate::auth_plugin::AuthPlugin;
use crate::packet::CapabilityFlags;

/// An authenticated session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The server's version, without MariaDB's prefix `5.5.5-`. The server sends it before TLS, so anyone on the
    /// network path may have changed it.
    pub server_version: String,
    /// The server's id of this connection, as `KILL QUERY` accepts it. The server sends it before TLS, so anyone on the
    /// network path may have changed it.
    pub connection_id: u32,
    /// The capabilities in force, those that both sides set.
    pub capabilities: CapabilityFlags,
    /// The collation id of the config.
    pub character_set: u8,
    /// The `SERVER_STATUS_*` flags of the `OK_Packet`.
    pub status_flags: u16,
    /// Number of warnings, from the `OK_Packet`.
    pub warnings: u16,
    /// The method that authenticated the user.
    pub auth_plugin: AuthPlugin,
}

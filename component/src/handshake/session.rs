//! What the connection phase ends in.

use crate::auth_plugin::AuthPlugin;
use crate::packet::CapabilityFlags;

/// An authenticated session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// As the server gave it, less MariaDB's `5.5.5-`.
    pub server_version: String,
    /// The server's number of this connection, for `KILL QUERY`.
    pub connection_id: u32,
    /// Those in force: of both sides.
    pub capabilities: CapabilityFlags,
    /// The collation id asked for.
    pub character_set: u8,
    /// The `SERVER_STATUS_*` flags.
    pub status_flags: u16,
    /// Number of warnings.
    pub warnings: u16,
    /// The method that authenticated the user.
    pub auth_plugin: AuthPlugin,
}

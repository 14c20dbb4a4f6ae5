//! The client's response, as the caller gets it.

use crate::packet::{CapabilityFlags, ReceivedResponse};
use crate::secret_string::SecretBytes;

/// What a client sent about itself: the user, the session's settings, and the response to the scramble.
#[derive(Clone, Debug)]
pub struct HandshakeResponse {
    /// The user. It may be empty.
    pub user: String,
    /// The session's default database; `None` for a session without one.
    pub database: Option<String>,
    /// The capabilities in force: those that the client set and the server advertised. The command phase has the layout
    /// that they determine, whatever else the client set.
    pub capabilities: CapabilityFlags,
    /// All capabilities that the client set. Some clients set flags that the server did not advertise.
    pub client_capabilities: CapabilityFlags,
    /// MariaDB's extended capabilities in force; 0 if the client or the server has none.
    pub mariadb_capabilities: u32,
    /// The largest packet that the client accepts, in bytes. Some clients send 0, and a `COM_CHANGE_USER` does not
    /// contain it: 0.
    pub max_packet_size: u32,
    /// The id of the session's collation. A `HandshakeResponse41` has one byte for it, a `COM_CHANGE_USER` two bytes, or
    /// none: 0.
    pub character_set: u16,
    /// The name of the client's authentication method, to which `auth_response` belongs. `None` if the client sent
    /// none: an old one, whose method is `mysql_native_password`.
    pub auth_plugin: Option<String>,
    /// The response to the scramble, or with `mysql_clear_password` the password itself.
    pub auth_response: SecretBytes,
    /// Names and values, in the order in which they were sent.
    pub connection_attributes: Vec<(String, String)>,
    /// Whether the client sent it inside TLS.
    pub is_tls: bool,
}

impl HandshakeResponse {
    pub(super) fn new(
        response: ReceivedResponse,
        advertised: CapabilityFlags,
        advertised_mariadb: u32,
        is_tls: bool,
    ) -> Self {
        Self {
            user: response.user,
            database: response.database,
            capabilities: response.capabilities & advertised,
            client_capabilities: response.capabilities,
            mariadb_capabilities: response.mariadb_capabilities & advertised_mariadb,
            max_packet_size: response.max_packet_size,
            character_set: response.character_set,
            auth_plugin: response.auth_plugin_name,
            auth_response: response.auth_response,
            connection_attributes: response.connection_attributes,
            is_tls,
        }
    }
}

//! The steps of a server's handshake, and what a client sent.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox};

#[cfg(doc)]
use super::ServerHandshake;
use crate::component::bindings::exports::rds::bridge::server_handshake as wit;

/// What a client sent about itself: the user, the session's settings, and its response to the scramble. The fields are
/// described in `wit/server-handshake.wit`.
pub struct HandshakeResponse {
    /// The user. It may be empty, and may contain control characters.
    pub user: String,
    /// The session's default database. It may contain control characters.
    pub database: Option<String>,
    /// The `CLIENT_*` flags in force: those that the client set and the server advertised.
    pub capabilities: u32,
    /// All `CLIENT_*` flags that the client set.
    pub client_capabilities: u32,
    /// MariaDB's extended capabilities in force; 0 if the client or the server has none.
    pub mariadb_capabilities: u32,
    /// The largest packet that the client accepts, in bytes; 0 if it did not say.
    pub max_packet_size: u32,
    /// The id of the session's collation; 0 if the client did not say.
    pub character_set: u16,
    /// The name of the client's authentication method; `None` if it sent none.
    pub auth_plugin: Option<String>,
    /// The response to the scramble, or with `mysql_clear_password` the password itself.
    pub auth_response: SecretBox<Vec<u8>>,
    /// Names and values, in the order in which they were sent.
    pub connection_attributes: Vec<(String, String)>,
    /// Whether the client sent it inside TLS.
    pub is_tls: bool,
}

impl fmt::Debug for HandshakeResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user,
            database,
            capabilities,
            client_capabilities,
            mariadb_capabilities,
            max_packet_size,
            character_set,
            auth_plugin,
            auth_response,
            connection_attributes,
            is_tls,
        } = self;
        let length = auth_response.expose_secret().len();
        f.debug_struct("HandshakeResponse")
            .field("user", user)
            .field("database", database)
            .field("capabilities", capabilities)
            .field("client_capabilities", client_capabilities)
            .field("mariadb_capabilities", mariadb_capabilities)
            .field("max_packet_size", max_packet_size)
            .field("character_set", character_set)
            .field("auth_plugin", auth_plugin)
            .field("auth_response", &format_args!("<{length} bytes, redacted>"))
            .field("connection_attributes", connection_attributes)
            .field("is_tls", is_tls)
            .finish()
    }
}

/// The next action of the caller.
#[must_use = "the handshake continues only after the step has been done"]
pub enum ServerStep {
    /// Read from the client, and pass the bytes to [`ServerHandshake::receive`]. Before TLS, read one packet at a time
    /// and no byte after it: after its request for TLS, a client begins TLS without waiting.
    Read,
    /// Write these bytes, then call [`ServerHandshake::receive`] with no bytes.
    Write(Vec<u8>),
    /// Accept TLS as the server, then call [`ServerHandshake::tls_established`].
    StartTls,
    /// The client sent its response: authenticate it. Continue with [`ServerHandshake::switch_plugin`],
    /// [`ServerHandshake::more_data`], [`ServerHandshake::finish`] or [`ServerHandshake::refuse`].
    Authenticate(Box<HandshakeResponse>),
    /// The client's answer to [`ServerHandshake::switch_plugin`] or [`ServerHandshake::more_data`]. Continue as after
    /// [`Self::Authenticate`].
    PluginResponse(SecretBox<Vec<u8>>),
}

impl fmt::Debug for ServerStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("Read"),
            Self::Write(bytes) => f.debug_tuple("Write").field(bytes).finish(),
            Self::StartTls => f.write_str("StartTls"),
            Self::Authenticate(response) => f.debug_tuple("Authenticate").field(response).finish(),
            Self::PluginResponse(bytes) => {
                let length = bytes.expose_secret().len();
                write!(f, "PluginResponse(<{length} bytes, redacted>)")
            }
        }
    }
}

impl From<wit::Step> for ServerStep {
    fn from(step: wit::Step) -> Self {
        match step {
            wit::Step::Read => Self::Read,
            wit::Step::Write(bytes) => Self::Write(bytes),
            wit::Step::StartTls => Self::StartTls,
            wit::Step::Authenticate(response) => Self::Authenticate(Box::new(response.into())),
            wit::Step::PluginResponse(bytes) => {
                Self::PluginResponse(SecretBox::new(Box::new(bytes)))
            }
        }
    }
}

impl From<wit::HandshakeResponse> for HandshakeResponse {
    fn from(response: wit::HandshakeResponse) -> Self {
        let attributes = response.connection_attributes.into_iter();
        Self {
            user: response.user,
            database: response.database,
            capabilities: response.capabilities,
            client_capabilities: response.client_capabilities,
            mariadb_capabilities: response.mariadb_capabilities,
            max_packet_size: response.max_packet_size,
            character_set: response.character_set,
            auth_plugin: response.auth_plugin,
            auth_response: SecretBox::new(Box::new(response.auth_response)),
            connection_attributes: attributes
                .map(|attribute| (attribute.name, attribute.value))
                .collect(),
            is_tls: response.is_tls,
        }
    }
}

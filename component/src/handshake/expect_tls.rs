//! The `SSLRequest` has been given out: TLS must stand before anything else happens.

use super::auth::Auth;
use super::expect_auth_result::ExpectAuthResult;
use crate::auth_plugin::{AuthPlugin, caching_sha2_password, mysql_native_password};
use crate::packet::{CapabilityFlags, HandshakeResponse, InitialHandshake};
use crate::secret_string::SecretBytes;

#[derive(Debug)]
pub(super) struct ExpectTls {
    pub(super) initial_handshake: InitialHandshake,
    pub(super) capabilities: CapabilityFlags,
    pub(super) db_user: String,
    pub(super) database: Option<String>,
    pub(super) connection_attributes: Vec<(String, String)>,
    pub(super) character_set: u8,
}

impl ExpectTls {
    /// The next state, and the `HandshakeResponse` that leads to it.
    pub(super) fn tls_established(self, auth: Auth) -> (ExpectAuthResult, SecretBytes) {
        let first = FirstAnswer::new(&auth, &self.initial_handshake);
        let response = HandshakeResponse {
            capabilities: self.capabilities,
            character_set: self.character_set,
            db_user: &self.db_user,
            auth_response: first.auth_response.expose(),
            database: self.database.as_deref(),
            auth_plugin_name: first.auth_plugin_name,
            connection_attributes: &self.connection_attributes,
        }
        .payload();
        let expect = ExpectAuthResult::new(
            auth,
            first.auth_plugin,
            self.initial_handshake,
            self.capabilities,
            self.character_set,
        );
        (expect, response)
    }
}

/// What the `HandshakeResponse` answers, before the server has said what the account needs.
struct FirstAnswer {
    auth_plugin_name: &'static str,
    auth_response: SecretBytes,
    /// The method that has been answered; none has with a token.
    auth_plugin: Option<AuthPlugin>,
}

impl FirstAnswer {
    fn new(auth: &Auth, server: &InitialHandshake) -> Self {
        match auth {
            Auth::IamToken(_) => Self::without_token(&server.auth_plugin_name),
            Auth::Password(password) => match AuthPlugin::from_name(&server.auth_plugin_name) {
                Some(plugin @ AuthPlugin::MysqlNativePassword) => Self::with(
                    plugin,
                    mysql_native_password::response(password, &server.scramble),
                ),
                // The scramble is not one for the other methods: this one says that, and the server
                // asks for the account's own.
                Some(_) | None => Self::with(
                    AuthPlugin::CachingSha2Password,
                    caching_sha2_password::response(password, &server.scramble),
                ),
            },
        }
    }

    /// The token never goes along: the one byte that holds the answer's length at some servers is
    /// too small for it. It goes where it is asked for, so the method named here must not be the
    /// account's: a server would take the empty answer for the token. The server's default is named
    /// if it is another, and never a name that only the server knows.
    fn without_token(servers_default: &str) -> Self {
        let plugin = match AuthPlugin::from_name(servers_default) {
            Some(AuthPlugin::MysqlClearPassword) | None => AuthPlugin::MysqlNativePassword,
            Some(default) => default,
        };
        Self {
            auth_plugin_name: plugin.name(),
            auth_response: SecretBytes::new(Vec::new()),
            auth_plugin: None,
        }
    }

    fn with(plugin: AuthPlugin, auth_response: SecretBytes) -> Self {
        Self {
            auth_plugin_name: plugin.name(),
            auth_response,
            auth_plugin: Some(plugin),
        }
    }
}

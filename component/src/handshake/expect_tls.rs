//! The state after the `SSLRequest`: TLS must be established before any other packet.

use super::auth::Auth;
use super::expect_auth_result::ExpectAuthResult;
use super::session::Negotiated;
use crate::auth_plugin::{AuthPlugin, caching_sha2_password, mysql_native_password};
use crate::packet::{HandshakeResponse, InitialHandshake, SslRequest};
use crate::secret_string::SecretBytes;

#[derive(Debug)]
pub(super) struct ExpectTls {
    pub(super) initial_handshake: InitialHandshake,
    /// The request that was sent. The `HandshakeResponse` repeats its fields.
    pub(super) ssl_request: SslRequest,
    pub(super) db_user: String,
    pub(super) database: Option<String>,
    pub(super) connection_attributes: Vec<(String, String)>,
}

impl ExpectTls {
    /// Returns the next state, and the `HandshakeResponse` to send.
    pub(super) fn tls_established(self, auth: Auth) -> (ExpectAuthResult, SecretBytes) {
        let first = FirstAnswer::new(&auth, &self.initial_handshake);
        let response = HandshakeResponse {
            ssl_request: self.ssl_request,
            db_user: &self.db_user,
            auth_response: first.auth_response.expose(),
            database: self.database.as_deref(),
            auth_plugin_name: first.auth_plugin_name,
            connection_attributes: &self.connection_attributes,
        }
        .payload();
        let negotiated = Negotiated {
            server_version: self.initial_handshake.server_version_text(),
            connection_id: self.initial_handshake.connection_id,
            capabilities: self.ssl_request.capabilities,
            mariadb_capabilities: self.ssl_request.mariadb_capabilities,
            character_set: self.ssl_request.character_set.into(),
        };
        let expect = ExpectAuthResult::new(auth, first.auth_plugin, negotiated);
        (expect, response)
    }
}

/// The authentication fields of the `HandshakeResponse`. The client does not know the account's method yet.
struct FirstAnswer {
    auth_plugin_name: &'static str,
    auth_response: SecretBytes,
    /// The method that this response answers; `None` with a token.
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
                // The server's scramble suits only these two methods. If the account has another one, the server sends
                // an `AuthSwitchRequest` with a new challenge.
                Some(_) | None => Self::with(
                    AuthPlugin::CachingSha2Password,
                    caching_sha2_password::response(password, &server.scramble),
                ),
            },
        }
    }

    /// The `HandshakeResponse` never contains the token: some servers accept only a length of one byte there, which is
    /// too short for it. The token is sent when the server requests it with an `AuthSwitchRequest`. The response must
    /// therefore name another method than the account's, `mysql_clear_password`: otherwise the server would take the
    /// empty response for the token. It names the server's default if that is another method that this crate has, and
    /// `mysql_native_password` if not.
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

//! The state before a `COM_CHANGE_USER`, which begins an authentication in an existing session.

use super::auth::Auth;
use super::config::Config;
use super::error::Error;
use super::expect_auth_result::ExpectAuthResult;
use super::expect_initial_handshake::REQUIRED;
use super::session::Negotiated;
use crate::auth_plugin::AuthPlugin;
use crate::packet::{CapabilityFlags, ChangeUser};

/// The command to send, and the state after it.
#[derive(Debug)]
pub(super) struct SendChangeUser {
    config: Config,
    capabilities: CapabilityFlags,
    mariadb_capabilities: u32,
    auth: Auth,
}

impl SendChangeUser {
    pub(super) fn new(
        config: Config,
        capabilities: CapabilityFlags,
        mariadb_capabilities: u32,
        auth: Auth,
    ) -> Result<Self, Error> {
        auth.check().map_err(Error::InvalidConfig)?;
        // A server may request the token or the password itself.
        let inside_tls = (CapabilityFlags::CLIENT_SSL, "CLIENT_SSL");
        for (flag, name) in REQUIRED.into_iter().chain([inside_tls]) {
            if !capabilities.contains(flag) {
                return Err(Error::MissingCapability(name));
            }
        }
        Ok(Self {
            config,
            capabilities,
            mariadb_capabilities,
            auth,
        })
    }

    /// Returns the next state, and the payload of the command.
    ///
    /// The command has no authentication data: the scramble of the session is not known here, and a token is sent only
    /// when the server requests it. It names `caching_sha2_password`. A server whose account has that method sends a
    /// new scramble, and for every other method, it sends an `AuthSwitchRequest` because the names differ. With the
    /// name `mysql_clear_password`, it would take the empty data for the token.
    pub(super) fn send(self) -> (ExpectAuthResult, Vec<u8>) {
        let command = ChangeUser {
            capabilities: self.capabilities,
            db_user: &self.config.db_user,
            database: self.config.database.as_deref(),
            character_set: self.config.character_set,
            auth_plugin_name: AuthPlugin::CachingSha2Password.name(),
            connection_attributes: &self.config.connection_attributes,
        }
        .payload();
        // With a password, an account that has none is authenticated by the empty data.
        let answered = match self.auth {
            Auth::IamToken(_) => None,
            Auth::Password(_) => Some(AuthPlugin::CachingSha2Password),
        };
        let negotiated = Negotiated {
            server_version: String::new(),
            connection_id: 0,
            capabilities: self.capabilities,
            mariadb_capabilities: self.mariadb_capabilities,
            character_set: self.config.character_set,
        };
        let expect = ExpectAuthResult::new(self.auth, answered, negotiated);
        (expect, command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret_string::SecretString;

    const SESSION: u32 = 0x0008_8A00;

    fn begin(capabilities: u32, auth: Auth) -> Result<SendChangeUser, Error> {
        let config = Config::new("reader".to_owned(), None, Vec::new(), 45).unwrap();
        let capabilities = CapabilityFlags::from_bits_retain(capabilities);
        SendChangeUser::new(config, capabilities, 0, auth)
    }

    #[test]
    fn a_session_without_tls_or_a_required_capability_is_refused() {
        let secret = || SecretString::new("secret".to_owned());
        for auth in [Auth::IamToken(secret()), Auth::Password(secret())] {
            assert!(begin(SESSION, auth.clone()).is_ok());
            for (flag, name) in [
                (0x0800, "CLIENT_SSL"),
                (0x0200, "CLIENT_PROTOCOL_41"),
                (0x8000, "CLIENT_SECURE_CONNECTION"),
                (0x0008_0000, "CLIENT_PLUGIN_AUTH"),
            ] {
                let error = begin(SESSION & !flag, auth.clone()).unwrap_err();
                assert_eq!(error, Error::MissingCapability(name));
            }
        }
    }
}

//! The authentication after the client's response: the caller decides each step.

use super::config::{
    ConfigField, InvalidConfig, Scramble, check_auth_plugin, check_length, scramble,
};
use super::error::Error;
use super::handshake_response::HandshakeResponse;
use super::stored_hash::{matches_sha1, matches_sha256};
use crate::auth_plugin::AuthPlugin;
use crate::packet::{AUTH_MORE_DATA_HEADER, AuthSwitchRequest, CapabilityFlags, PAYLOAD_LIMIT};
use crate::secret_string::SecretBytes;

/// The longest answer to `mysql_clear_password` in bytes: twice the longest token.
const CLEAR_PASSWORD_LIMIT: usize = 524_288;

/// The client's last response, and what it answers.
#[derive(Debug)]
pub(super) struct Authentication {
    capabilities: CapabilityFlags,
    scramble: Scramble,
    response: SecretBytes,
    answer_limit: usize,
}

impl Authentication {
    pub(super) fn new(response: &HandshakeResponse, scramble: Scramble) -> Self {
        Self {
            capabilities: response.capabilities,
            scramble,
            response: response.auth_response.clone(),
            answer_limit: PAYLOAD_LIMIT,
        }
    }

    /// The longest answer that is read, in bytes.
    pub(super) fn answer_limit(&self) -> usize {
        self.answer_limit
    }

    /// Keeps the client's answer.
    pub(super) fn answered(&mut self, response: SecretBytes) {
        self.response = response;
    }

    /// Returns the payload of an `AuthSwitchRequest`. The methods with a scramble get it with a NUL after it, as from
    /// MySQL: clients refuse it without.
    pub(super) fn switch_plugin(&mut self, plugin: &str, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.require_plugin_auth()?;
        check_auth_plugin(plugin)?;
        check_length(ConfigField::AuthPluginData, data)?;
        let mut auth_plugin_data = data.to_vec();
        self.answer_limit = PAYLOAD_LIMIT;
        match AuthPlugin::from_name(plugin) {
            Some(AuthPlugin::CachingSha2Password | AuthPlugin::MysqlNativePassword) => {
                self.scramble = scramble(data)?;
                auth_plugin_data.push(0);
            }
            Some(AuthPlugin::MysqlClearPassword) => self.answer_limit = CLEAR_PASSWORD_LIMIT,
            Some(AuthPlugin::ClientEd25519) | None => {}
        }
        let request = AuthSwitchRequest {
            auth_plugin_name: plugin.to_owned(),
            auth_plugin_data,
        };
        Ok(request.payload())
    }

    /// Returns the payload of an `AuthMoreData`.
    pub(super) fn more_data(&self, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.require_plugin_auth()?;
        check_length(ConfigField::AuthPluginData, data)?;
        Ok([&[AUTH_MORE_DATA_HEADER], data].concat())
    }

    pub(super) fn verify_caching_sha2(&self, stored: &[u8]) -> Result<bool, Error> {
        let stored = stored.try_into().map_err(|_| invalid_hash())?;
        let response = self.response.expose();
        Ok(matches_sha256(response, &self.scramble, stored))
    }

    pub(super) fn verify_native_password(&self, stored: &[u8]) -> Result<bool, Error> {
        let stored = stored.try_into().map_err(|_| invalid_hash())?;
        let response = self.response.expose();
        Ok(matches_sha1(response, &self.scramble, stored))
    }

    fn require_plugin_auth(&self) -> Result<(), Error> {
        let plugin_auth = CapabilityFlags::CLIENT_PLUGIN_AUTH;
        if !self.capabilities.contains(plugin_auth) {
            return Err(Error::MissingCapability("CLIENT_PLUGIN_AUTH"));
        }
        Ok(())
    }
}

fn invalid_hash() -> InvalidConfig {
    InvalidConfig::Invalid(ConfigField::StoredHash)
}

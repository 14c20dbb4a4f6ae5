//! Authenticating a client by its password, and the error that it receives if authentication fails.
//!
//! Source: MySQL Source Code Documentation, "Caching_sha2_password information" and "Native Authentication".

use rds_bridge::component::{HandshakeResponse, ServerStep, scramble};
use rds_bridge_text::Printable;
use secrecy::ExposeSecret;

use super::{Client, ClientError};
use crate::refusal::Refusal;
use crate::users::{PasswordHash, Users};

const CACHING_SHA2_PASSWORD: &str = "caching_sha2_password";
const MYSQL_NATIVE_PASSWORD: &str = "mysql_native_password";
const MYSQL_CLEAR_PASSWORD: &str = "mysql_clear_password";
/// `fast_auth_success`: the server has verified the response.
const FAST_AUTH_SUCCESS: u8 = 3;
/// What the response of an unknown user is compared with, so that it takes the same time. No password has these hashes.
const NO_PASSWORD: PasswordHash = PasswordHash {
    sha256_twice: [0; 32],
    sha1_twice: Some([0; 20]),
};

impl Client {
    /// Accepts the client, in the way that its method expects: a client that has sent a response of
    /// `caching_sha2_password` waits for the result before the `OK_Packet`, and others do not know that result.
    pub(super) async fn trust(&mut self, response: &HandshakeResponse) -> Result<(), ClientError> {
        match response.auth_plugin.as_deref() {
            Some(CACHING_SHA2_PASSWORD) if has_password(response) => self.announce_success(),
            None | Some(CACHING_SHA2_PASSWORD | MYSQL_NATIVE_PASSWORD | MYSQL_CLEAR_PASSWORD) => {
                Ok(())
            }
            // MariaDB's client names `dummy_fallback_auth` if it could not load the server's method, and must be
            // switched to another one. This one is built into it.
            Some(_) => {
                let _is_ignored = self.switch_plugin(MYSQL_NATIVE_PASSWORD).await?;
                Ok(())
            }
        }
    }

    /// Verifies the client's password. The steps and their time do not depend on whether the user exists.
    pub(super) async fn check(
        &mut self,
        response: &HandshakeResponse,
        users: &Users,
        host: &str,
    ) -> Result<(), ClientError> {
        let user = users.password(&response.user);
        let password = user.unwrap_or(&NO_PASSWORD);
        if is_of(response, CACHING_SHA2_PASSWORD) && !has_password(response) {
            return self.deny(response, host, false).await;
        }
        // A client that names no method knows this one alone.
        let is_native = is_of(response, MYSQL_NATIVE_PASSWORD) || response.auth_plugin.is_none();
        if is_native && users.allows_native_password() {
            let stored = password.sha1_twice.unwrap_or_default();
            let verified = self.handshake.verify_native_password(&stored);
            return match verified.map_err(ClientError::of_call)? && user.is_some() {
                true => Ok(()),
                false => self.deny(response, host, has_password(response)).await,
            };
        }
        if !is_of(response, CACHING_SHA2_PASSWORD)
            && !self.switch_plugin(CACHING_SHA2_PASSWORD).await?
        {
            return self.deny(response, host, false).await;
        }
        let verified = self.handshake.verify_caching_sha2(&password.sha256_twice);
        match verified.map_err(ClientError::of_call)? && user.is_some() {
            true => self.announce_success(),
            false => self.deny(response, host, true).await,
        }
    }

    fn announce_success(&mut self) -> Result<(), ClientError> {
        let packet = self.handshake.more_data(&[FAST_AUTH_SUCCESS]);
        self.before_last = packet.map_err(ClientError::of_call)?;
        Ok(())
    }

    /// Requests another method with a new scramble. Returns whether the client has sent a password.
    async fn switch_plugin(&mut self, plugin: &str) -> Result<bool, ClientError> {
        self.scramble = scramble()?;
        let switched = self.handshake.switch_plugin(plugin, &self.scramble);
        let request = switched.map_err(ClientError::of_call)?;
        self.write(&request).await?;
        let mut step = self.receive(&[]).await?;
        loop {
            step = match step {
                ServerStep::PluginResponse(answer) => {
                    return Ok(answer.expose_secret().len() > 1);
                }
                step => self.advance(step).await?,
            };
        }
    }

    /// Refuses a client whose certificate is that of no caller, or of another one.
    pub(super) async fn deny_certificate(
        &mut self,
        response: &HandshakeResponse,
        names: Option<Vec<String>>,
        host: &str,
    ) -> Result<String, ClientError> {
        let refusal = Refusal::access_denied(&response.user, host, false);
        let certificate = match names {
            Some(names) => format!("the client's certificate is for {}", names.join(", ")),
            None => "the client sent no certificate".to_owned(),
        };
        let reason = format!("{}: {}", refusal.message, Printable(&certificate));
        self.send_refusal(&refusal).await;
        Err(ClientError::Refused(reason))
    }

    async fn deny(
        &mut self,
        response: &HandshakeResponse,
        host: &str,
        has_password: bool,
    ) -> Result<(), ClientError> {
        let refusal = Refusal::access_denied(&response.user, host, has_password);
        let reason = refusal.message.clone();
        self.send_refusal(&refusal).await;
        Err(ClientError::Refused(reason))
    }
}

fn is_of(response: &HandshakeResponse, plugin: &str) -> bool {
    response.auth_plugin.as_deref() == Some(plugin)
}

/// Whether the response is more than the NUL that some clients send in place of an empty password.
fn has_password(response: &HandshakeResponse) -> bool {
    response.auth_response.expose_secret().len() > 1
}

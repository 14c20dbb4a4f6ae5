//! Inside TLS, after the `HandshakeResponse`: the server accepts, refuses, or continues the authentication.

use rds_bridge_wire::OkPacket;

use super::auth::Auth;
use super::error::Error;
use super::session::{Negotiated, Session};
#[cfg(feature = "client_ed25519")]
use crate::auth_plugin::client_ed25519;
use crate::auth_plugin::{
    AuthPlugin, caching_sha2_password, mysql_clear_password, mysql_native_password,
};
use crate::packet::{
    AUTH_MORE_DATA_HEADER, AUTH_NEXT_FACTOR_HEADER, AUTH_SWITCH_REQUEST_HEADER, AuthSwitchRequest,
    ERR_HEADER, InvalidPacket, OK_HEADER, PacketName, ServerError,
};
use crate::secret_string::{SecretBytes, SecretString};

/// How many `AuthSwitchRequest`s a password answers. MariaDB sends one for each alternative of an account
/// (`VIA ed25519 … OR mysql_native_password …`) until one succeeds; several alternatives may have the same method.
const MAX_PASSWORD_SWITCHES: u8 = 8;
/// How many `AuthSwitchRequest`s a token answers: it is sent only once.
const MAX_TOKEN_SWITCHES: u8 = 1;

#[derive(Debug)]
pub(super) struct ExpectAuthResult {
    auth: Auth,
    /// The last method that was answered. `None` until the server requests the token.
    answered: Option<AuthPlugin>,
    /// How many `AuthSwitchRequest`s were answered.
    switches: u8,
    /// Whether the server has sent the one `AuthMoreData` that `caching_sha2_password` allows. An `AuthSwitchRequest`
    /// allows another.
    has_verdict: bool,
    negotiated: Negotiated,
}

/// The outcome of a packet.
#[derive(Debug)]
pub(super) enum Next {
    /// Wait for another packet.
    Wait(ExpectAuthResult),
    /// Send this payload.
    Answer(ExpectAuthResult, SecretBytes),
    /// The user is authenticated.
    Ready(Session),
}

impl ExpectAuthResult {
    pub(super) fn new(auth: Auth, answered: Option<AuthPlugin>, negotiated: Negotiated) -> Self {
        Self {
            auth,
            answered,
            switches: 0,
            has_verdict: false,
            negotiated,
        }
    }

    pub(super) fn receive(self, payload: &[u8]) -> Result<Next, Error> {
        match payload.split_first() {
            Some((&OK_HEADER, _)) => self.accepted(payload),
            Some((&ERR_HEADER, _)) => Err(Error::ServerRefused(ServerError::read(payload)?)),
            Some((&AUTH_SWITCH_REQUEST_HEADER, _)) => {
                self.switch_to(&AuthSwitchRequest::read(payload)?)
            }
            Some((&AUTH_MORE_DATA_HEADER, data)) => self.more_data(data),
            Some((&AUTH_NEXT_FACTOR_HEADER, _)) => Err(Error::MultiFactorAuthentication),
            Some((&header, _)) => Err(Error::UnexpectedPacket(header)),
            None => Err(Error::InvalidPacket(InvalidPacket {
                packet: PacketName::OkPacket,
                field: "header",
            })),
        }
    }

    fn accepted(self, payload: &[u8]) -> Result<Next, Error> {
        let ok = OkPacket::read(PacketName::OkPacket, payload)?;
        let auth_plugin = self.answered.ok_or(Error::TokenNotRequested)?;
        let Negotiated {
            server_version,
            connection_id,
            capabilities,
            mariadb_capabilities,
            character_set,
        } = self.negotiated;
        Ok(Next::Ready(Session {
            server_version,
            connection_id,
            capabilities,
            mariadb_capabilities,
            character_set,
            status_flags: ok.status_flags,
            warnings: ok.warnings,
            ok_packet: payload.to_vec(),
            auth_plugin,
        }))
    }

    fn switch_to(mut self, request: &AuthSwitchRequest) -> Result<Next, Error> {
        let most = match self.auth {
            Auth::IamToken(_) => MAX_TOKEN_SWITCHES,
            Auth::Password(_) => MAX_PASSWORD_SWITCHES,
        };
        if self.switches >= most {
            return Err(Error::RepeatedAuthSwitch);
        }
        let plugin = AuthPlugin::from_name(&request.auth_plugin_name)
            .ok_or_else(|| Error::UnsupportedAuthPlugin(request.auth_plugin_name.clone()))?;
        let answer = match (&self.auth, plugin) {
            (Auth::IamToken(token), AuthPlugin::MysqlClearPassword) => {
                mysql_clear_password::response(token)
            }
            (Auth::IamToken(_), _) | (Auth::Password(_), AuthPlugin::MysqlClearPassword) => {
                return Err(Error::RefusedAuthPlugin(plugin));
            }
            (Auth::Password(password), AuthPlugin::CachingSha2Password) => {
                caching_sha2_password::response(password, &challenge(request)?)
            }
            (Auth::Password(password), AuthPlugin::MysqlNativePassword) => {
                mysql_native_password::response(password, &challenge(request)?)
            }
            (Auth::Password(password), AuthPlugin::ClientEd25519) => ed25519(password, request)?,
        };
        self.switches = self.switches.saturating_add(1);
        self.has_verdict = false;
        self.answered = Some(plugin);
        Ok(Next::Answer(self, answer))
    }

    fn more_data(mut self, data: &[u8]) -> Result<Next, Error> {
        use caching_sha2_password::Verdict;

        let (Auth::Password(password), Some(AuthPlugin::CachingSha2Password), false) =
            (&self.auth, self.answered, self.has_verdict)
        else {
            return Err(Error::UnexpectedPacket(AUTH_MORE_DATA_HEADER));
        };
        match Verdict::read(data) {
            Some(Verdict::FastAuthSuccess) => {
                self.has_verdict = true;
                Ok(Next::Wait(self))
            }
            Some(Verdict::PerformFullAuthentication) => {
                // Inside TLS, the server expects the password and a NUL, as `mysql_clear_password` sends them.
                let answer = mysql_clear_password::response(password);
                self.has_verdict = true;
                Ok(Next::Answer(self, answer))
            }
            None => Err(Error::InvalidPacket(InvalidPacket {
                packet: PacketName::AuthMoreData,
                field: "authentication method data",
            })),
        }
    }
}

/// The challenge of a request, with the length that the method needs. A server may append a NUL.
fn challenge<const LENGTH: usize>(
    request: &AuthSwitchRequest,
) -> Result<[u8; LENGTH], InvalidPacket> {
    let data = match request.auth_plugin_data.split_last() {
        Some((0, challenge)) if challenge.len() == LENGTH => challenge,
        Some(_) | None => &request.auth_plugin_data,
    };
    <[u8; LENGTH]>::try_from(data).map_err(|_| InvalidPacket {
        packet: PacketName::AuthSwitchRequest,
        field: "plugin provided data",
    })
}

#[cfg(feature = "client_ed25519")]
fn ed25519(password: &SecretString, request: &AuthSwitchRequest) -> Result<SecretBytes, Error> {
    let challenge = challenge::<{ client_ed25519::CHALLENGE_LENGTH }>(request)?;
    Ok(client_ed25519::response(password, &challenge))
}

#[cfg(not(feature = "client_ed25519"))]
fn ed25519(_: &SecretString, request: &AuthSwitchRequest) -> Result<SecretBytes, Error> {
    let name = request.auth_plugin_name.clone();
    Err(Error::UnsupportedAuthPlugin(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::CapabilityFlags;

    fn expecting(auth: Auth) -> ExpectAuthResult {
        let negotiated = Negotiated {
            server_version: String::new(),
            connection_id: 0,
            capabilities: CapabilityFlags::empty(),
            mariadb_capabilities: 0,
            character_set: 45,
        };
        ExpectAuthResult::new(auth, None, negotiated)
    }

    /// Repeats a request until it is refused, and returns how often it was answered.
    fn answers(auth: Auth, request: &[u8]) -> (usize, Error) {
        let mut expect = expecting(auth);
        let mut count = 0_usize;
        loop {
            expect = match expect.receive(request) {
                Ok(Next::Answer(next, _)) => next,
                Ok(next) => panic!("{next:?}"),
                Err(error) => return (count, error),
            };
            count = count.saturating_add(1);
        }
    }

    #[test]
    fn a_password_answers_a_few_requests_and_a_token_one() {
        let secret = || SecretString::new("hunter2".into());
        let native = b"\xFEmysql_native_password\0abcdefghijklmnopqrst\0";
        assert_eq!(
            answers(Auth::Password(secret()), native),
            (8, Error::RepeatedAuthSwitch)
        );
        assert_eq!(
            answers(Auth::IamToken(secret()), b"\xFEmysql_clear_password\0"),
            (1, Error::RepeatedAuthSwitch)
        );
    }
}

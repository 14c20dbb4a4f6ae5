//! The first state: the server sends the first packet.

use super::config::Config;
use super::error::Error;
use super::expect_tls::ExpectTls;
use crate::packet::{CapabilityFlags, ERR_HEADER, InitialHandshake, ServerError, SslRequest};

/// The only protocol version since MySQL 3.21.
const PROTOCOL_VERSION: u8 = 10;

/// The required capabilities, in the order of the checks. `CLIENT_SSL` is checked before them.
const REQUIRED: [(CapabilityFlags, &str); 3] = [
    (CapabilityFlags::CLIENT_PROTOCOL_41, "CLIENT_PROTOCOL_41"),
    (
        CapabilityFlags::CLIENT_SECURE_CONNECTION,
        "CLIENT_SECURE_CONNECTION",
    ),
    (CapabilityFlags::CLIENT_PLUGIN_AUTH, "CLIENT_PLUGIN_AUTH"),
];

/// The optional capabilities, used if the server has them. `CLIENT_LOCAL_FILES` and `CLIENT_MULTI_STATEMENTS` are not
/// among them: the server may not request a file of the client, and `COM_QUERY` may not contain several statements.
const WANTED: CapabilityFlags = CapabilityFlags::CLIENT_LONG_PASSWORD
    .union(CapabilityFlags::CLIENT_LONG_FLAG)
    .union(CapabilityFlags::CLIENT_TRANSACTIONS)
    .union(CapabilityFlags::CLIENT_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_PS_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA)
    .union(CapabilityFlags::CLIENT_DEPRECATE_EOF);

#[derive(Debug)]
pub(super) struct ExpectInitialHandshake {
    config: Config,
}

impl ExpectInitialHandshake {
    pub(super) fn new(config: Config) -> Self {
        Self { config }
    }

    /// Returns the next state, and the `SSLRequest` to send.
    pub(super) fn receive(self, payload: &[u8]) -> Result<(ExpectTls, Vec<u8>), Error> {
        if payload.first() == Some(&ERR_HEADER) {
            return Err(Error::ServerRefusedBeforeTls(ServerError::read(payload)?));
        }
        let version = InitialHandshake::protocol_version(payload)?;
        if version != PROTOCOL_VERSION {
            return Err(Error::UnsupportedProtocolVersion(version));
        }
        let initial_handshake = InitialHandshake::read(payload)?;
        let capabilities = self.negotiate(initial_handshake.capabilities)?;

        let Config {
            db_user,
            database,
            connection_attributes,
            character_set,
        } = self.config;
        let ssl_request = SslRequest {
            capabilities,
            character_set,
        };
        let expect = ExpectTls {
            initial_handshake,
            capabilities,
            db_user,
            database,
            connection_attributes,
            character_set,
        };
        Ok((expect, ssl_request.payload()))
    }

    /// Returns the flags that both sides support.
    fn negotiate(&self, servers: CapabilityFlags) -> Result<CapabilityFlags, Error> {
        if !servers.contains(CapabilityFlags::CLIENT_SSL) {
            return Err(Error::TlsNotOffered);
        }
        let mut ours = CapabilityFlags::CLIENT_SSL;
        for (flag, name) in REQUIRED {
            if !servers.contains(flag) {
                return Err(Error::MissingCapability(name));
            }
            ours |= flag;
        }
        if self.config.database.is_some() {
            if !servers.contains(CapabilityFlags::CLIENT_CONNECT_WITH_DB) {
                return Err(Error::MissingCapability("CLIENT_CONNECT_WITH_DB"));
            }
            ours |= CapabilityFlags::CLIENT_CONNECT_WITH_DB;
        }
        if !self.config.connection_attributes.is_empty() {
            ours |= servers & CapabilityFlags::CLIENT_CONNECT_ATTRS;
        }
        Ok(ours | (WANTED & servers))
    }
}

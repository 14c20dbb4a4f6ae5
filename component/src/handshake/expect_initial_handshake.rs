//! Nothing has been sent: the server speaks first.

use super::config::Config;
use super::error::Error;
use super::expect_tls::ExpectTls;
use crate::packet::{CapabilityFlags, ERR_HEADER, InitialHandshake, ServerError, SslRequest};

/// The one version of the protocol since MySQL 3.21.
const PROTOCOL_VERSION: u8 = 10;

/// What the handshake cannot do without, in the order in which it is looked for. TLS comes first.
const REQUIRED: [(CapabilityFlags, &str); 3] = [
    (CapabilityFlags::CLIENT_PROTOCOL_41, "CLIENT_PROTOCOL_41"),
    (
        CapabilityFlags::CLIENT_SECURE_CONNECTION,
        "CLIENT_SECURE_CONNECTION",
    ),
    (CapabilityFlags::CLIENT_PLUGIN_AUTH, "CLIENT_PLUGIN_AUTH"),
];

/// What is asked for where the server has it. Not `CLIENT_LOCAL_FILES` nor
/// `CLIENT_MULTI_STATEMENTS`: a server cannot ask for a file, and a statement is one.
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

    /// The next state, and the `SSLRequest` that leads to it.
    pub(super) fn receive(self, payload: &[u8]) -> Result<(ExpectTls, Vec<u8>), Error> {
        if payload.first() == Some(&ERR_HEADER) {
            return Err(Error::ServerRefusedBeforeTls(ServerError::read(payload)?));
        }
        let version = InitialHandshake::protocol_version(payload)?;
        if version != PROTOCOL_VERSION {
            return Err(Error::UnsupportedProtocolVersion(version));
        }
        let initial_handshake = InitialHandshake::read(payload)?;
        let capabilities = self.agree_on(initial_handshake.capabilities)?;

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

    /// The flags of both sides.
    fn agree_on(&self, servers: CapabilityFlags) -> Result<CapabilityFlags, Error> {
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

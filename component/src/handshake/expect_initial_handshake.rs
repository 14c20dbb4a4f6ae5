//! The first state: the server sends the first packet.

use super::config::{Config, InvalidConfig};
use super::error::Error;
use super::expect_tls::ExpectTls;
use crate::packet::{
    CapabilityFlags, ERR_HEADER, InitialHandshake, PROTOCOL_VERSION, ServerError, SslRequest,
    UNSUPPORTED,
};

/// The required capabilities, in the order of the checks. A handshake checks `CLIENT_SSL` before them.
pub(super) const REQUIRED: [(CapabilityFlags, &str); 3] = [
    (CapabilityFlags::CLIENT_PROTOCOL_41, "CLIENT_PROTOCOL_41"),
    (
        CapabilityFlags::CLIENT_SECURE_CONNECTION,
        "CLIENT_SECURE_CONNECTION",
    ),
    (CapabilityFlags::CLIENT_PLUGIN_AUTH, "CLIENT_PLUGIN_AUTH"),
];

/// The flags that [`ExpectInitialHandshake::negotiate`] decides itself: without TLS there is no handshake, and the
/// others determine which fields the packets of the connection phase have.
const DECIDED_HERE: CapabilityFlags = UNSUPPORTED
    .union(CapabilityFlags::CLIENT_SSL)
    .union(CapabilityFlags::CLIENT_CONNECT_WITH_DB)
    .union(CapabilityFlags::CLIENT_CONNECT_ATTRS);

#[derive(Debug)]
pub(super) struct ExpectInitialHandshake {
    config: Config,
    /// The config's character set, in the one byte of a handshake.
    character_set: u8,
}

impl ExpectInitialHandshake {
    pub(super) fn new(config: Config) -> Result<Self, InvalidConfig> {
        let character_set = config.handshake_character_set()?;
        Ok(Self {
            config,
            character_set,
        })
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

        // 0 if the server's capabilities are those of MySQL.
        let mariadb_capabilities =
            self.config.mariadb_capabilities & initial_handshake.mariadb_capabilities;
        let ssl_request = SslRequest {
            capabilities,
            mariadb_capabilities,
            max_packet_size: self.config.max_packet_size,
            character_set: self.character_set,
        };
        let expect = ExpectTls {
            initial_handshake,
            ssl_request,
            db_user: self.config.db_user,
            database: self.config.database,
            connection_attributes: self.config.connection_attributes,
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
        ours |= servers & CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA;
        Ok(ours | (servers & self.config.capabilities.difference(DECIDED_HERE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED_BITS: u32 = 0x0008_8A00;
    const LENENC: u32 = 0x0020_0000;
    const CONNECT_WITH_DB: u32 = 0x0000_0008;
    const CONNECT_ATTRS: u32 = 0x0010_0000;
    const COMPRESS_ZSTD_MFA: u32 = 0x1400_0020;

    fn negotiated(config: Config, servers: u32) -> u32 {
        let expect = ExpectInitialHandshake::new(config).unwrap();
        let servers = CapabilityFlags::from_bits_retain(servers);
        expect.negotiate(servers).unwrap().bits()
    }

    fn config(capabilities: u32) -> Config {
        let config = Config::new("u".to_owned(), None, Vec::new(), 45).unwrap();
        config.with_capabilities(CapabilityFlags::from_bits_retain(capabilities))
    }

    #[test]
    fn flags_without_a_name_survive_and_unsupported_ones_do_not() {
        let layout = CONNECT_WITH_DB | CONNECT_ATTRS;
        let all = !(COMPRESS_ZSTD_MFA | layout);
        assert_eq!(negotiated(config(u32::MAX), u32::MAX), all);
        let few = REQUIRED_BITS | 0xA000_0000;
        assert_eq!(negotiated(config(u32::MAX), few), few);
        assert_eq!(negotiated(config(0), u32::MAX), REQUIRED_BITS | LENENC);
    }

    #[test]
    fn the_config_decides_about_the_layout() {
        let attributes = vec![("a".to_owned(), "b".to_owned())];
        let config = Config::new("u".to_owned(), Some("d".to_owned()), attributes, 45).unwrap();
        let config = config.with_capabilities(CapabilityFlags::empty());
        let layout = CONNECT_WITH_DB | CONNECT_ATTRS;
        let expected = REQUIRED_BITS | LENENC | layout;
        assert_eq!(negotiated(config, u32::MAX), expected);
    }

    #[test]
    fn a_handshake_has_one_byte_for_the_character_set() {
        let config = Config::new("u".to_owned(), None, Vec::new(), 305).unwrap();
        let refused = ExpectInitialHandshake::new(config).unwrap_err();
        let field = super::super::config::ConfigField::CharacterSet;
        assert_eq!(refused, InvalidConfig::TooLong(field));
    }
}

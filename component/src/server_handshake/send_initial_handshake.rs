//! The state before the first packet, which the server sends.

use rds_bridge_wire::{HEADER_LENGTH, Header};

use super::config::{Identity, Scramble, TlsPolicy, check_identity, is_printable_version};
use super::error::Error;
use super::expect_response::ExpectResponse;
use crate::auth_plugin::AuthPlugin;
use crate::packet::{
    CapabilityFlags, InitialHandshake, InvalidPacket, PROTOCOL_VERSION, PacketName, UNSUPPORTED,
    sends_mariadb_capabilities,
};

/// The capabilities of the connection phase. They are always advertised, because this crate implements them whatever
/// the server's command phase does. Some clients write the fields that the server's flags determine, others those that
/// their own do: a client reads both the same way only if all of these are set.
const CONNECTION_PHASE: CapabilityFlags = CapabilityFlags::CLIENT_PROTOCOL_41
    .union(CapabilityFlags::CLIENT_SECURE_CONNECTION)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA)
    .union(CapabilityFlags::CLIENT_CONNECT_WITH_DB)
    .union(CapabilityFlags::CLIENT_CONNECT_ATTRS);

/// The packet to send, and the policy of the state after it.
#[derive(Debug)]
pub(super) struct SendInitialHandshake {
    initial_handshake: InitialHandshake,
    tls: TlsPolicy,
}

impl SendInitialHandshake {
    /// Builds the packet of a server that describes itself.
    pub(super) fn new(
        identity: Identity,
        scramble: Scramble,
        tls: TlsPolicy,
    ) -> Result<Self, Error> {
        check_identity(&identity)?;
        let initial_handshake = InitialHandshake {
            server_version: identity.server_version.into_bytes(),
            connection_id: identity.connection_id,
            scramble,
            capabilities: identity.capabilities,
            mariadb_capabilities: identity.mariadb_capabilities,
            character_set: identity.character_set,
            status_flags: identity.status_flags,
            auth_plugin_name: String::new(),
        };
        Ok(Self::advertising(
            initial_handshake,
            CapabilityFlags::empty(),
            tls,
        ))
    }

    /// Builds the packet from that of another server.
    pub(super) fn new_as(
        packet: &[u8],
        withheld: CapabilityFlags,
        scramble: Scramble,
        tls: TlsPolicy,
    ) -> Result<Self, Error> {
        let invalid = |field| InvalidPacket {
            packet: PacketName::InitialHandshake,
            field,
        };
        let payload = packet.get(HEADER_LENGTH..).unwrap_or_default();
        if Header::first(packet).is_none_or(|header| header.length != payload.len()) {
            return Err(invalid("payload_length").into());
        }
        if InitialHandshake::protocol_version(payload)? != PROTOCOL_VERSION {
            return Err(invalid("protocol version").into());
        }
        let mut initial_handshake = InitialHandshake::read(payload)?;
        if !is_printable_version(&initial_handshake.server_version) {
            return Err(invalid("server version").into());
        }
        initial_handshake.scramble = scramble;
        Ok(Self::advertising(initial_handshake, withheld, tls))
    }

    fn advertising(
        mut initial_handshake: InitialHandshake,
        withheld: CapabilityFlags,
        tls: TlsPolicy,
    ) -> Self {
        let withheld = withheld | UNSUPPORTED;
        let mut capabilities = initial_handshake.capabilities.difference(withheld);
        capabilities |= CONNECTION_PHASE;
        capabilities.set(CapabilityFlags::CLIENT_SSL, tls != TlsPolicy::None);
        // By the server's own flag, also if it is withheld: what MySQL's reserved bytes contain means nothing.
        if !sends_mariadb_capabilities(initial_handshake.capabilities) {
            initial_handshake.mariadb_capabilities = 0;
        }
        initial_handshake.capabilities = capabilities;
        initial_handshake.auth_plugin_name = AuthPlugin::CachingSha2Password.name().to_owned();
        Self {
            initial_handshake,
            tls,
        }
    }

    /// Returns the next state, and the payload to send.
    pub(super) fn send(self) -> (ExpectResponse, Vec<u8>) {
        let payload = self.initial_handshake.payload();
        let expect = ExpectResponse {
            capabilities: self.initial_handshake.capabilities,
            mariadb_capabilities: self.initial_handshake.mariadb_capabilities,
            scramble: self.initial_handshake.scramble,
            tls: self.tls,
        };
        (expect, payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRAMBLE: Scramble = *b"abcdefghijklmnopqrst";

    fn other(version: &[u8], capabilities: u32) -> Vec<u8> {
        let payload = InitialHandshake {
            server_version: version.to_vec(),
            connection_id: 7,
            scramble: *b"tsrqponmlkjihgfedcba",
            capabilities: CapabilityFlags::from_bits_retain(capabilities),
            mariadb_capabilities: 0x1D,
            character_set: 45,
            status_flags: 0x4002,
            auth_plugin_name: "mysql_native_password".to_owned(),
        }
        .payload();
        crate::packet::frame(0, &payload)
    }

    fn sent_as(packet: &[u8], withheld: u32, tls: TlsPolicy) -> InitialHandshake {
        let withheld = CapabilityFlags::from_bits_retain(withheld);
        let send = SendInitialHandshake::new_as(packet, withheld, SCRAMBLE, tls).unwrap();
        InitialHandshake::read(&send.send().1).unwrap()
    }

    #[test]
    fn takes_over_what_another_server_says() {
        let sent = sent_as(&other(b"5.5.5-10.11", 0xFFFF_FFFE), 0x80, TlsPolicy::None);
        assert_eq!(sent.server_version, b"5.5.5-10.11");
        assert_eq!(sent.connection_id, 7);
        assert_eq!(sent.scramble, SCRAMBLE);
        // Without COMPRESS, LOCAL_FILES, SSL, ZSTD and MULTI_FACTOR_AUTHENTICATION.
        assert_eq!(sent.capabilities.bits(), 0xEBFF_F75E);
        assert_eq!(sent.mariadb_capabilities, 0x1D);
        assert_eq!((sent.character_set, sent.status_flags), (45, 0x4002));
        assert_eq!(sent.auth_plugin_name, "caching_sha2_password");
    }

    #[test]
    fn mysql_has_no_extended_capabilities() {
        let packet = other(b"8.0.39", 0xFFFF_FFFF);
        let sent = sent_as(&packet, 0, TlsPolicy::Offered);
        assert_eq!(sent.mariadb_capabilities, 0);
        assert!(sent.capabilities.contains(CapabilityFlags::CLIENT_SSL));
        // Withholding the bit that identifies MySQL does not make it a MariaDB.
        let sent = sent_as(&packet, 1, TlsPolicy::Offered);
        assert_eq!(sent.mariadb_capabilities, 0);
    }

    #[test]
    fn the_flags_of_the_connection_phase_are_always_set() {
        // Only what is needed to write the packet.
        let sent = sent_as(
            &other(b"8.0.39", 0x0008_8000),
            u32::MAX,
            TlsPolicy::Required,
        );
        let expected = CONNECTION_PHASE | CapabilityFlags::CLIENT_SSL;
        assert_eq!(sent.capabilities, expected);
    }

    #[test]
    fn refuses_what_is_no_initial_handshake() {
        let field = |packet: &[u8]| {
            let withheld = CapabilityFlags::empty();
            let send = SendInitialHandshake::new_as(packet, withheld, SCRAMBLE, TlsPolicy::Offered);
            match send.unwrap_err() {
                Error::InvalidPacket(invalid) => invalid.field,
                error => panic!("{error}"),
            }
        };
        let good = other(b"8.0.39", 0xFFFF_FFFF);
        for cut in 0..good.len() {
            assert_eq!(field(&good[..cut]), "payload_length");
        }
        assert_eq!(field(&[&good[..], b"x"].concat()), "payload_length");
        assert_eq!(field(b"\x03\0\0\0\xFF\x10\x04"), "protocol version");
        for version in [&b"8\n"[..], b"\x1B[31m", &[b'8'; 256]] {
            assert_eq!(field(&other(version, 0xFFFF_FFFF)), "server version");
        }
    }
}

//! `Protocol::HandshakeV10`, the server's first packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>

use mysql_common::constants::CapabilityFlags;
use rds_bridge_wire::{Payload, text};

use super::capabilities::sends_mariadb_capabilities;
use super::packet_name::{InvalidPacket, PacketName};

/// MariaDB before 11 prepends this to its version, so that a replica of an old release accepts it (MariaDB,
/// "Connection", "Initial Handshake Packet").
const MARIADB_VERSION_PREFIX: &str = "5.5.5-";

/// Length in bytes of both parts of `auth-plugin-data` together, without the terminating NUL.
pub const SCRAMBLE_LENGTH: usize = 20;
/// The same length with the NUL, as the packet states it.
const AUTH_PLUGIN_DATA_LENGTH: u8 = 21;

/// The only protocol version since MySQL 3.21.
pub(crate) const PROTOCOL_VERSION: u8 = 10;

/// The fields of a `HandshakeV10`: the server's version, capabilities and challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialHandshake {
    /// The server's version, with MariaDB's prefix `5.5.5-`, without NUL. [`Self::server_version_text`] is the text for
    /// people.
    pub server_version: Vec<u8>,
    /// The server's id of this connection (`thread id`).
    pub connection_id: u32,
    /// The challenge: the first 20 bytes of `auth-plugin-data`. Bytes that the server did not send are 0.
    pub scramble: [u8; SCRAMBLE_LENGTH],
    /// The server's capabilities, including bits without a name.
    pub capabilities: CapabilityFlags,
    /// MariaDB's extended capabilities. 0 if the server sends none, see [`sends_mariadb_capabilities`].
    pub mariadb_capabilities: u32,
    /// The lower 8 bits of the server's default collation.
    pub character_set: u8,
    /// The `SERVER_STATUS_*` flags.
    pub status_flags: u16,
    /// The server's default authentication method; empty if it sent none.
    pub auth_plugin_name: String,
}

impl InitialHandshake {
    /// Returns the protocol version: the payload's first byte. [`Self::read`] decodes only version 10.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`], if the payload is empty.
    pub fn protocol_version(payload: &[u8]) -> Result<u8, InvalidPacket> {
        Payload::new(PacketName::InitialHandshake, payload).u8("protocol version")
    }

    /// Decodes the payload of a `HandshakeV10`.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`] with the field that is truncated.
    pub fn read(payload: &[u8]) -> Result<Self, InvalidPacket> {
        let mut reader = Payload::new(PacketName::InitialHandshake, payload);
        reader.u8("protocol version")?; // int<1>
        let server_version = reader.nul_string("server version")?.to_vec(); // string<NUL>
        let connection_id = reader.u32("thread id")?; // int<4>
        let scramble_1 = reader.bytes(8, "auth-plugin-data-part-1")?; // string[8]
        reader.u8("filler")?; // int<1>
        let capabilities_1 = reader.u16("capability_flags_1")?; // int<2>
        let character_set = reader.u8("character_set")?; // int<1>
        let status_flags = reader.u16("status_flags")?; // int<2>
        let capabilities_2 = reader.u16("capability_flags_2")?; // int<2>
        let scramble_length = reader.u8("auth_plugin_data_len")?; // int<1>
        reader.bytes(6, "reserved")?; // string[10], of which MariaDB uses the last four bytes
        let mariadb_capabilities = reader.u32("reserved")?;
        let capabilities = CapabilityFlags::from_bits_retain(
            u32::from(capabilities_1) | u32::from(capabilities_2) << 16,
        );

        let mut scramble = [0; SCRAMBLE_LENGTH];
        let scramble_2 = if capabilities.contains(CapabilityFlags::CLIENT_SECURE_CONNECTION) {
            // string[$len], with $len = max(13, length of auth-plugin-data - 8)
            let length = usize::from(scramble_length).saturating_sub(8).max(13);
            reader.bytes(length, "auth-plugin-data-part-2")?
        } else {
            &[]
        };
        for (to, from) in scramble.iter_mut().zip(scramble_1.iter().chain(scramble_2)) {
            *to = *from;
        }

        let auth_plugin_name = if capabilities.contains(CapabilityFlags::CLIENT_PLUGIN_AUTH) {
            // string<NUL>. MySQL before 5.5.10 and 5.6.2 omits the NUL (MySQL bug 59453).
            text(reader.last_nul_string())
        } else {
            String::new()
        };

        Ok(Self {
            server_version,
            connection_id,
            scramble,
            capabilities,
            mariadb_capabilities: if sends_mariadb_capabilities(capabilities) {
                mariadb_capabilities
            } else {
                0
            },
            character_set,
            status_flags,
            auth_plugin_name,
        })
    }

    /// The server's version as text, without MariaDB's prefix `5.5.5-`. Bytes that are not UTF-8 are replaced by U+FFFD.
    #[must_use]
    pub fn server_version_text(&self) -> String {
        let prefix = MARIADB_VERSION_PREFIX.as_bytes();
        let version = self.server_version.strip_prefix(prefix);
        text(version.unwrap_or(&self.server_version))
    }

    /// Encodes the payload. `capabilities` must contain `CLIENT_SECURE_CONNECTION` and `CLIENT_PLUGIN_AUTH`, and
    /// neither the version nor the method's name may contain a NUL.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let [low_0, low_1, high_0, high_1] = self.capabilities.bits().to_le_bytes();
        let (scramble_1, scramble_2) = self.scramble.split_at(8);

        let mut payload = vec![PROTOCOL_VERSION]; // int<1>
        payload.extend_from_slice(&self.server_version); // string<NUL>
        payload.push(0);
        payload.extend(self.connection_id.to_le_bytes()); // int<4>
        payload.extend_from_slice(scramble_1); // string[8]
        payload.push(0); // int<1> filler
        payload.extend([low_0, low_1]); // int<2> capability_flags_1
        payload.push(self.character_set); // int<1>
        payload.extend(self.status_flags.to_le_bytes()); // int<2>
        payload.extend([high_0, high_1]); // int<2> capability_flags_2
        payload.push(AUTH_PLUGIN_DATA_LENGTH); // int<1>
        payload.extend([0; 6]); // string[10] reserved, of which MariaDB uses the last four bytes
        payload.extend(self.mariadb_capabilities.to_le_bytes());
        payload.extend_from_slice(scramble_2); // string[13]
        payload.push(0);
        payload.extend_from_slice(self.auth_plugin_name.as_bytes()); // string<NUL>
        payload.push(0);
        payload
    }
}

#[cfg(test)]
mod tests {
    use mysql_common::io::ParseBuf;
    use mysql_common::packets::HandshakePacket;

    use super::*;

    fn sample() -> InitialHandshake {
        InitialHandshake {
            server_version: b"5.5.5-10.11.19-MariaDB".to_vec(),
            connection_id: 7,
            scramble: *b"abcdefghijklmnopqrst",
            capabilities: CapabilityFlags::from_bits_retain(0xFFFF_FFFE),
            mariadb_capabilities: 0x1D,
            character_set: 45,
            status_flags: 2,
            auth_plugin_name: "caching_sha2_password".to_owned(),
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let written = sample();
        assert_eq!(InitialHandshake::read(&written.payload()), Ok(written));
        assert_eq!(sample().server_version_text(), "10.11.19-MariaDB");
        // MySQL's reserved bytes mean nothing.
        let mut mysql = sample();
        mysql.capabilities |= CapabilityFlags::CLIENT_LONG_PASSWORD;
        let read = InitialHandshake::read(&mysql.payload()).unwrap();
        assert_eq!(read.mariadb_capabilities, 0);
    }

    #[test]
    fn another_implementation_reads_it() {
        let payload = sample().payload();
        let packet: HandshakePacket<'_> = ParseBuf(&payload).parse(()).unwrap();
        assert_eq!(packet.connection_id(), 7);
        assert_eq!(packet.server_version_ref(), b"5.5.5-10.11.19-MariaDB");
        assert!(packet.capabilities().contains(CapabilityFlags::CLIENT_SSL));
        assert_eq!(packet.nonce(), b"abcdefghijklmnopqrst");
        assert_eq!(
            packet.auth_plugin_name_ref(),
            Some(&b"caching_sha2_password"[..])
        );
    }
}

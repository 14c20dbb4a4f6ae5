//! `Protocol::HandshakeV10`, the server's first packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>

use mysql_common::constants::CapabilityFlags;
use rds_bridge_wire::{Payload, text};

use super::packet_name::{InvalidPacket, PacketName};

/// MariaDB before 11 prepends this to its version, so that a replica of an old release accepts it (MariaDB,
/// "Connection", "Initial Handshake Packet").
const MARIADB_VERSION_PREFIX: &str = "5.5.5-";

/// Length in bytes of both parts of `auth-plugin-data` together, without the terminating NUL.
const SCRAMBLE_LENGTH: usize = 20;

/// The fields of a `HandshakeV10`: the server's version, capabilities and challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialHandshake {
    /// The server's version, without MariaDB's prefix `5.5.5-`. Bytes that are not UTF-8 are replaced by U+FFFD.
    pub server_version: String,
    /// The server's id of this connection (`thread id`).
    pub connection_id: u32,
    /// The challenge: the first 20 bytes of `auth-plugin-data`. Bytes that the server did not send are 0.
    pub scramble: [u8; SCRAMBLE_LENGTH],
    /// The server's capabilities. Flags that `mysql_common` does not know are dropped.
    pub capabilities: CapabilityFlags,
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
        let server_version = text(reader.nul_string("server version")?); // string<NUL>
        let connection_id = reader.u32("thread id")?; // int<4>
        let scramble_1 = reader.bytes(8, "auth-plugin-data-part-1")?; // string[8]
        reader.u8("filler")?; // int<1>
        let capabilities_1 = reader.u16("capability_flags_1")?; // int<2>
        reader.u8("character_set")?; // int<1>
        reader.u16("status_flags")?; // int<2>
        let capabilities_2 = reader.u16("capability_flags_2")?; // int<2>
        let scramble_length = reader.u8("auth_plugin_data_len")?; // int<1>
        reader.bytes(10, "reserved")?; // string[10]
        let capabilities = CapabilityFlags::from_bits_truncate(
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

        let server_version = match server_version.strip_prefix(MARIADB_VERSION_PREFIX) {
            Some(version) => version.to_owned(),
            None => server_version,
        };
        Ok(Self {
            server_version,
            connection_id,
            scramble,
            capabilities,
            auth_plugin_name,
        })
    }
}

//! `Protocol::HandshakeV10`, the server's first packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>

use mysql_common::constants::CapabilityFlags;
use rds_bridge_wire::{Payload, text};

use super::packet_name::{InvalidPacket, PacketName};

/// In front of the version of a MariaDB before 11, so that a replica of an old release accepts it
/// (MariaDB, "Connection", "Initial Handshake Packet").
const MARIADB_VERSION_PREFIX: &str = "5.5.5-";

/// Both parts of `auth-plugin-data` together, without the NUL that ends them.
const SCRAMBLE_LENGTH: usize = 20;

/// What the server is, what it can, and its challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialHandshake {
    /// Less MariaDB's `5.5.5-`.
    pub server_version: String,
    /// The server's number of this connection.
    pub connection_id: u32,
    /// The challenge: `auth-plugin-data` of 20 bytes.
    pub scramble: [u8; SCRAMBLE_LENGTH],
    /// What the server can do.
    pub capabilities: CapabilityFlags,
    /// The server's default method; empty where it gives none.
    pub auth_plugin_name: String,
}

impl InitialHandshake {
    /// The version of the protocol: the packet's first byte. The layout below is version 10's.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`] for an empty payload.
    pub fn protocol_version(payload: &[u8]) -> Result<u8, InvalidPacket> {
        Payload::new(PacketName::InitialHandshake, payload).u8("protocol version")
    }

    /// Reads one.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`] with the field that is cut short or impossible.
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
            // string<NUL>; MySQL before 5.5.10 and 5.6.2 leaves the NUL out (its bug 59453)
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

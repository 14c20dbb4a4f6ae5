//! The packets of a login without TLS: what the proxy greets with, and what its client responds.
//!
//! Source: MySQL Source Code Documentation, "`Protocol::HandshakeV10`", "`Protocol::HandshakeResponse41`",
//! "`Protocol::AuthSwitchRequest`" and "Caching_sha2_password information".

use rds_bridge_wire::{InvalidField, Payload, text};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub(super) const PLUGIN: &str = "caching_sha2_password";
/// MariaDB before 11 prepends this to its version (MariaDB, "Connection", "Initial Handshake Packet").
const MARIADB_VERSION_PREFIX: &str = "5.5.5-";
const SCRAMBLE_LENGTH: usize = 20;
/// The longest packet that the client accepts, in bytes.
const MAX_PACKET_SIZE: u32 = 1 << 24;
/// `utf8mb4_general_ci`, which every server knows.
const COLLATION: u8 = 45;

const CLIENT_CONNECT_WITH_DB: u32 = 1 << 3;
const CLIENT_SSL: u32 = 1 << 11;
const CLIENT_PLUGIN_AUTH: u32 = 1 << 19;
/// `CLIENT_LONG_PASSWORD`, `CLIENT_LONG_FLAG`, `CLIENT_PROTOCOL_41`, `CLIENT_TRANSACTIONS`, `CLIENT_SECURE_CONNECTION`,
/// `CLIENT_MULTI_RESULTS`, `CLIENT_PLUGIN_AUTH` and `CLIENT_DEPRECATE_EOF`.
const OWN: u32 = 1 | 1 << 2 | 1 << 9 | 1 << 13 | 1 << 15 | 1 << 17 | CLIENT_PLUGIN_AUTH | 1 << 24;

type Invalid = InvalidField<&'static str>;
pub(super) type Scramble = [u8; SCRAMBLE_LENGTH];

/// A server's first packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    pub(super) server_version: String,
    pub(super) connection_id: u32,
    pub(super) scramble: Scramble,
    capabilities: u32,
}

impl Greeting {
    /// Decodes the payload of a `HandshakeV10`.
    pub(super) fn read(payload: &[u8]) -> Result<Self, Invalid> {
        let mut payload = Payload::new("HandshakeV10", payload);
        if payload.u8("protocol_version")? != 10 {
            return Err(payload.invalid("protocol_version"));
        }
        let version = text(payload.nul_string("server_version")?); // string<NUL>
        let version = version
            .strip_prefix(MARIADB_VERSION_PREFIX)
            .unwrap_or(&version);
        let server_version = version.to_owned();
        let connection_id = payload.u32("thread_id")?; // int<4>
        let mut scramble = [0; SCRAMBLE_LENGTH];
        let (first, second) = scramble.split_at_mut(8);
        first.copy_from_slice(&payload.array::<8>("auth_plugin_data_part_1")?);
        payload.u8("filler")?; // int<1>
        let low = payload.u16("capability_flags_1")?; // int<2>
        payload.u8("character_set")?; // int<1>
        payload.u16("status_flags")?; // int<2>
        let high = payload.u16("capability_flags_2")?; // int<2>
        payload.bytes(11, "reserved")?; // int<1>, string[10]
        second.copy_from_slice(&payload.array::<12>("auth_plugin_data_part_2")?);
        Ok(Self {
            server_version,
            connection_id,
            scramble,
            capabilities: u32::from(low) | u32::from(high) << 16,
        })
    }

    pub(super) fn offers_tls(&self) -> bool {
        self.capabilities & CLIENT_SSL != 0
    }

    /// The capabilities of the session.
    pub(super) fn agreed(&self, database: Option<&str>) -> u32 {
        let database = match database {
            Some(_) => CLIENT_CONNECT_WITH_DB,
            None => 0,
        };
        self.capabilities & (OWN | database)
    }
}

/// The payload of a `HandshakeResponse41`.
pub(super) fn handshake_response(
    capabilities: u32,
    user: &str,
    auth_response: &[u8],
    database: Option<&str>,
) -> Vec<u8> {
    let mut payload = Vec::new();
    payload.extend_from_slice(&capabilities.to_le_bytes()); // int<4>
    payload.extend_from_slice(&MAX_PACKET_SIZE.to_le_bytes()); // int<4>
    payload.push(COLLATION); // int<1>
    payload.extend_from_slice(&[0; 23]); // string[23]
    push_nul_string(&mut payload, user);
    // The response of the method has 32 bytes at most: its length has one byte in both of the field's encodings.
    payload.push(u8::try_from(auth_response.len()).unwrap_or_default());
    payload.extend_from_slice(auth_response);
    if capabilities & CLIENT_CONNECT_WITH_DB != 0 {
        push_nul_string(&mut payload, database.unwrap_or_default());
    }
    push_nul_string(&mut payload, PLUGIN);
    payload
}

/// The method and its scramble in the payload of an `AuthSwitchRequest`.
pub(super) fn read_auth_switch(payload: &[u8]) -> Result<(String, Option<Scramble>), Invalid> {
    let mut payload = Payload::new("AuthSwitchRequest", payload);
    payload.u8("header")?; // int<1>, 0xFE
    let plugin = text(payload.last_nul_string()); // string<NUL>
    let scramble = payload.rest().first_chunk().copied(); // string<EOF>
    Ok((plugin, scramble))
}

/// The response of `caching_sha2_password`: `SHA256(password) XOR SHA256(SHA256(SHA256(password)), scramble)`. It is
/// empty for an empty password.
pub(super) fn response(password: &SecretString, scramble: &Scramble) -> Zeroizing<Vec<u8>> {
    let password = password.expose_secret().as_bytes();
    if password.is_empty() {
        return Zeroizing::default();
    }
    let hash = sha256(&[password]);
    let mask = sha256(&[&*sha256(&[&*hash]), scramble]);
    let response = hash.iter().zip(mask.iter()).map(|(hash, mask)| hash ^ mask);
    Zeroizing::new(response.collect())
}

fn sha256(parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let hash = parts.iter().fold(Sha256::new(), Sha256::chain_update);
    Zeroizing::new(hash.finalize().into())
}

fn push_nul_string(payload: &mut Vec<u8>, text: &str) {
    payload.extend_from_slice(text.as_bytes());
    payload.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a MySQL 8 server sends it.
    fn packet() -> Vec<u8> {
        let mut payload = b"\x0A8.0.39\0\x07\0\0\0abcdefgh\0".to_vec();
        payload.extend_from_slice(b"\xFF\xFF\xFF\x02\0\xFF\xDF\x15");
        payload.extend_from_slice(&[0; 10]);
        payload.extend_from_slice(b"ijklmnopqrst\0caching_sha2_password\0");
        payload
    }

    #[test]
    fn reads_a_greeting() {
        let greeting = Greeting::read(&packet()).unwrap();
        assert_eq!(greeting.server_version, "8.0.39");
        assert_eq!(greeting.connection_id, 7);
        assert_eq!(&greeting.scramble, b"abcdefghijklmnopqrst");
        assert!(greeting.offers_tls());
        assert_eq!(greeting.agreed(None) & CLIENT_CONNECT_WITH_DB, 0);
        assert_ne!(greeting.agreed(Some("x")) & CLIENT_CONNECT_WITH_DB, 0);
        assert_eq!(greeting.agreed(None) & CLIENT_SSL, 0);
    }

    #[test]
    fn a_greeting_that_is_cut_short_names_its_field() {
        let packet = packet();
        let end = packet.len() - "\0caching_sha2_password\0".len();
        for cut in 0..end {
            let error = Greeting::read(&packet[..cut]).unwrap_err();
            assert_eq!(error.packet, "HandshakeV10", "{cut}");
        }
        let error = Greeting::read(b"\x09").unwrap_err();
        assert_eq!(error.field, "protocol_version");
    }

    #[test]
    fn reads_an_auth_switch_request() {
        let packet = b"\xFEcaching_sha2_password\0abcdefghijklmnopqrst\0";
        let (plugin, scramble) = read_auth_switch(packet).unwrap();
        assert_eq!(plugin, PLUGIN);
        assert_eq!(&scramble.unwrap(), b"abcdefghijklmnopqrst");
        let (plugin, scramble) = read_auth_switch(b"\xFEmysql_clear_password\0").unwrap();
        assert_eq!((&*plugin, scramble), ("mysql_clear_password", None));
        read_auth_switch(b"").unwrap_err();
    }

    #[test]
    fn an_empty_password_has_an_empty_response() {
        let scramble = [7; SCRAMBLE_LENGTH];
        assert!(response(&SecretString::from(""), &scramble).is_empty());
        assert_eq!(response(&SecretString::from("x"), &scramble).len(), 32);
    }
}

//! The login at a backend without TLS. The component's client logs in inside TLS only, so this speaks for itself.
//!
//! It answers the two methods that send a hash of the password and the server's challenge, and never the password.
//!
//! Source: MySQL Source Code Documentation, "Connection Phase"; for MariaDB, "Connection" of its protocol reference.

use std::io::{self, Write};
use std::net::TcpStream;

use mysql_common::auth::plugins::caching_sha2_password::scramble_sha256;
use mysql_common::auth::plugins::mysql_native_password::scramble_native;
use mysql_common::constants::CapabilityFlags;
use mysql_common::io::BufMutExt;
use rds_bridge::component::{HandshakeError, HandshakeResponse, ServerError};
use rds_bridge::{Error, ErrorKind, Stage};
use rds_bridge_wire::{ErrPacket, HEADER_LENGTH, Header, Payload, err_packet, ok_packet, text};
use secrecy::{ExposeSecret, SecretString};

use super::{DEFAULT_COLLATION, of_io, read_packet};

const NATIVE: &str = "mysql_native_password";
const CACHING_SHA2: &str = "caching_sha2_password";
const SCRAMBLE_LENGTH: usize = 20;
/// `AuthSwitchRequest` and `AuthMoreData`.
const AUTH_SWITCH: u8 = 0xFE;
const AUTH_MORE_DATA: u8 = 0x01;
/// `fast_auth_success` of `caching_sha2_password`: the server has verified the response.
const FAST_AUTH_SUCCESS: u8 = 3;
/// 1 GiB, the upper limit of the server's `max_allowed_packet`.
const MAX_PACKET_SIZE: u32 = 1 << 30;

/// How many packets a server may send. MariaDB sends one for each alternative of an account.
const PACKETS_LIMIT: usize = 16;

/// What this needs of the backend's first packet.
struct InitialHandshake {
    capabilities: CapabilityFlags,
    scramble: [u8; SCRAMBLE_LENGTH],
    plugin: String,
}

/// Logs in, and returns the payload of the `OK_Packet`.
pub(super) fn log_in(
    tcp: &mut TcpStream,
    first_packet: &[u8],
    (user, password): (&str, &SecretString),
    client: &HandshakeResponse,
) -> Result<Vec<u8>, Error> {
    let payload = first_packet.get(HEADER_LENGTH..).unwrap_or_default();
    let server = InitialHandshake::read(payload).ok_or_else(malformed)?;
    // Another method is requested later, if it is the user's.
    let plugin = match server.plugin.as_str() {
        NATIVE => NATIVE,
        _ => CACHING_SHA2,
    };
    let hash = hash(plugin, &server.scramble, password);
    let response = handshake_response(user, plugin, &hash, server.capabilities, client);
    write(tcp, 1, &response)?;
    for _ in 0..PACKETS_LIMIT {
        let packet = read_packet(tcp).map_err(|error| of_io(Stage::Login, error))?;
        let sequence_id = Header::first(&packet).map_or(0, |it| it.sequence_id);
        let payload = packet.get(HEADER_LENGTH..).unwrap_or_default();
        match payload {
            [ok_packet::HEADER, ..] => return Ok(payload.to_vec()),
            [err_packet::HEADER, ..] => return Err(refused(payload)),
            [AUTH_SWITCH, request @ ..] => {
                let answer = answer(request, password)?;
                write(tcp, sequence_id.wrapping_add(1), &answer)?;
            }
            [AUTH_MORE_DATA, FAST_AUTH_SUCCESS] => {}
            [AUTH_MORE_DATA, ..] => return Err(needs_tls()),
            _ => return Err(malformed()),
        }
    }
    Err(malformed())
}

impl InitialHandshake {
    /// `Protocol::HandshakeV10`
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut payload = Payload::new("HandshakeV10", bytes);
        payload.u8("protocol version").ok()?; // int<1>
        payload.nul_string("server version").ok()?; // string<NUL>
        payload.u32("thread id").ok()?; // int<4>
        let first = payload.bytes(8, "auth-plugin-data-part-1").ok()?; // string[8]
        payload.u8("filler").ok()?; // int<1>
        let low = payload.u16("capability_flags_1").ok()?; // int<2>
        payload.u8("character_set").ok()?; // int<1>
        payload.u16("status_flags").ok()?; // int<2>
        let high = payload.u16("capability_flags_2").ok()?; // int<2>
        payload.u8("auth_plugin_data_len").ok()?; // int<1>
        payload.bytes(10, "reserved").ok()?; // string[10]
        let second = payload.bytes(12, "auth-plugin-data-part-2").ok()?; // string[12], and a NUL
        payload.u8("auth-plugin-data-part-2").ok()?;
        let capabilities = u32::from(high) << 16 | u32::from(low);
        Some(Self {
            capabilities: CapabilityFlags::from_bits_retain(capabilities),
            scramble: [first, second].concat().try_into().ok()?,
            plugin: text(payload.last_nul_string()), // string<NUL>
        })
    }
}

/// `Protocol::HandshakeResponse41`, with the capabilities of the client.
fn handshake_response(
    user: &str,
    plugin: &str,
    hash: &[u8],
    server: CapabilityFlags,
    client: &HandshakeResponse,
) -> Vec<u8> {
    let mut capabilities = CapabilityFlags::from_bits_retain(client.capabilities);
    capabilities.remove(CapabilityFlags::CLIENT_SSL);
    capabilities.remove(CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA);
    let attributes = &client.connection_attributes;
    for (flag, is_set) in [
        (CapabilityFlags::CLIENT_PROTOCOL_41, true),
        (CapabilityFlags::CLIENT_SECURE_CONNECTION, true),
        (CapabilityFlags::CLIENT_PLUGIN_AUTH, true),
        (
            CapabilityFlags::CLIENT_CONNECT_WITH_DB,
            client.database.is_some(),
        ),
        (
            CapabilityFlags::CLIENT_CONNECT_ATTRS,
            !attributes.is_empty(),
        ),
    ] {
        capabilities.set(flag, is_set);
    }
    let capabilities = capabilities & server;

    let mut payload = capabilities.bits().to_le_bytes().to_vec(); // int<4>
    let max_packet_size = Some(client.max_packet_size).filter(|size| *size > 0);
    payload.extend(max_packet_size.unwrap_or(MAX_PACKET_SIZE).to_le_bytes()); // int<4>
    let [collation, _] = client.character_set.to_le_bytes();
    let [default, _] = DEFAULT_COLLATION.to_le_bytes();
    payload.push(if collation == 0 { default } else { collation }); // int<1>
    payload.extend([0; 19]); // string[23], of which MariaDB uses the last four bytes
    payload.extend(client.mariadb_capabilities.to_le_bytes());
    payload.extend_from_slice(user.as_bytes()); // string<NUL>
    payload.push(0);
    payload.push(u8::try_from(hash.len()).unwrap_or_default()); // int<1>
    payload.extend_from_slice(hash); // string[$len]
    if capabilities.contains(CapabilityFlags::CLIENT_CONNECT_WITH_DB) {
        payload.extend_from_slice(client.database.as_deref().unwrap_or_default().as_bytes()); // string<NUL>
        payload.push(0);
    }
    if capabilities.contains(CapabilityFlags::CLIENT_PLUGIN_AUTH) {
        payload.extend_from_slice(plugin.as_bytes()); // string<NUL>
        payload.push(0);
    }
    if capabilities.contains(CapabilityFlags::CLIENT_CONNECT_ATTRS) {
        let mut pairs = Vec::new();
        for (name, value) in attributes {
            pairs.put_lenenc_str(name.as_bytes());
            pairs.put_lenenc_str(value.as_bytes());
        }
        payload.put_lenenc_str(&pairs);
    }
    payload
}

/// The answer to an `AuthSwitchRequest`, which begins with the method's name.
fn answer(request: &[u8], password: &SecretString) -> Result<Vec<u8>, Error> {
    let mut payload = Payload::new("AuthSwitchRequest", request);
    let plugin = text(payload.last_nul_string()); // string<NUL>
    if plugin != NATIVE && plugin != CACHING_SHA2 {
        let unsupported = HandshakeError::UnsupportedAuthPlugin(plugin);
        return Err(Error::new(Stage::Login, ErrorKind::Handshake(unsupported)));
    }
    let data = payload.rest();
    let scramble = data.first_chunk().ok_or_else(malformed)?; // string[20], and a NUL
    Ok(hash(&plugin, scramble, password))
}

/// The hash that proves the password. It is empty for an empty password.
fn hash(plugin: &str, scramble: &[u8; SCRAMBLE_LENGTH], password: &SecretString) -> Vec<u8> {
    let password = password.expose_secret().as_bytes();
    match plugin {
        NATIVE => scramble_native(scramble, password).map(Vec::from),
        _ => scramble_sha256(scramble, password).map(Vec::from),
    }
    .unwrap_or_default()
}

fn write(tcp: &mut TcpStream, sequence_id: u8, payload: &[u8]) -> Result<(), Error> {
    let header = Header {
        length: payload.len(),
        sequence_id,
    };
    let packet = [&header.write(), payload].concat();
    let written = tcp.write_all(&packet);
    written.map_err(|error| of_io(Stage::Login, error))
}

fn refused(payload: &[u8]) -> Error {
    match ErrPacket::read("ERR_Packet", payload) {
        Ok(error) => {
            let error = ServerError {
                code: error.error_code,
                sql_state: error.sql_state.map(text),
                message: text(error.error_message),
            };
            Error::new(Stage::Login, ErrorKind::Server(error))
        }
        Err(_) => malformed(),
    }
}

fn malformed() -> Error {
    let why = io::Error::new(
        io::ErrorKind::InvalidData,
        "the server sent a malformed packet",
    );
    Error::new(Stage::Login, ErrorKind::Io(why))
}

/// `perform_full_authentication` of `caching_sha2_password`: the server wants the password itself.
fn needs_tls() -> Error {
    let why = "the backend requests the password in clear text, which is sent only inside TLS: enable TLS on the \
               backend";
    Error::new(Stage::Login, ErrorKind::Io(io::Error::other(why)))
}

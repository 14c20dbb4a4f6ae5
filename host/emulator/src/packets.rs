//! The packets of both phases, as a server writes and reads them.
//!
//! Source: MySQL Source Code Documentation, "Client/Server Protocol": "Connection Phase Packets" and "Generic Response
//! Packets".

use mysql_common::constants::{CapabilityFlags, StatusFlags};
use mysql_common::io::BufMutExt;

use zeroize::Zeroizing;

use super::fault::AuthSwitchTail;
use super::server_error::ServerError;
use rds_bridge_wire::{InvalidField, Payload, text};

pub(super) const CLEAR_PASSWORD: &str = "mysql_clear_password";
/// The plugin in the initial handshake of MySQL 8.
const DEFAULT_PLUGIN: &str = "caching_sha2_password";
/// The id of `utf8mb4_0900_ai_ci`, MySQL 8's default collation. The field has one byte.
const CHARACTER_SET: u8 = 255;
/// The length of a scramble, including its NUL.
const AUTH_PLUGIN_DATA_LENGTH: u8 = 21;

/// The server's capabilities, without TLS.
fn server_capabilities() -> CapabilityFlags {
    CapabilityFlags::CLIENT_LONG_PASSWORD
        | CapabilityFlags::CLIENT_FOUND_ROWS
        | CapabilityFlags::CLIENT_LONG_FLAG
        | CapabilityFlags::CLIENT_CONNECT_WITH_DB
        | CapabilityFlags::CLIENT_PROTOCOL_41
        | CapabilityFlags::CLIENT_TRANSACTIONS
        | CapabilityFlags::CLIENT_SECURE_CONNECTION
        | CapabilityFlags::CLIENT_MULTI_STATEMENTS
        | CapabilityFlags::CLIENT_MULTI_RESULTS
        | CapabilityFlags::CLIENT_PS_MULTI_RESULTS
        | CapabilityFlags::CLIENT_PLUGIN_AUTH
        | CapabilityFlags::CLIENT_CONNECT_ATTRS
        | CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
        | CapabilityFlags::CLIENT_DEPRECATE_EOF
}

/// `Protocol::HandshakeV10`
pub(super) fn initial_handshake(
    version: &str,
    connection_id: u32,
    scramble: &[u8; 20],
    offers_tls: bool,
) -> Vec<u8> {
    let mut capabilities = server_capabilities();
    capabilities.set(CapabilityFlags::CLIENT_SSL, offers_tls);
    let [low_0, low_1, high_0, high_1] = capabilities.bits().to_le_bytes();
    let (first, second) = scramble.split_at(8);

    let mut payload = vec![10]; // int<1> protocol version
    payload.extend_from_slice(version.as_bytes()); // string<NUL>
    payload.push(0);
    payload.extend(connection_id.to_le_bytes()); // int<4>
    payload.extend_from_slice(first); // string[8] auth-plugin-data-part-1
    payload.push(0); // int<1> filler
    payload.extend([low_0, low_1]); // int<2> capability_flags_1
    payload.push(CHARACTER_SET); // int<1>
    payload.extend(StatusFlags::SERVER_STATUS_AUTOCOMMIT.bits().to_le_bytes()); // int<2>
    payload.extend([high_0, high_1]); // int<2> capability_flags_2
    payload.push(AUTH_PLUGIN_DATA_LENGTH); // int<1>
    payload.extend([0; 10]); // string[10] reserved
    payload.extend_from_slice(second); // $length auth-plugin-data-part-2
    payload.push(0);
    payload.extend_from_slice(DEFAULT_PLUGIN.as_bytes()); // string<NUL>
    payload.push(0);
    payload
}

/// `Protocol::HandshakeResponse41`
pub(super) struct HandshakeResponse {
    pub(super) capabilities: CapabilityFlags,
    pub(super) user: String,
    /// May be a token.
    pub(super) auth_response: Zeroizing<Vec<u8>>,
    pub(super) database: Option<String>,
    pub(super) auth_plugin: Option<String>,
}

/// The capability flags at the beginning of an `SSLRequest` or a `HandshakeResponse41`. `None` if the client's
/// protocol is older than 4.1.
pub(super) fn client_capabilities(payload: &[u8]) -> Option<CapabilityFlags> {
    let flags = Payload::new("HandshakeResponse41", payload)
        .u32("client_flag")
        .ok()?;
    let flags = CapabilityFlags::from_bits_truncate(flags);
    flags
        .contains(CapabilityFlags::CLIENT_PROTOCOL_41)
        .then_some(flags)
}

impl HandshakeResponse {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, InvalidField<&'static str>> {
        let mut payload = Payload::new("HandshakeResponse41", bytes);
        let capabilities = CapabilityFlags::from_bits_truncate(payload.u32("client_flag")?); // int<4>
        payload.u32("max_packet_size")?; // int<4>
        payload.u8("character_set")?; // int<1>
        payload.bytes(23, "filler")?; // string[23]
        let user = payload.nul_string("username").map(text)?; // string<NUL>
        let has = |flag| capabilities.contains(flag);
        let auth_response = if has(CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA) {
            let length = payload.lenenc_int("auth_response_length")?;
            let length = usize::try_from(length).map_err(|_| payload.invalid("auth_response"))?;
            payload.bytes(length, "auth_response")?.to_vec()
        } else if has(CapabilityFlags::CLIENT_SECURE_CONNECTION) {
            let length = payload.u8("auth_response_length")?;
            payload.bytes(length.into(), "auth_response")?.to_vec()
        } else {
            payload.nul_string("auth_response")?.to_vec()
        };
        let database = match has(CapabilityFlags::CLIENT_CONNECT_WITH_DB) {
            true => Some(payload.nul_string("database").map(text)?).filter(|name| !name.is_empty()),
            false => None,
        };
        let auth_plugin = match has(CapabilityFlags::CLIENT_PLUGIN_AUTH) {
            true => Some(payload.nul_string("client_plugin_name").map(text)?),
            false => None,
        };
        Ok(Self {
            capabilities,
            user,
            auth_response: Zeroizing::new(auth_response),
            database,
            auth_plugin,
        })
    }
}

/// `Protocol::AuthSwitchRequest`
pub(super) fn auth_switch_request(tail: AuthSwitchTail, scramble: &[u8; 20]) -> Vec<u8> {
    let mut payload = vec![0xFE];
    payload.extend_from_slice(CLEAR_PASSWORD.as_bytes()); // string<NUL>
    payload.push(0);
    match tail {
        AuthSwitchTail::Nothing => {}
        AuthSwitchTail::Nul => payload.push(0),
        AuthSwitchTail::Challenge => {
            payload.extend_from_slice(scramble);
            payload.push(0);
        }
    }
    payload
}

/// The contents of an `OK_Packet`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    pub(super) affected_rows: u64,
    pub(super) last_insert_id: u64,
    pub(super) status: StatusFlags,
}

/// An `OK_Packet` that is a complete reply.
pub(super) fn ok(done: Done) -> Vec<u8> {
    ok_packet(0x00, done)
}

/// The packet after column definitions or rows: an `EOF_Packet` or, with `CLIENT_DEPRECATE_EOF`, an `OK_Packet`.
pub(super) fn end_of_rows(deprecate_eof: bool, status: StatusFlags) -> Vec<u8> {
    if deprecate_eof {
        let done = Done {
            status,
            ..Done::default()
        };
        return ok_packet(0xFE, done);
    }
    let mut payload = vec![0xFE, 0, 0]; // int<1>, int<2> warnings
    payload.extend(status.bits().to_le_bytes()); // int<2>
    payload
}

fn ok_packet(header: u8, done: Done) -> Vec<u8> {
    let mut payload = vec![header];
    payload.put_lenenc_int(done.affected_rows);
    payload.put_lenenc_int(done.last_insert_id);
    payload.extend(done.status.bits().to_le_bytes()); // int<2>
    payload.extend([0, 0]); // int<2> warnings
    payload
}

/// `ERR_Packet`. It has no SQLSTATE until the server has received the client's capabilities.
pub(super) fn err(error: &ServerError, has_sql_state: bool) -> Vec<u8> {
    let mut payload = vec![0xFF];
    payload.extend(error.code.to_le_bytes()); // int<2>
    if has_sql_state {
        payload.push(b'#');
        payload.extend_from_slice(error.sql_state.as_bytes()); // string[5]
    }
    payload.extend_from_slice(error.message.as_bytes()); // string<EOF>
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The component's parser reads what the server's side writes.
    #[test]
    fn the_components_parser_reads_the_greeting() {
        use mysql_common::io::ParseBuf;
        use mysql_common::packets::HandshakePacket;
        use mysql_common::proto::MyDeserialize;

        let greeting = initial_handshake("8.0.39", 7, b"abcdefghijklmnopqrst", true);
        let mut buffer = ParseBuf(&greeting);
        let packet = HandshakePacket::deserialize((), &mut buffer).unwrap();
        assert_eq!(packet.connection_id(), 7);
        assert_eq!(packet.server_version_ref(), b"8.0.39");
        assert!(packet.capabilities().contains(CapabilityFlags::CLIENT_SSL));
        assert_eq!(packet.nonce(), b"abcdefghijklmnopqrst");
        assert_eq!(
            packet.auth_plugin_name_ref(),
            Some(&b"caching_sha2_password"[..])
        );
    }

    #[test]
    fn every_prefix_of_a_response_is_an_error() {
        use mysql_common::packets as theirs;
        use mysql_common::proto::MySerialize;

        for form in [
            CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
            CapabilityFlags::CLIENT_SECURE_CONNECTION,
            CapabilityFlags::empty(),
        ] {
            let capabilities = CapabilityFlags::CLIENT_PROTOCOL_41
                | CapabilityFlags::CLIENT_PLUGIN_AUTH
                | CapabilityFlags::CLIENT_CONNECT_WITH_DB
                | form;
            let response = theirs::HandshakeResponse::new(
                Some(b"abc"),
                (8, 0, 39),
                Some(b"lambda-user"),
                Some(b"iamtest"),
                Some(theirs::AuthPlugin::MysqlClearPassword),
                capabilities,
                None,
                1 << 24,
            );
            let mut bytes = Vec::new();
            response.serialize(&mut bytes);
            let read = HandshakeResponse::read(&bytes).unwrap();
            assert_eq!(read.user, "lambda-user");
            assert_eq!(*read.auth_response, b"abc");
            assert_eq!(read.database.as_deref(), Some("iamtest"));
            assert_eq!(read.auth_plugin.as_deref(), Some(CLEAR_PASSWORD));
            let end = bytes.iter().rposition(|&byte| byte == b'd').unwrap();
            for cut in 0..end {
                assert!(HandshakeResponse::read(&bytes[..cut]).is_err(), "{cut}");
            }
        }
    }
}

//! `Protocol::HandshakeResponse41`: the user, the session's settings, and the response to the challenge. A client writes
//! it, a server reads it.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html>
//!
//! This crate does not use `mysql_common`'s type. That one keeps connection attributes in a `HashMap`, so that their
//! order differs from run to run, does not let the caller choose the character set, and drops flags without a name.

use mysql_common::constants::CapabilityFlags;
use mysql_common::io::BufMutExt;
use rds_bridge_wire::{Payload, text};

use super::capabilities::sends_mariadb_capabilities;
use super::connection_attributes::{attributes_on_the_wire, read_attributes};
use super::packet_name::{InvalidPacket, PacketName};
use super::ssl_request::SslRequest;
use crate::secret_string::SecretBytes;

/// The longest `auth_response` whose length both encodings write as the same single byte.
#[cfg(test)]
const AUTH_RESPONSE_LIMIT: usize = 250;

/// The fields of a `HandshakeResponse41`, as this crate's client sends them.
///
/// It does not implement `Debug`: `auth_response` may be a hash, from which a password can be guessed.
#[expect(
    missing_debug_implementations,
    reason = "a password can be guessed from a hash"
)]
#[derive(Clone)]
pub struct HandshakeResponse<'a> {
    /// The first fields. Their capabilities determine which of the fields below are sent.
    pub ssl_request: SslRequest,
    /// The database user, without NUL.
    pub db_user: &'a str,
    /// The response of the method named below, up to 250 bytes: a hash or nothing, never a token or a password.
    pub auth_response: &'a [u8],
    /// The default database, without NUL. The capabilities must contain `CLIENT_CONNECT_WITH_DB` exactly if it is
    /// `Some`.
    pub database: Option<&'a str>,
    /// The method's name. The capabilities must contain `CLIENT_PLUGIN_AUTH`.
    pub auth_plugin_name: &'a str,
    /// Names and values, sent in this order if the capabilities contain `CLIENT_CONNECT_ATTRS`.
    pub connection_attributes: &'a [(String, String)],
}

impl HandshakeResponse<'_> {
    /// Encodes the payload.
    #[must_use]
    pub fn payload(&self) -> SecretBytes {
        let mut payload = self.ssl_request.payload();
        payload.extend_from_slice(self.db_user.as_bytes()); // string<NUL>
        payload.push(0);
        // Up to 250 bytes, `string<lenenc>` equals the form with a length of one byte.
        payload.put_lenenc_str(self.auth_response);
        if let Some(database) = self.database {
            payload.extend_from_slice(database.as_bytes()); // string<NUL>
            payload.push(0);
        }
        payload.extend_from_slice(self.auth_plugin_name.as_bytes()); // string<NUL>
        payload.push(0);
        let capabilities = self.ssl_request.capabilities;
        if capabilities.contains(CapabilityFlags::CLIENT_CONNECT_ATTRS) {
            // The total length as int<lenenc>, then a string<lenenc> for each name and each value.
            payload.put_lenenc_str(&attributes_on_the_wire(self.connection_attributes));
        }
        SecretBytes::new(payload)
    }
}

/// The fields of a `HandshakeResponse41` or of a `COM_CHANGE_USER`, as a client sent them.
#[derive(Clone, Debug)]
pub struct ReceivedResponse {
    /// All flags that the client set.
    pub capabilities: CapabilityFlags,
    /// MariaDB's extended capabilities, if the client sends them: see [`sends_mariadb_capabilities`].
    pub mariadb_capabilities: u32,
    /// The largest packet that the client accepts, in bytes; 0 if it did not say.
    pub max_packet_size: u32,
    /// The id of the session's collation. A `HandshakeResponse41` has one byte for it, a `COM_CHANGE_USER` two.
    pub character_set: u16,
    /// The user. It may be empty.
    pub user: String,
    /// The response of the method named below.
    pub auth_response: SecretBytes,
    /// The default database. A client that sends an empty name wants none.
    pub database: Option<String>,
    /// The method's name. `None` if the client does not know authentication plugins, or sent an empty name.
    pub auth_plugin_name: Option<String>,
    /// Names and values, in the order in which they were sent.
    pub connection_attributes: Vec<(String, String)>,
}

impl ReceivedResponse {
    /// Decodes the payload of a `HandshakeResponse41`. The client's own flags determine its layout.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`] with the field that is truncated, or that is not valid UTF-8: the user and the database.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidPacket> {
        let mut payload = Payload::new(PacketName::HandshakeResponse, bytes);
        let capabilities = CapabilityFlags::from_bits_retain(payload.u32("client_flag")?); // int<4>
        let max_packet_size = payload.u32("max_packet_size")?; // int<4>
        let character_set = payload.u8("character_set")?.into(); // int<1>
        payload.bytes(19, "filler")?; // string[23], of which MariaDB uses the last four bytes
        let mariadb_capabilities = payload.u32("filler")?;
        let has = |flag| capabilities.contains(flag);

        let user = payload.nul_string("username")?; // string<NUL>
        let user = utf8(&payload, user, "username")?;
        let auth_response = if has(CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA) {
            payload.lenenc_bytes("auth_response")? // string<lenenc>
        } else if has(CapabilityFlags::CLIENT_SECURE_CONNECTION) {
            short_bytes(&mut payload)?
        } else {
            payload.nul_string("auth_response")? // string<NUL>
        };
        let database = if has(CapabilityFlags::CLIENT_CONNECT_WITH_DB) {
            let name = payload.nul_string("database")?; // string<NUL>
            utf8(&payload, name, "database")?
        } else {
            String::new()
        };
        let auth_plugin_name = if has(CapabilityFlags::CLIENT_PLUGIN_AUTH) {
            // string<NUL>. Servers accept a name without the NUL at the end of the packet.
            text(payload.last_nul_string())
        } else {
            String::new()
        };
        let connection_attributes = if has(CapabilityFlags::CLIENT_CONNECT_ATTRS) {
            read_attributes(&mut payload)?
        } else {
            Vec::new()
        };
        Ok(Self {
            capabilities,
            mariadb_capabilities: if sends_mariadb_capabilities(capabilities) {
                mariadb_capabilities
            } else {
                0
            },
            max_packet_size,
            character_set,
            user,
            auth_response: SecretBytes::new(auth_response.to_vec()),
            database: Some(database).filter(|name| !name.is_empty()),
            auth_plugin_name: Some(auth_plugin_name).filter(|name| !name.is_empty()),
            connection_attributes,
        })
    }
}

/// Reads bytes whose length is one byte.
pub(super) fn short_bytes<'a>(
    payload: &mut Payload<'a, PacketName>,
) -> Result<&'a [u8], InvalidPacket> {
    let length = payload.u8("auth_response_length")?; // int<1>
    payload.bytes(length.into(), "auth_response") // string[$len]
}

/// Decodes a name that is compared, and therefore not changed: bytes that are not UTF-8 are an error.
pub(super) fn utf8(
    payload: &Payload<'_, PacketName>,
    bytes: &[u8],
    field: &'static str,
) -> Result<String, InvalidPacket> {
    String::from_utf8(bytes.to_vec()).map_err(|_| payload.invalid(field))
}

#[cfg(test)]
mod tests {
    use mysql_common::io::ParseBuf;
    use mysql_common::packets as theirs;
    use mysql_common::proto::MySerialize;

    use super::*;

    /// `mysql_common` decodes the payload.
    #[test]
    fn another_implementation_reads_it() {
        let capabilities = CapabilityFlags::CLIENT_PROTOCOL_41
            | CapabilityFlags::CLIENT_SECURE_CONNECTION
            | CapabilityFlags::CLIENT_PLUGIN_AUTH
            | CapabilityFlags::CLIENT_CONNECT_WITH_DB
            | CapabilityFlags::CLIENT_CONNECT_ATTRS;
        for lenenc in [
            CapabilityFlags::empty(),
            CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
        ] {
            let payload = HandshakeResponse {
                ssl_request: SslRequest {
                    capabilities: capabilities | lenenc,
                    mariadb_capabilities: 0,
                    max_packet_size: 1 << 30,
                    character_set: 255,
                },
                db_user: "lambda-user",
                auth_response: &[7; AUTH_RESPONSE_LIMIT],
                database: Some("iamtest"),
                auth_plugin_name: "caching_sha2_password",
                connection_attributes: &[
                    ("_client_name".into(), "rds-bridge".into()),
                    ("long".into(), "x".repeat(300)),
                ],
            }
            .payload();

            let read: theirs::HandshakeResponse<'_> = ParseBuf(payload.expose()).parse(()).unwrap();

            assert_eq!(read.capabilities(), capabilities | lenenc);
            assert_eq!(read.collation(), 255);
            assert_eq!(read.user(), b"lambda-user");
            assert_eq!(read.scramble_buf(), [7; AUTH_RESPONSE_LIMIT]);
            assert_eq!(read.db_name(), Some(&b"iamtest"[..]));
            assert_eq!(
                read.auth_plugin(),
                Some(&theirs::AuthPlugin::CachingSha2Password)
            );
            let attributes = read.connect_attributes().unwrap();
            assert_eq!(attributes["_client_name"], "rds-bridge");
            assert_eq!(attributes["long"].len(), 300);
        }
    }

    /// What `mysql_common` writes, in each form of the authentication response.
    fn theirs(form: CapabilityFlags) -> Vec<u8> {
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
        bytes
    }

    #[test]
    fn reads_what_another_implementation_writes() {
        for form in [
            CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
            CapabilityFlags::CLIENT_SECURE_CONNECTION,
            CapabilityFlags::empty(),
        ] {
            let bytes = theirs(form);
            let read = ReceivedResponse::read(&bytes).unwrap();
            assert_eq!(read.user, "lambda-user");
            assert_eq!(read.auth_response.expose(), b"abc");
            assert_eq!(read.database.as_deref(), Some("iamtest"));
            assert_eq!(
                read.auth_plugin_name.as_deref(),
                Some("mysql_clear_password")
            );
            assert_eq!(read.max_packet_size, 1 << 24);
            // The plugin's name may end with the packet.
            let name = bytes.windows(6).position(|six| six == b"mysql_").unwrap();
            for cut in 0..name {
                assert!(ReceivedResponse::read(&bytes[..cut]).is_err(), "{cut}");
            }
        }
    }

    #[test]
    fn names_the_field_that_is_not_utf8() {
        let field = |name: &[u8]| {
            let mut bytes = theirs(CapabilityFlags::CLIENT_SECURE_CONNECTION);
            let at = bytes.windows(name.len()).position(|it| it == name).unwrap();
            bytes[at] = 0xFF;
            ReceivedResponse::read(&bytes).unwrap_err().field
        };
        assert_eq!(field(b"lambda-user"), "username");
        assert_eq!(field(b"iamtest"), "database");
    }
}

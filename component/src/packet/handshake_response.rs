//! `Protocol::HandshakeResponse41`: who the client is, and its answer to the challenge.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html>
//!
//! Ours and not `mysql_common`'s, which keeps connection attributes in a `HashMap`, so that their
//! order would differ from run to run, and has no say in the character set.

use mysql_common::constants::CapabilityFlags;
use mysql_common::io::BufMutExt;

use super::ssl_request::SslRequest;
use crate::secret_string::SecretBytes;

/// The longest `auth_response` that every server takes: one byte holds its length.
#[cfg(test)]
const AUTH_RESPONSE_LIMIT: usize = 250;

/// All that the client says of itself.
///
/// It is not printable: a hash can be guessed at.
#[expect(missing_debug_implementations, reason = "a hash can be guessed at")]
#[derive(Clone)]
pub struct HandshakeResponse<'a> {
    /// Those of both sides; they decide which of the fields below are sent.
    pub capabilities: CapabilityFlags,
    /// A collation's id.
    pub character_set: u8,
    /// Without NUL.
    pub db_user: &'a str,
    /// The first answer of the method, of up to 250 bytes: a hash, never a token or a password.
    pub auth_response: &'a [u8],
    /// Without NUL; sent with `CLIENT_CONNECT_WITH_DB`.
    pub database: Option<&'a str>,
    /// The method's name; sent with `CLIENT_PLUGIN_AUTH`.
    pub auth_plugin_name: &'a str,
    /// In this order; sent with `CLIENT_CONNECT_ATTRS`.
    pub connection_attributes: &'a [(String, String)],
}

impl HandshakeResponse<'_> {
    /// The payload.
    #[must_use]
    pub fn payload(&self) -> SecretBytes {
        let mut payload = SslRequest {
            capabilities: self.capabilities,
            character_set: self.character_set,
        }
        .payload();
        payload.extend_from_slice(self.db_user.as_bytes()); // string<NUL>
        payload.push(0);
        // string<lenenc> and string<1-byte length> are the same up to 250 bytes.
        payload.put_lenenc_str(self.auth_response);
        if let Some(database) = self.database {
            payload.extend_from_slice(database.as_bytes()); // string<NUL>
            payload.push(0);
        }
        payload.extend_from_slice(self.auth_plugin_name.as_bytes()); // string<NUL>
        payload.push(0);
        if self
            .capabilities
            .contains(CapabilityFlags::CLIENT_CONNECT_ATTRS)
        {
            // int<lenenc> of all that follows, then a string<lenenc> for each name and each value
            payload.put_lenenc_str(&attributes_on_the_wire(self.connection_attributes));
        }
        SecretBytes::new(payload)
    }
}

/// Connection attributes as they are sent, less the length of them all.
pub(crate) fn attributes_on_the_wire(attributes: &[(String, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in attributes {
        bytes.put_lenenc_str(name.as_bytes());
        bytes.put_lenenc_str(value.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use mysql_common::io::ParseBuf;
    use mysql_common::packets as theirs;

    use super::*;

    /// What we write, `mysql_common` reads.
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
                capabilities: capabilities | lenenc,
                character_set: 255,
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
}

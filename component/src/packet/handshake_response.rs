//! `Protocol::HandshakeResponse41`: the user, the session's settings, and the response to the challenge.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html>
//!
//! This crate does not use `mysql_common`'s type. That one keeps connection attributes in a `HashMap`, so that their
//! order differs from run to run, and does not let the caller choose the character set.

use mysql_common::constants::CapabilityFlags;
use mysql_common::io::BufMutExt;

use super::ssl_request::SslRequest;
use crate::secret_string::SecretBytes;

/// The longest `auth_response` whose length both encodings write as the same single byte.
#[cfg(test)]
const AUTH_RESPONSE_LIMIT: usize = 250;

/// The fields of a `HandshakeResponse41`.
///
/// It does not implement `Debug`: `auth_response` may be a hash, from which a password can be guessed.
#[expect(
    missing_debug_implementations,
    reason = "a password can be guessed from a hash"
)]
#[derive(Clone)]
pub struct HandshakeResponse<'a> {
    /// The flags that both sides support. They determine which of the fields below are sent.
    pub capabilities: CapabilityFlags,
    /// The id of the session's collation.
    pub character_set: u8,
    /// The database user, without NUL.
    pub db_user: &'a str,
    /// The response of the method named below, up to 250 bytes: a hash or nothing, never a token or a password.
    pub auth_response: &'a [u8],
    /// The default database, without NUL. `capabilities` must contain `CLIENT_CONNECT_WITH_DB` exactly if it is `Some`.
    pub database: Option<&'a str>,
    /// The method's name. `capabilities` must contain `CLIENT_PLUGIN_AUTH`.
    pub auth_plugin_name: &'a str,
    /// Names and values, sent in this order if `capabilities` contains `CLIENT_CONNECT_ATTRS`.
    pub connection_attributes: &'a [(String, String)],
}

impl HandshakeResponse<'_> {
    /// Encodes the payload.
    #[must_use]
    pub fn payload(&self) -> SecretBytes {
        let mut payload = SslRequest {
            capabilities: self.capabilities,
            character_set: self.character_set,
        }
        .payload();
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
        if self
            .capabilities
            .contains(CapabilityFlags::CLIENT_CONNECT_ATTRS)
        {
            // The total length as int<lenenc>, then a string<lenenc> for each name and each value.
            payload.put_lenenc_str(&attributes_on_the_wire(self.connection_attributes));
        }
        SecretBytes::new(payload)
    }
}

/// Encodes connection attributes, without the prefix of their total length.
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

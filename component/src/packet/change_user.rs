//! `COM_CHANGE_USER`: authenticates another user on the same connection. It repeats fields of the `HandshakeResponse41`
//! in another layout. A client writes it, a server reads it.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html>

use mysql_common::constants::CapabilityFlags;
use mysql_common::io::BufMutExt;
use rds_bridge_wire::command::COM_CHANGE_USER;
use rds_bridge_wire::{Payload, text};

use super::connection_attributes::{attributes_on_the_wire, read_attributes};
use super::handshake_response::{ReceivedResponse, short_bytes, utf8};
use super::packet_name::{InvalidPacket, PacketName};
use crate::secret_string::SecretBytes;

/// The fields of a `COM_CHANGE_USER`, as this crate's client sends them: without authentication data.
#[derive(Clone, Copy, Debug)]
pub struct ChangeUser<'a> {
    /// The session's flags. They must contain `CLIENT_PROTOCOL_41` and `CLIENT_PLUGIN_AUTH`.
    pub capabilities: CapabilityFlags,
    /// The database user, without NUL.
    pub db_user: &'a str,
    /// The default database, without NUL.
    pub database: Option<&'a str>,
    /// The id of the session's collation.
    pub character_set: u16,
    /// The method's name.
    pub auth_plugin_name: &'a str,
    /// Names and values, sent in this order if `capabilities` contains `CLIENT_CONNECT_ATTRS`.
    pub connection_attributes: &'a [(String, String)],
}

impl ChangeUser<'_> {
    /// Encodes the payload.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let mut payload = vec![COM_CHANGE_USER]; // int<1>
        payload.extend_from_slice(self.db_user.as_bytes()); // string<NUL>
        payload.push(0);
        payload.push(0); // int<1> length of the authentication data, or string<NUL>
        payload.extend_from_slice(self.database.unwrap_or_default().as_bytes()); // string<NUL>
        payload.push(0);
        payload.extend(self.character_set.to_le_bytes()); // int<2>
        payload.extend_from_slice(self.auth_plugin_name.as_bytes()); // string<NUL>
        payload.push(0);
        if self
            .capabilities
            .contains(CapabilityFlags::CLIENT_CONNECT_ATTRS)
        {
            payload.put_lenenc_str(&attributes_on_the_wire(self.connection_attributes));
        }
        payload
    }

    /// Decodes the payload that a client sent in a session with these flags. Clients may omit all fields after the
    /// database.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`] with the field that is truncated, or that is not valid UTF-8: the user and the database.
    pub fn read(
        bytes: &[u8],
        capabilities: CapabilityFlags,
        mariadb_capabilities: u32,
    ) -> Result<ReceivedResponse, InvalidPacket> {
        let mut payload = Payload::new(PacketName::ChangeUser, bytes);
        if payload.u8("command")? != COM_CHANGE_USER {
            return Err(payload.invalid("command")); // int<1>
        }
        let has = |flag| capabilities.contains(flag);
        let user = payload.nul_string("user")?; // string<NUL>
        let user = utf8(&payload, user, "user")?;
        let auth_response = if has(CapabilityFlags::CLIENT_SECURE_CONNECTION) {
            short_bytes(&mut payload)?
        } else {
            payload.nul_string("auth_response")? // string<NUL>
        };
        let database = payload.last_nul_string(); // string<NUL>
        let database = utf8(&payload, database, "database")?;

        let character_set = match payload.peek() {
            Some(_) => payload.u16("character_set")?, // int<2>
            None => 0,
        };
        let auth_plugin_name = if has(CapabilityFlags::CLIENT_PLUGIN_AUTH) {
            text(payload.last_nul_string()) // string<NUL>
        } else {
            String::new()
        };
        let connection_attributes = if has(CapabilityFlags::CLIENT_CONNECT_ATTRS) {
            read_attributes(&mut payload)?
        } else {
            Vec::new()
        };
        Ok(ReceivedResponse {
            capabilities,
            mariadb_capabilities,
            max_packet_size: 0,
            character_set,
            user,
            auth_response: SecretBytes::new(auth_response.to_vec()),
            database: Some(database).filter(|name| !name.is_empty()),
            auth_plugin_name: Some(auth_plugin_name).filter(|name| !name.is_empty()),
            connection_attributes,
        })
    }
}

#[cfg(test)]
mod tests {
    use mysql_common::packets as theirs;
    use mysql_common::proto::MySerialize;

    use super::*;

    const CAPABILITIES: CapabilityFlags = CapabilityFlags::CLIENT_PROTOCOL_41
        .union(CapabilityFlags::CLIENT_SECURE_CONNECTION)
        .union(CapabilityFlags::CLIENT_PLUGIN_AUTH)
        .union(CapabilityFlags::CLIENT_CONNECT_ATTRS);

    fn read(bytes: &[u8]) -> Result<ReceivedResponse, InvalidPacket> {
        ChangeUser::read(bytes, CAPABILITIES, 0)
    }

    #[test]
    fn writes_what_another_implementation_writes() {
        let ours = ChangeUser {
            capabilities: CAPABILITIES,
            db_user: "lambda-user",
            database: Some("iamtest"),
            character_set: 255,
            auth_plugin_name: "caching_sha2_password",
            connection_attributes: &[("_client_name".into(), "rds-bridge".into())],
        };
        let attributes = [("_client_name".to_owned(), "rds-bridge".to_owned())];
        let more = theirs::ComChangeUserMoreData::new(255)
            .with_auth_plugin(Some(theirs::AuthPlugin::CachingSha2Password))
            .with_connect_attributes(Some(attributes.into()));
        let theirs = theirs::ComChangeUser::new()
            .with_user(Some(b"lambda-user"))
            .with_database(Some(b"iamtest"))
            .with_more_data(Some(more));
        let mut bytes = Vec::new();
        theirs.serialize(&mut bytes);
        assert_eq!(ours.payload(), bytes);
    }

    #[test]
    fn reads_what_it_writes() {
        let attributes = [("_client_name".to_owned(), "rds-bridge".to_owned())];
        let written = ChangeUser {
            capabilities: CAPABILITIES,
            db_user: "reader",
            database: None,
            character_set: 305,
            auth_plugin_name: "caching_sha2_password",
            connection_attributes: &attributes,
        };
        let response = read(&written.payload()).unwrap();
        assert_eq!(response.user, "reader");
        assert_eq!(response.database, None);
        assert_eq!(response.character_set, 305);
        let name = response.auth_plugin_name.as_deref();
        assert_eq!(name, Some("caching_sha2_password"));
        assert_eq!(response.connection_attributes, attributes);
        assert_eq!(response.auth_response.expose(), b"");
    }

    #[test]
    fn reads_the_short_form() {
        let response = read(b"\x11reader\0\x03abcshop\0").unwrap();
        assert_eq!(response.auth_response.expose(), b"abc");
        assert_eq!(response.database.as_deref(), Some("shop"));
        assert_eq!(response.character_set, 0);
        assert_eq!(response.auth_plugin_name, None);
        let old = CapabilityFlags::CLIENT_PROTOCOL_41;
        let response = ChangeUser::read(b"\x11reader\0abc\0shop\0", old, 0).unwrap();
        assert_eq!(response.auth_response.expose(), b"abc");
    }

    #[test]
    fn names_the_field_that_cannot_be_read() {
        let field = |bytes| read(bytes).unwrap_err().field;
        assert_eq!(field(b""), "command");
        assert_eq!(field(b"\x03"), "command");
        assert_eq!(field(b"\x11reader"), "user");
        assert_eq!(field(b"\x11\xFF\0"), "user");
        assert_eq!(field(b"\x11reader\0"), "auth_response_length");
        assert_eq!(field(b"\x11reader\0\x03a"), "auth_response");
        assert_eq!(field(b"\x11reader\0\0\xFF\0"), "database");
        assert_eq!(field(b"\x11reader\0\0shop\0\xFF"), "character_set");
    }
}

//! The user, the database and the session's settings. They are validated, so that they cannot break a packet's layout.

use thiserror::Error;

use crate::packet::{ATTRIBUTES_LIMIT, CapabilityFlags, attributes_on_the_wire};

/// In characters. This is the limit of MariaDB; that of MySQL is 32.
const DB_USER_LIMIT: usize = 128;
/// In characters (MySQL Reference Manual, "Identifier Length Limits").
const DATABASE_LIMIT: usize = 64;
/// The largest packet that the client accepts unless the config says otherwise: 1 GiB, the upper limit of the server's
/// `max_allowed_packet`.
const MAX_PACKET_SIZE: u32 = 0x4000_0000;

/// The optional capabilities of this project's own command phase. `CLIENT_LOCAL_FILES` and `CLIENT_MULTI_STATEMENTS` are
/// not among them: the server may not request a file of the client, and `COM_QUERY` may not contain several statements.
const OWN_CAPABILITIES: CapabilityFlags = CapabilityFlags::CLIENT_LONG_PASSWORD
    .union(CapabilityFlags::CLIENT_LONG_FLAG)
    .union(CapabilityFlags::CLIENT_TRANSACTIONS)
    .union(CapabilityFlags::CLIENT_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_PS_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_DEPRECATE_EOF);

/// The user, the database and the session's settings, validated.
#[derive(Debug)]
pub struct Config {
    pub(super) db_user: String,
    pub(super) database: Option<String>,
    pub(super) connection_attributes: Vec<(String, String)>,
    pub(super) character_set: u16,
    /// The optional capabilities, which are used if the server has them.
    pub(super) capabilities: CapabilityFlags,
    pub(super) mariadb_capabilities: u32,
    pub(super) max_packet_size: u32,
}

/// The invalid field of a config, or the invalid secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigField {
    /// The database user.
    DbUser,
    /// The token of [`Auth::IamToken`](super::Auth::IamToken).
    IamToken,
    /// The password of [`Auth::Password`](super::Auth::Password).
    Password,
    /// The default database.
    Database,
    /// A name or a value of a connection attribute, or their total length.
    ConnectionAttributes,
    /// The collation's id.
    CharacterSet,
}

impl ConfigField {
    fn name(self) -> &'static str {
        match self {
            Self::DbUser => "database user",
            Self::IamToken => "IAM token",
            Self::Password => "password",
            Self::Database => "database",
            Self::ConnectionAttributes => "connection attributes",
            Self::CharacterSet => "character set",
        }
    }
}

/// Why a config or a secret is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidConfig {
    /// The field is empty, or the character set is 0.
    #[error("the {} is empty", .0.name())]
    Empty(ConfigField),
    /// The field is longer than its limit, or the character set does not fit the one byte of a handshake.
    #[error("the {} is too long", .0.name())]
    TooLong(ConfigField),
    /// The field contains a NUL, which terminates strings in this protocol.
    #[error("the {} contains a NUL", .0.name())]
    ContainsNul(ConfigField),
}

impl Config {
    /// Validates the settings.
    ///
    /// - `db_user` has 1 to 128 characters.
    /// - `database` is the default database, with 1 to 64 characters; `None` for a session without one.
    /// - `connection_attributes` are names and values, sent in this order, at most 65,535 bytes on the wire. A name is
    ///   not empty. They are omitted if the server lacks `CLIENT_CONNECT_ATTRS`.
    /// - `character_set` is the id of the session's collation, which determines its character set: 45 is
    ///   `utf8mb4_general_ci`. It is not 0, and above 255 only for [`ClientHandshake::change_user`].
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`] with the first invalid field, if a field is empty, is longer than its limit, or contains a
    /// NUL.
    ///
    /// [`ClientHandshake::change_user`]: super::ClientHandshake::change_user
    pub fn new(
        db_user: String,
        database: Option<String>,
        connection_attributes: Vec<(String, String)>,
        character_set: u16,
    ) -> Result<Self, InvalidConfig> {
        use ConfigField as Field;

        check(
            Field::DbUser,
            &db_user,
            db_user.chars().count(),
            DB_USER_LIMIT,
        )?;
        if let Some(database) = &database {
            let length = database.chars().count();
            check(Field::Database, database, length, DATABASE_LIMIT)?;
        }
        check_connection_attributes(&connection_attributes)?;
        if character_set == 0 {
            return Err(InvalidConfig::Empty(Field::CharacterSet));
        }
        Ok(Self {
            db_user,
            database,
            connection_attributes,
            character_set,
            capabilities: OWN_CAPABILITIES,
            mariadb_capabilities: 0,
            max_packet_size: MAX_PACKET_SIZE,
        })
    }

    /// Replaces the optional capabilities, each of which is used if the server has it. The default is those that this
    /// project's own command phase uses. Flags that determine the layout of the connection phase's packets, or that
    /// this crate does not support, have no effect here.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: CapabilityFlags) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Replaces MariaDB's extended capabilities, each of which is used if the server has it: by default none.
    #[must_use]
    pub fn with_mariadb_capabilities(mut self, capabilities: u32) -> Self {
        self.mariadb_capabilities = capabilities;
        self
    }

    /// Replaces the size of the largest packet that the client accepts, in bytes: by default 1 GiB.
    #[must_use]
    pub fn with_max_packet_size(mut self, bytes: u32) -> Self {
        self.max_packet_size = bytes;
        self
    }

    /// The character set as a handshake sends it.
    pub(super) fn handshake_character_set(&self) -> Result<u8, InvalidConfig> {
        u8::try_from(self.character_set)
            .map_err(|_| InvalidConfig::TooLong(ConfigField::CharacterSet))
    }
}

pub(super) fn check(
    field: ConfigField,
    text: &str,
    length: usize,
    limit: usize,
) -> Result<(), InvalidConfig> {
    if text.is_empty() {
        Err(InvalidConfig::Empty(field))
    } else if length > limit {
        Err(InvalidConfig::TooLong(field))
    } else if text.contains('\0') {
        Err(InvalidConfig::ContainsNul(field))
    } else {
        Ok(())
    }
}

fn check_connection_attributes(attributes: &[(String, String)]) -> Result<(), InvalidConfig> {
    let field = ConfigField::ConnectionAttributes;
    if attributes.iter().any(|(name, _)| name.is_empty()) {
        return Err(InvalidConfig::Empty(field));
    }
    if attributes_on_the_wire(attributes).len() > ATTRIBUTES_LIMIT {
        return Err(InvalidConfig::TooLong(field));
    }
    let holds_nul = |(name, value): &(String, String)| name.contains('\0') || value.contains('\0');
    if attributes.iter().any(holds_nul) {
        return Err(InvalidConfig::ContainsNul(field));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(
        user: &str,
        database: Option<&str>,
        attributes: &[(&str, &str)],
        character_set: u16,
    ) -> Result<(), InvalidConfig> {
        let attributes = attributes
            .iter()
            .map(|&(name, value)| (name.into(), value.into()))
            .collect();
        let database = database.map(Into::into);
        Config::new(user.into(), database, attributes, character_set).map(|_| ())
    }

    #[test]
    fn every_mistake_has_its_error() {
        use ConfigField::*;
        use InvalidConfig::*;

        assert_eq!(with("u", Some("db"), &[("a", "")], 45), Ok(()));
        assert_eq!(with("u", None, &[], 255), Ok(()));
        assert_eq!(with("", None, &[], 45), Err(Empty(DbUser)));
        assert_eq!(with(&"u".repeat(129), None, &[], 45), Err(TooLong(DbUser)));
        assert_eq!(with("u\0", None, &[], 45), Err(ContainsNul(DbUser)));
        assert_eq!(with("u", Some(""), &[], 45), Err(Empty(Database)));
        assert_eq!(
            with("u", Some(&"d".repeat(65)), &[], 45),
            Err(TooLong(Database))
        );
        assert_eq!(
            with("u", None, &[("", "v")], 45),
            Err(Empty(ConnectionAttributes))
        );
        assert_eq!(
            with("u", None, &[("a", "v\0")], 45),
            Err(ContainsNul(ConnectionAttributes))
        );
        // `a` is encoded in 2 bytes. A value longer than 250 bytes has a length prefix of 3 bytes.
        let longest = "v".repeat(65_535 - 2 - 3);
        assert_eq!(with("u", None, &[("a", &longest)], 45), Ok(()));
        assert_eq!(
            with("u", None, &[("ab", &longest)], 45),
            Err(TooLong(ConnectionAttributes))
        );
        assert_eq!(with("u", None, &[], 0), Err(Empty(CharacterSet)));
        assert_eq!(with("u", None, &[], 305), Ok(()));
    }
}

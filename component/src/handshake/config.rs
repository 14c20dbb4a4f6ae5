//! Who logs in, and to what, checked: nothing in it can break the framing of a packet.

use thiserror::Error;

use crate::packet::attributes_on_the_wire;

/// In characters. MariaDB's limit; MySQL's is 32.
const DB_USER_LIMIT: usize = 128;
/// In characters (MySQL Reference Manual, "Identifier Length Limits").
const DATABASE_LIMIT: usize = 64;
/// In bytes on the wire (MySQL Reference Manual, "Performance Schema Connection Attribute Tables").
const CONNECTION_ATTRIBUTES_LIMIT: usize = 65_535;

/// Who logs in, and to what.
#[derive(Debug)]
pub struct Config {
    pub(super) db_user: String,
    pub(super) database: Option<String>,
    pub(super) connection_attributes: Vec<(String, String)>,
    pub(super) character_set: u8,
}

/// The field that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigField {
    /// The database user.
    DbUser,
    /// The token.
    IamToken,
    /// The password.
    Password,
    /// The default database.
    Database,
    /// A name or a value of them, or all together.
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

/// What is wrong with a config, or with the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidConfig {
    /// Empty, or 0 for the character set.
    #[error("the {} is empty", .0.name())]
    Empty(ConfigField),
    /// Over its limit.
    #[error("the {} is too long", .0.name())]
    TooLong(ConfigField),
    /// A NUL ends a text in this protocol.
    #[error("the {} holds a NUL", .0.name())]
    ContainsNul(ConfigField),
}

impl Config {
    /// Checks it; the limits are in `wit/handshake.wit`.
    ///
    /// `character_set` is the id of a collation, which names its character set.
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`] with the first field that is wrong.
    pub fn new(
        db_user: String,
        database: Option<String>,
        connection_attributes: Vec<(String, String)>,
        character_set: u8,
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
        })
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
    if attributes_on_the_wire(attributes).len() > CONNECTION_ATTRIBUTES_LIMIT {
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
        character_set: u8,
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
        // `a` takes 2 bytes, a value above 250 bytes 3 more than itself.
        let longest = "v".repeat(65_535 - 2 - 3);
        assert_eq!(with("u", None, &[("a", &longest)], 45), Ok(()));
        assert_eq!(
            with("u", None, &[("ab", &longest)], 45),
            Err(TooLong(ConnectionAttributes))
        );
        assert_eq!(with("u", None, &[], 0), Err(Empty(CharacterSet)));
    }
}

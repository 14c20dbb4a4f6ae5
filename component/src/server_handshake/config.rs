//! The arguments of a server's handshake. They are validated, so that they cannot break a packet's layout.

use thiserror::Error;

use crate::packet::{CapabilityFlags, PAYLOAD_LIMIT, SCRAMBLE_LENGTH};

/// In bytes. Servers' versions have some dozen.
pub(super) const SERVER_VERSION_LIMIT: usize = 255;
/// In bytes. A server stores the names of plugins in 64 characters.
const AUTH_PLUGIN_LIMIT: usize = 255;
/// In bytes. MySQL's clients show the first 512.
pub(super) const MESSAGE_LIMIT: usize = 32_768;
/// Length of a SQLSTATE in bytes.
pub(super) const SQL_STATE_LENGTH: usize = 5;

/// What a server says about itself in its first packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The version, 1 to 255 bytes without control characters, such as `8.0.39`.
    pub server_version: String,
    /// The id of this connection, as `KILL QUERY` accepts it.
    pub connection_id: u32,
    /// The capabilities that the server's command phase has. The handshake sets those of the connection phase itself.
    pub capabilities: CapabilityFlags,
    /// MariaDB's extended capabilities. They are sent only if `capabilities` lacks `CLIENT_LONG_PASSWORD`.
    pub mariadb_capabilities: u32,
    /// The lower 8 bits of the default collation's id.
    pub character_set: u8,
    /// The `SERVER_STATUS_*` flags.
    pub status_flags: u16,
}

/// Whether a client can and must use TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsPolicy {
    /// TLS is not offered.
    None,
    /// TLS is offered, and clients without TLS are accepted.
    Offered,
    /// TLS is offered, and clients without TLS are refused.
    Required,
}

/// The invalid argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigField {
    /// The server's version.
    ServerVersion,
    /// The scramble: of the handshake, or for an authentication method.
    Scramble,
    /// The name of an authentication method.
    AuthPlugin,
    /// Data for an authentication method.
    AuthPluginData,
    /// The stored hash of a password.
    StoredHash,
    /// The payload of the last packet.
    Payload,
    /// The SQLSTATE of an error.
    SqlState,
    /// The message of an error.
    Message,
}

impl ConfigField {
    fn name(self) -> &'static str {
        match self {
            Self::ServerVersion => "server version",
            Self::Scramble => "scramble",
            Self::AuthPlugin => "name of the authentication method",
            Self::AuthPluginData => "data for the authentication method",
            Self::StoredHash => "stored hash",
            Self::Payload => "payload of the last packet",
            Self::SqlState => "SQLSTATE",
            Self::Message => "error message",
        }
    }
}

/// Why an argument is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidConfig {
    /// The argument is empty.
    #[error("the {} is empty", .0.name())]
    Empty(ConfigField),
    /// The argument is longer than its limit.
    #[error("the {} is too long", .0.name())]
    TooLong(ConfigField),
    /// The argument contains a character that it may not contain, has another length than it must have, or is not of
    /// the kind that it must be of.
    #[error("the {} is invalid", .0.name())]
    Invalid(ConfigField),
}

/// A scramble: the server's challenge.
pub(super) type Scramble = [u8; SCRAMBLE_LENGTH];

/// Checks that a scramble has 20 bytes, none of which is 0: clients take it for text.
pub(super) fn scramble(bytes: &[u8]) -> Result<Scramble, InvalidConfig> {
    match <Scramble>::try_from(bytes) {
        Ok(scramble) if !scramble.contains(&0) => Ok(scramble),
        Ok(_) | Err(_) => Err(InvalidConfig::Invalid(ConfigField::Scramble)),
    }
}

/// Checks that a version is short, UTF-8, and has no control character, with which a server could write to a user's
/// terminal. A byte that is not UTF-8 may be a control character in another encoding.
pub(super) fn is_printable_version(version: &[u8]) -> bool {
    version.len() <= SERVER_VERSION_LIMIT
        && str::from_utf8(version).is_ok_and(|version| !version.chars().any(char::is_control))
}

pub(super) fn check_identity(identity: &Identity) -> Result<(), InvalidConfig> {
    let field = ConfigField::ServerVersion;
    let version = identity.server_version.as_bytes();
    if version.is_empty() {
        Err(InvalidConfig::Empty(field))
    } else if version.len() > SERVER_VERSION_LIMIT {
        Err(InvalidConfig::TooLong(field))
    } else if !is_printable_version(version) {
        Err(InvalidConfig::Invalid(field))
    } else {
        Ok(())
    }
}

pub(super) fn check_auth_plugin(name: &str) -> Result<(), InvalidConfig> {
    let field = ConfigField::AuthPlugin;
    if name.is_empty() {
        Err(InvalidConfig::Empty(field))
    } else if name.len() > AUTH_PLUGIN_LIMIT {
        Err(InvalidConfig::TooLong(field))
    } else if name.contains('\0') {
        Err(InvalidConfig::Invalid(field))
    } else {
        Ok(())
    }
}

pub(super) fn check_length(field: ConfigField, bytes: &[u8]) -> Result<(), InvalidConfig> {
    if bytes.len() > PAYLOAD_LIMIT {
        return Err(InvalidConfig::TooLong(field));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scramble_has_twenty_bytes_without_nul() {
        assert!(scramble(b"abcdefghijklmnopqrst").is_ok());
        let invalid = Err(InvalidConfig::Invalid(ConfigField::Scramble));
        for bytes in [&b""[..], b"abcdefghijklmnopqrs", b"abcdefghijklmnopqrs\0"] {
            assert_eq!(scramble(bytes), invalid);
        }
    }

    #[test]
    fn a_version_is_printable() {
        let check = |version: &str| {
            check_identity(&Identity {
                server_version: version.to_owned(),
                connection_id: 1,
                capabilities: CapabilityFlags::empty(),
                mariadb_capabilities: 0,
                character_set: 255,
                status_flags: 2,
            })
        };
        let field = ConfigField::ServerVersion;
        assert_eq!(check("8.0.39 – é"), Ok(()));
        assert_eq!(check(&"8".repeat(255)), Ok(()));
        assert_eq!(check(""), Err(InvalidConfig::Empty(field)));
        assert_eq!(check(&"8".repeat(256)), Err(InvalidConfig::TooLong(field)));
        for version in ["8\0", "8\n", "\u{1B}[31m8", "8\u{7F}", "8\u{9B}"] {
            assert_eq!(check(version), Err(InvalidConfig::Invalid(field)));
        }
        assert!(is_printable_version(b"8.0.39"));
        assert!(!is_printable_version(b"8\x9B31m"));
    }
}

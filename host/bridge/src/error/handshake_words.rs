//! The texts of the connection phase's errors.

use crate::component::{
    AuthPlugin, ConfigField, HandshakeError, InvalidConfig, Misuse, Packet, ServerError,
};
use rds_bridge_text::Printable;

pub(super) fn describe(error: &HandshakeError) -> String {
    match error {
        HandshakeError::InvalidConfig(invalid) => describe_invalid_config(invalid),
        HandshakeError::Misuse(misuse) => describe_misuse(*misuse).to_owned(),
        HandshakeError::InvalidPacket(invalid) => format!(
            "not a MySQL server, or a damaged stream: cannot read the field {} of {}",
            invalid.field,
            packet_name(invalid.packet)
        ),
        HandshakeError::UnexpectedPacket(first) => {
            format!("not a MySQL server: an unexpected packet begins with {first:#04x}")
        }
        HandshakeError::SequenceIdMismatch(mismatch) => format!(
            "not a MySQL server: packet number {} arrived instead of {}",
            mismatch.received, mismatch.expected
        ),
        HandshakeError::PacketTooLarge(large) => format!(
            "not a MySQL server: it announces a packet of {} bytes, but at most {} are accepted before login",
            large.length, large.limit
        ),
        HandshakeError::BytesBeforeTls => {
            "bytes arrived between the server's first packet and the TLS handshake, and may have been injected by an \
             attacker: connect by another network path, and report it if it persists"
                .to_owned()
        }
        HandshakeError::BytesAfterReady => "unexpected bytes after the login".to_owned(),
        HandshakeError::RepeatedAuthSwitch => {
            "the server changed the authentication method too many times".to_owned()
        }
        HandshakeError::TokenNotRequested => {
            "the server accepted the user without requesting the token, so anyone can log in as this user: set IAM \
             authentication or a password"
                .to_owned()
        }
        HandshakeError::TlsNotOffered => {
            "the server does not offer TLS, which rds-bridge requires".to_owned()
        }
        HandshakeError::UnsupportedProtocolVersion(version) => {
            format!("the server speaks protocol version {version}, not 10")
        }
        HandshakeError::MissingCapability(flag) => format!("the server does not support {flag}, which rds-bridge \
                                                            requires"),
        HandshakeError::UnsupportedAuthPlugin(name) => {
            format!(
                "the server requests the authentication method {name:?}, which is not supported"
            )
        }
        HandshakeError::RefusedAuthPlugin(plugin) => describe_refused_auth_plugin(*plugin),
        HandshakeError::MultiFactorAuthentication => {
            "the server requests a second authentication factor, which is not supported".to_owned()
        }
        HandshakeError::ServerRefusedBeforeTls(error) | HandshakeError::ServerRefused(error) => {
            let ServerError { code, message, .. } = error;
            format!("{} ({code})", Printable(message))
        }
    }
}

fn describe_refused_auth_plugin(plugin: AuthPlugin) -> String {
    match plugin {
        AuthPlugin::MysqlClearPassword => {
            "the server requests the password in clear text (mysql_clear_password), which is supported only for tokens"
                .to_owned()
        }
        _ => format!(
            "the server requests {}, but a token requires mysql_clear_password",
            plugin_name(plugin)
        ),
    }
}

pub(super) fn describe_invalid_config(invalid: &InvalidConfig) -> String {
    match invalid {
        InvalidConfig::Empty(field) => format!("{} is empty", field_name(*field)),
        InvalidConfig::TooLong(field) => format!("{} is too long", field_name(*field)),
        InvalidConfig::ContainsNul(field) => {
            format!("{} contains a NUL character", field_name(*field))
        }
    }
}

fn describe_misuse(misuse: Misuse) -> &'static str {
    match misuse {
        Misuse::TlsNotAskedFor => "a bug in rds-bridge: TLS was reported without being requested",
        Misuse::TlsNotEstablished => {
            "a bug in rds-bridge: bytes were received before TLS was reported"
        }
        Misuse::AlreadyReady => "a bug in rds-bridge: a call after the end of the connection phase",
    }
}

fn field_name(field: ConfigField) -> &'static str {
    match field {
        ConfigField::DbUser => "the user",
        ConfigField::IamToken => "the token",
        ConfigField::Password => "the password",
        ConfigField::Database => "the database's name",
        ConfigField::ConnectionAttributes => "a connection attribute",
        ConfigField::CharacterSet => "the character set",
    }
}

/// The name of a packet of the connection phase in an error text.
#[must_use]
pub fn packet_name(packet: Packet) -> &'static str {
    match packet {
        Packet::InitialHandshake => "the initial handshake",
        Packet::SslRequest => "SSLRequest",
        Packet::HandshakeResponse => "HandshakeResponse41",
        Packet::AuthSwitchRequest => "AuthSwitchRequest",
        Packet::AuthMoreData => "AuthMoreData",
        Packet::OkPacket => "OK_Packet",
        Packet::ErrPacket => "ERR_Packet",
        Packet::ChangeUser => "COM_CHANGE_USER",
    }
}

/// The name of an authentication plugin in the manual, such as `mysql_clear_password`.
#[must_use]
pub fn plugin_name(plugin: AuthPlugin) -> &'static str {
    match plugin {
        AuthPlugin::MysqlClearPassword => "mysql_clear_password",
        AuthPlugin::CachingSha2Password => "caching_sha2_password",
        AuthPlugin::MysqlNativePassword => "mysql_native_password",
        AuthPlugin::ClientEd25519 => "client_ed25519",
    }
}

//! `rds:bridge/handshake`: converts between the contract's types and this crate's.

use std::cell::RefCell;

use super::exports::rds::bridge::handshake as wit;
use super::{Component, number};
use crate::auth_plugin::AuthPlugin;
use crate::handshake::{
    Auth, ClientHandshake, Config, ConfigField, Error, InvalidConfig, Misuse, Session, Step,
};
use crate::packet::{CapabilityFlags, InvalidPacket, PacketName, PacketTooLarge, ServerError};
use crate::presign::AuthToken;
use crate::secret_string::SecretString;

impl wit::Guest for Component {
    type ClientHandshake = RefCell<ClientHandshake>;
}

impl wit::GuestClientHandshake for RefCell<ClientHandshake> {
    fn start(config: wit::Config) -> Result<wit::ClientHandshake, wit::Error> {
        let config = config.try_into().map_err(Error::InvalidConfig)?;
        let handshake = ClientHandshake::new(config).map_err(Error::InvalidConfig)?;
        Ok(wit::ClientHandshake::new(Self::new(handshake)))
    }

    fn change_user(
        config: wit::Config,
        capabilities: u32,
        mariadb_capabilities: u32,
        auth: wit::Auth,
    ) -> Result<wit::ClientHandshake, wit::Error> {
        let handshake = ClientHandshake::change_user(
            config.try_into().map_err(Error::InvalidConfig)?,
            CapabilityFlags::from_bits_retain(capabilities),
            mariadb_capabilities,
            auth.into(),
        )?;
        Ok(wit::ClientHandshake::new(Self::new(handshake)))
    }

    fn receive(&self, bytes: Vec<u8>) -> Result<wit::Step, wit::Error> {
        Ok(self.borrow_mut().receive(&bytes)?.into())
    }

    fn tls_established(&self, auth: wit::Auth) -> Result<wit::Step, wit::Error> {
        Ok(self.borrow_mut().tls_established(auth.into())?.into())
    }
}

impl TryFrom<wit::Config> for Config {
    type Error = InvalidConfig;

    fn try_from(config: wit::Config) -> Result<Self, InvalidConfig> {
        let attributes = config.connection_attributes.into_iter();
        let mut this = Self::new(
            config.db_user,
            config.database,
            attributes
                .map(|attribute| (attribute.name, attribute.value))
                .collect(),
            config.character_set,
        )?;
        this = this.with_mariadb_capabilities(config.mariadb_capabilities);
        if let Some(capabilities) = config.capabilities {
            this = this.with_capabilities(CapabilityFlags::from_bits_retain(capabilities));
        }
        if let Some(bytes) = config.max_packet_size {
            this = this.with_max_packet_size(bytes);
        }
        Ok(this)
    }
}

impl From<wit::Auth> for Auth {
    fn from(auth: wit::Auth) -> Self {
        match auth {
            wit::Auth::IamToken(token) => Self::IamToken(token.into_inner::<AuthToken>().text),
            wit::Auth::IamTokenText(token) => Self::IamToken(SecretString::new(token)),
            wit::Auth::Password(password) => Self::Password(SecretString::new(password)),
        }
    }
}

impl From<Step> for wit::Step {
    fn from(step: Step) -> Self {
        match step {
            Step::Read => Self::Read,
            Step::Write(bytes) => Self::Write(bytes.into_exposed()),
            Step::StartTls(bytes) => Self::StartTls(bytes),
            Step::Ready(session) => Self::Ready(session.into()),
        }
    }
}

impl From<Session> for wit::Session {
    fn from(session: Session) -> Self {
        Self {
            server_version: session.server_version,
            connection_id: session.connection_id,
            capabilities: session.capabilities.bits(),
            mariadb_capabilities: session.mariadb_capabilities,
            character_set: session.character_set,
            status_flags: session.status_flags,
            warnings: session.warnings,
            ok_packet: session.ok_packet,
            auth_plugin: session.auth_plugin.into(),
        }
    }
}

impl From<AuthPlugin> for wit::AuthPlugin {
    fn from(plugin: AuthPlugin) -> Self {
        match plugin {
            AuthPlugin::MysqlClearPassword => Self::MysqlClearPassword,
            AuthPlugin::CachingSha2Password => Self::CachingSha2Password,
            AuthPlugin::MysqlNativePassword => Self::MysqlNativePassword,
            AuthPlugin::ClientEd25519 => Self::ClientEd25519,
        }
    }
}

impl From<ConfigField> for wit::ConfigField {
    fn from(field: ConfigField) -> Self {
        match field {
            ConfigField::DbUser => Self::DbUser,
            ConfigField::IamToken => Self::IamToken,
            ConfigField::Password => Self::Password,
            ConfigField::Database => Self::Database,
            ConfigField::ConnectionAttributes => Self::ConnectionAttributes,
            ConfigField::CharacterSet => Self::CharacterSet,
        }
    }
}

impl From<InvalidConfig> for wit::InvalidConfig {
    fn from(invalid: InvalidConfig) -> Self {
        match invalid {
            InvalidConfig::Empty(field) => Self::Empty(field.into()),
            InvalidConfig::TooLong(field) => Self::TooLong(field.into()),
            InvalidConfig::ContainsNul(field) => Self::ContainsNul(field.into()),
        }
    }
}

impl From<Misuse> for wit::Misuse {
    fn from(misuse: Misuse) -> Self {
        match misuse {
            Misuse::TlsNotAskedFor => Self::TlsNotAskedFor,
            Misuse::TlsNotEstablished => Self::TlsNotEstablished,
            Misuse::AlreadyReady => Self::AlreadyReady,
        }
    }
}

impl From<PacketName> for wit::Packet {
    fn from(packet: PacketName) -> Self {
        match packet {
            PacketName::InitialHandshake => Self::InitialHandshake,
            PacketName::SslRequest => Self::SslRequest,
            PacketName::HandshakeResponse => Self::HandshakeResponse,
            PacketName::AuthSwitchRequest => Self::AuthSwitchRequest,
            PacketName::AuthMoreData => Self::AuthMoreData,
            PacketName::OkPacket => Self::OkPacket,
            PacketName::ErrPacket => Self::ErrPacket,
            PacketName::ChangeUser => Self::ChangeUser,
        }
    }
}

impl From<InvalidPacket> for wit::InvalidPacket {
    fn from(invalid: InvalidPacket) -> Self {
        Self {
            packet: invalid.packet.into(),
            field: invalid.field.to_owned(),
        }
    }
}

impl From<PacketTooLarge> for wit::PacketTooLarge {
    fn from(packet: PacketTooLarge) -> Self {
        Self {
            length: number(packet.length),
            limit: number(packet.limit),
        }
    }
}

impl From<ServerError> for wit::ServerError {
    fn from(error: ServerError) -> Self {
        Self {
            code: error.code,
            sql_state: error.sql_state,
            message: error.message,
        }
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidConfig(invalid) => Self::InvalidConfig(invalid.into()),
            Error::Misuse(misuse) => Self::Misuse(misuse.into()),
            Error::InvalidPacket(invalid) => Self::InvalidPacket(invalid.into()),
            Error::UnexpectedPacket(header) => Self::UnexpectedPacket(header),
            Error::SequenceIdMismatch { expected, received } => {
                Self::SequenceIdMismatch(wit::SequenceIdMismatch { expected, received })
            }
            Error::PacketTooLarge(packet) => Self::PacketTooLarge(packet.into()),
            Error::BytesBeforeTls => Self::BytesBeforeTls,
            Error::BytesAfterReady => Self::BytesAfterReady,
            Error::RepeatedAuthSwitch => Self::RepeatedAuthSwitch,
            Error::TokenNotRequested => Self::TokenNotRequested,
            Error::TlsNotOffered => Self::TlsNotOffered,
            Error::UnsupportedProtocolVersion(version) => Self::UnsupportedProtocolVersion(version),
            Error::MissingCapability(name) => Self::MissingCapability(name.to_owned()),
            Error::UnsupportedAuthPlugin(name) => Self::UnsupportedAuthPlugin(name),
            Error::RefusedAuthPlugin(plugin) => Self::RefusedAuthPlugin(plugin.into()),
            Error::MultiFactorAuthentication => Self::MultiFactorAuthentication,
            Error::ServerRefusedBeforeTls(error) => Self::ServerRefusedBeforeTls(error.into()),
            Error::ServerRefused(error) => Self::ServerRefused(error.into()),
        }
    }
}

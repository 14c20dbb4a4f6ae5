//! `rds:bridge/server-handshake`: converts between the contract's types and this crate's.

use std::cell::RefCell;

use super::Component;
use super::exports::rds::bridge::handshake::{SequenceIdMismatch, ServerError as WitServerError};
use super::exports::rds::bridge::server_handshake as wit;
use crate::packet::{CapabilityFlags, ServerError};
use crate::server_handshake::{
    ConfigField, Error, HandshakeResponse, Identity, InvalidConfig, Misuse, ServerHandshake, Step,
    TlsPolicy,
};

impl wit::Guest for Component {
    type ServerHandshake = RefCell<ServerHandshake>;
}

impl wit::GuestServerHandshake for RefCell<ServerHandshake> {
    fn start(
        identity: wit::Identity,
        scramble: Vec<u8>,
        tls: wit::TlsPolicy,
    ) -> Result<wit::ServerHandshake, wit::Error> {
        let handshake = ServerHandshake::start(identity.into(), &scramble, tls.into())?;
        Ok(wit::ServerHandshake::new(Self::new(handshake)))
    }

    fn start_as(
        initial_handshake: Vec<u8>,
        withheld_capabilities: u32,
        scramble: Vec<u8>,
        tls: wit::TlsPolicy,
    ) -> Result<wit::ServerHandshake, wit::Error> {
        let withheld = CapabilityFlags::from_bits_retain(withheld_capabilities);
        let handshake =
            ServerHandshake::start_as(&initial_handshake, withheld, &scramble, tls.into())?;
        Ok(wit::ServerHandshake::new(Self::new(handshake)))
    }

    fn change_user(
        command: Vec<u8>,
        capabilities: u32,
        mariadb_capabilities: u32,
        scramble: Vec<u8>,
        is_tls: bool,
    ) -> Result<wit::ServerHandshake, wit::Error> {
        let capabilities = CapabilityFlags::from_bits_retain(capabilities);
        let handshake = ServerHandshake::change_user(
            &command,
            capabilities,
            mariadb_capabilities,
            &scramble,
            is_tls,
        )?;
        Ok(wit::ServerHandshake::new(Self::new(handshake)))
    }

    fn receive(&self, bytes: Vec<u8>) -> Result<wit::Step, wit::Error> {
        Ok(self.borrow_mut().receive(&bytes)?.into())
    }

    fn tls_established(&self) -> Result<(), wit::Error> {
        Ok(self.borrow_mut().tls_established()?)
    }

    fn reply(&self, reply: wit::Reply) -> Result<Vec<u8>, wit::Error> {
        let mut handshake = self.borrow_mut();
        let packet = match reply {
            wit::Reply::SwitchPlugin(switch) => {
                handshake.switch_plugin(&switch.plugin, &switch.data)
            }
            wit::Reply::MoreData(data) => handshake.more_data(&data),
            wit::Reply::Finish(payload) => handshake.finish(&payload),
            wit::Reply::Refuse(error) => handshake.refuse(&error.into()),
        };
        Ok(packet?)
    }

    fn verify(&self, stored: wit::StoredHash) -> Result<bool, wit::Error> {
        let mut handshake = self.borrow_mut();
        let is_proven = match stored {
            wit::StoredHash::Sha256(stored) => handshake.verify_caching_sha2(&stored),
            wit::StoredHash::Sha1(stored) => handshake.verify_native_password(&stored),
        };
        Ok(is_proven?)
    }
}

impl From<wit::Identity> for Identity {
    fn from(identity: wit::Identity) -> Self {
        Self {
            server_version: identity.server_version,
            connection_id: identity.connection_id,
            capabilities: CapabilityFlags::from_bits_retain(identity.capabilities),
            mariadb_capabilities: identity.mariadb_capabilities,
            character_set: identity.character_set,
            status_flags: identity.status_flags,
        }
    }
}

impl From<wit::TlsPolicy> for TlsPolicy {
    fn from(policy: wit::TlsPolicy) -> Self {
        match policy {
            wit::TlsPolicy::None => Self::None,
            wit::TlsPolicy::Offered => Self::Offered,
            wit::TlsPolicy::Required => Self::Required,
        }
    }
}

impl From<WitServerError> for ServerError {
    fn from(error: WitServerError) -> Self {
        Self {
            code: error.code,
            sql_state: error.sql_state,
            message: error.message,
        }
    }
}

impl From<Step> for wit::Step {
    fn from(step: Step) -> Self {
        match step {
            Step::Read => Self::Read,
            Step::Write(bytes) => Self::Write(bytes),
            Step::StartTls => Self::StartTls,
            Step::Authenticate(response) => Self::Authenticate((*response).into()),
            Step::PluginResponse(bytes) => Self::PluginResponse(bytes.into_exposed()),
        }
    }
}

impl From<HandshakeResponse> for wit::HandshakeResponse {
    fn from(response: HandshakeResponse) -> Self {
        let attributes = response.connection_attributes.into_iter();
        Self {
            user: response.user,
            database: response.database,
            capabilities: response.capabilities.bits(),
            client_capabilities: response.client_capabilities.bits(),
            mariadb_capabilities: response.mariadb_capabilities,
            max_packet_size: response.max_packet_size,
            character_set: response.character_set,
            auth_plugin: response.auth_plugin,
            auth_response: response.auth_response.into_exposed(),
            connection_attributes: attributes
                .map(|(name, value)| wit::ConnectionAttribute { name, value })
                .collect(),
            is_tls: response.is_tls,
        }
    }
}

impl From<ConfigField> for wit::ConfigField {
    fn from(field: ConfigField) -> Self {
        match field {
            ConfigField::ServerVersion => Self::ServerVersion,
            ConfigField::Scramble => Self::Scramble,
            ConfigField::AuthPlugin => Self::AuthPlugin,
            ConfigField::AuthPluginData => Self::AuthPluginData,
            ConfigField::StoredHash => Self::StoredHash,
            ConfigField::Payload => Self::Payload,
            ConfigField::SqlState => Self::SqlState,
            ConfigField::Message => Self::Message,
        }
    }
}

impl From<InvalidConfig> for wit::InvalidConfig {
    fn from(invalid: InvalidConfig) -> Self {
        match invalid {
            InvalidConfig::Empty(field) => Self::Empty(field.into()),
            InvalidConfig::TooLong(field) => Self::TooLong(field.into()),
            InvalidConfig::Invalid(field) => Self::Invalid(field.into()),
        }
    }
}

impl From<Misuse> for wit::Misuse {
    fn from(misuse: Misuse) -> Self {
        match misuse {
            Misuse::TlsNotAskedFor => Self::TlsNotAskedFor,
            Misuse::TlsNotEstablished => Self::TlsNotEstablished,
            Misuse::DecisionAwaited => Self::DecisionAwaited,
            Misuse::ResponseAwaited => Self::ResponseAwaited,
            Misuse::AnswerAwaited => Self::AnswerAwaited,
            Misuse::AlreadyFinished => Self::AlreadyFinished,
        }
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidConfig(invalid) => Self::InvalidConfig(invalid.into()),
            Error::Misuse(misuse) => Self::Misuse(misuse.into()),
            Error::InvalidPacket(invalid) => Self::InvalidPacket(invalid.into()),
            Error::SequenceIdMismatch { expected, received } => {
                Self::SequenceIdMismatch(SequenceIdMismatch { expected, received })
            }
            Error::PacketTooLarge(packet) => Self::PacketTooLarge(packet.into()),
            Error::BytesBeforeTls => Self::BytesBeforeTls,
            Error::BytesOutOfTurn => Self::BytesOutOfTurn,
            Error::TlsNotOffered => Self::TlsNotOffered,
            Error::TlsRequired => Self::TlsRequired,
            Error::MissingCapability(name) => Self::MissingCapability(name.to_owned()),
        }
    }
}

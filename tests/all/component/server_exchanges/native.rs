//! The server's side as a plain crate.

use rds_bridge_component::packet::{CapabilityFlags, ServerError};
use rds_bridge_component::server_handshake::{
    Error, Identity, InvalidConfig, ServerHandshake, Step, TlsPolicy,
};
use serde_json::{Value, json};

use super::form::{self, Response, hex, number};
use super::{Handshake, Outcome};
use crate::helpers::vectors::{bytes, case};

pub(super) struct Native(ServerHandshake);

impl Native {
    pub(super) fn begin(begin: &Value) -> Result<Self, Value> {
        let (function, arguments) = case(begin);
        let scramble = bytes(&arguments["scramble"]);
        let flags = |name: &str| CapabilityFlags::from_bits_retain(number(&arguments[name]));
        let begun = match function {
            "start" => ServerHandshake::start(
                identity(&arguments["identity"]),
                &scramble,
                tls(&arguments["tls"]),
            ),
            "start-as" => ServerHandshake::start_as(
                &bytes(&arguments["initial-handshake"]),
                flags("withheld-capabilities"),
                &scramble,
                tls(&arguments["tls"]),
            ),
            "change-user" => ServerHandshake::change_user(
                &bytes(&arguments["command"]),
                flags("capabilities"),
                number(&arguments["mariadb-capabilities"]),
                &scramble,
                arguments["is-tls"].as_bool().unwrap(),
            ),
            other => panic!("{other}"),
        };
        begun.map(Self).map_err(error)
    }
}

impl Handshake for Native {
    fn receive(&mut self, bytes: &[u8]) -> Outcome {
        self.0.receive(bytes).map(step).map_err(error)
    }

    fn tls_established(&mut self) -> Outcome {
        let established = self.0.tls_established();
        established.map(|()| Value::Null).map_err(error)
    }

    fn reply(&mut self, reply: &Value) -> Outcome {
        let packet = match case(reply) {
            ("switch-plugin", switch) => {
                let plugin = switch["plugin"].as_str().unwrap();
                self.0.switch_plugin(plugin, &bytes(&switch["data"]))
            }
            ("more-data", data) => self.0.more_data(&bytes(data)),
            ("finish", payload) => self.0.finish(&bytes(payload)),
            ("refuse", refusal) => self.0.refuse(&ServerError {
                code: number(&refusal["code"]),
                sql_state: refusal["sql-state"].as_str().map(str::to_owned),
                message: refusal["message"].as_str().unwrap().to_owned(),
            }),
            (other, _) => panic!("{other}"),
        };
        packet.map(|packet| hex(&packet)).map_err(error)
    }

    fn verify(&mut self, stored: &Value) -> Outcome {
        let proven = match case(stored) {
            ("sha256", hash) => self.0.verify_caching_sha2(&bytes(hash)),
            ("sha1", hash) => self.0.verify_native_password(&bytes(hash)),
            (other, _) => panic!("{other}"),
        };
        proven.map(Value::from).map_err(error)
    }
}

fn identity(identity: &Value) -> Identity {
    Identity {
        server_version: identity["server-version"].as_str().unwrap().to_owned(),
        connection_id: number(&identity["connection-id"]),
        capabilities: CapabilityFlags::from_bits_retain(number(&identity["capabilities"])),
        mariadb_capabilities: number(&identity["mariadb-capabilities"]),
        character_set: number(&identity["character-set"]),
        status_flags: number(&identity["status-flags"]),
    }
}

fn tls(policy: &Value) -> TlsPolicy {
    match policy.as_str().unwrap() {
        "none" => TlsPolicy::None,
        "offered" => TlsPolicy::Offered,
        "required" => TlsPolicy::Required,
        other => panic!("{other}"),
    }
}

fn step(step: Step) -> Value {
    match step {
        Step::Read => "read".into(),
        Step::Write(bytes) => json!({ "write": hex(&bytes) }),
        Step::StartTls => "start-tls".into(),
        Step::PluginResponse(bytes) => json!({ "plugin-response": hex(bytes.expose()) }),
        Step::Authenticate(response) => Response {
            user: &response.user,
            database: response.database.as_deref(),
            capabilities: response.capabilities.bits(),
            client_capabilities: response.client_capabilities.bits(),
            mariadb_capabilities: response.mariadb_capabilities,
            max_packet_size: response.max_packet_size,
            character_set: response.character_set,
            auth_plugin: response.auth_plugin.as_deref(),
            auth_response: response.auth_response.expose(),
            connection_attributes: &response.connection_attributes,
            is_tls: response.is_tls,
        }
        .step(),
    }
}

fn error(error: Error) -> Value {
    match error {
        Error::InvalidConfig(InvalidConfig::Empty(field)) => form::invalid_config("empty", field),
        Error::InvalidConfig(InvalidConfig::TooLong(field)) => {
            form::invalid_config("too-long", field)
        }
        Error::InvalidConfig(InvalidConfig::Invalid(field)) => {
            form::invalid_config("invalid", field)
        }
        Error::Misuse(misuse) => form::misuse(misuse),
        Error::InvalidPacket(invalid) => form::invalid_packet(invalid.packet, invalid.field),
        Error::SequenceIdMismatch { expected, received } => {
            form::sequence_id_mismatch(expected, received)
        }
        Error::PacketTooLarge(packet) => form::packet_too_large(packet.length, packet.limit),
        Error::BytesBeforeTls => "bytes-before-tls".into(),
        Error::BytesOutOfTurn => "bytes-out-of-turn".into(),
        Error::TlsNotOffered => "tls-not-offered".into(),
        Error::TlsRequired => "tls-required".into(),
        Error::MissingCapability(flag) => json!({ "missing-capability": flag }),
    }
}

//! The server's side as the built component, in the library's sandbox.

use rds_bridge::component::{
    CallError, Engine, Identity, InvalidServerConfig as InvalidConfig, ServerError,
    ServerHandshake, ServerHandshakeError as Error, ServerStep, TlsPolicy,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::form::{self, Response, hex, number};
use super::{Handshake, Outcome};
use crate::helpers::vectors::{bytes, case};

pub(super) struct Sandboxed(ServerHandshake);

impl Sandboxed {
    pub(super) fn begin(engine: &Engine, begin: &Value) -> Result<Self, Value> {
        let (function, arguments) = case(begin);
        let scramble = bytes(&arguments["scramble"]);
        let begun = match function {
            "start" => ServerHandshake::start(
                engine,
                identity(&arguments["identity"]),
                &scramble,
                tls(&arguments["tls"]),
            ),
            "start-as" => ServerHandshake::start_as(
                engine,
                &bytes(&arguments["initial-handshake"]),
                number(&arguments["withheld-capabilities"]),
                &scramble,
                tls(&arguments["tls"]),
            ),
            "change-user" => ServerHandshake::change_user_in(
                engine.instantiate().unwrap(),
                &bytes(&arguments["command"]),
                number(&arguments["capabilities"]),
                number(&arguments["mariadb-capabilities"]),
                &scramble,
                arguments["is-tls"].as_bool().unwrap(),
            ),
            other => panic!("{other}"),
        };
        begun.map(Self).map_err(error)
    }
}

impl Handshake for Sandboxed {
    fn receive(&mut self, bytes: &[u8]) -> Outcome {
        self.0.receive(bytes).map(step).map_err(error)
    }

    /// The library's function also makes the call after it, which asks for the response.
    fn tls_established(&mut self) -> Outcome {
        let next = self.0.tls_established().map_err(error)?;
        assert_eq!(step(next), "read");
        Ok(Value::Null)
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
        let (method, hash) = case(stored);
        let hash = bytes(hash);
        let proven = match method {
            "sha256" => self.0.verify_caching_sha2(&hash.try_into().unwrap()),
            "sha1" => self.0.verify_native_password(&hash.try_into().unwrap()),
            other => panic!("{other}"),
        };
        proven.map(Value::from).map_err(error)
    }
}

fn identity(identity: &Value) -> Identity<'_> {
    Identity {
        server_version: identity["server-version"].as_str().unwrap(),
        connection_id: number(&identity["connection-id"]),
        capabilities: number(&identity["capabilities"]),
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

fn step(step: ServerStep) -> Value {
    match step {
        ServerStep::Read => "read".into(),
        ServerStep::Write(bytes) => json!({ "write": hex(&bytes) }),
        ServerStep::StartTls => "start-tls".into(),
        ServerStep::PluginResponse(bytes) => {
            json!({ "plugin-response": hex(bytes.expose_secret()) })
        }
        ServerStep::Authenticate(response) => Response {
            user: &response.user,
            database: response.database.as_deref(),
            capabilities: response.capabilities,
            client_capabilities: response.client_capabilities,
            mariadb_capabilities: response.mariadb_capabilities,
            max_packet_size: response.max_packet_size,
            character_set: response.character_set,
            auth_plugin: response.auth_plugin.as_deref(),
            auth_response: response.auth_response.expose_secret(),
            connection_attributes: &response.connection_attributes,
            is_tls: response.is_tls,
        }
        .step(),
    }
}

fn error(error: CallError<Error>) -> Value {
    let error = match error {
        CallError::Refused(error) => error,
        CallError::Fault(fault) => panic!("{fault:?}"),
    };
    match error {
        Error::InvalidConfig(InvalidConfig::Empty(field)) => form::invalid_config("empty", field),
        Error::InvalidConfig(InvalidConfig::TooLong(field)) => {
            form::invalid_config("too-long", field)
        }
        Error::InvalidConfig(InvalidConfig::Invalid(field)) => {
            form::invalid_config("invalid", field)
        }
        Error::Misuse(misuse) => form::misuse(misuse),
        Error::InvalidPacket(invalid) => form::invalid_packet(invalid.packet, &invalid.field),
        Error::SequenceIdMismatch(ids) => form::sequence_id_mismatch(ids.expected, ids.received),
        Error::PacketTooLarge(packet) => form::packet_too_large(packet.length, packet.limit),
        Error::BytesBeforeTls => "bytes-before-tls".into(),
        Error::BytesOutOfTurn => "bytes-out-of-turn".into(),
        Error::TlsNotOffered => "tls-not-offered".into(),
        Error::TlsRequired => "tls-required".into(),
        Error::MissingCapability(flag) => json!({ "missing-capability": flag }),
    }
}

//! Every recorded or composed exchange, natively and in the sandbox: as a whole, byte by byte, truncated and corrupted.
//! The tests in Python and Node compare the values of the errors.

use std::fmt::Debug;

use rds_bridge::component::{self, ConnectionAttribute, Engine};
use rds_bridge_component::handshake::{Auth, ClientHandshake, Config, Step};
use rds_bridge_component::secret_string::SecretString;
use rds_bridge_exercise::handshake;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::helpers::vectors::{self, bytes, case, kebab};

/// A step, of the native handshake or of the one in the sandbox.
#[derive(Debug, PartialEq)]
enum Seen {
    Read,
    Wrote(Vec<u8>),
    StartedTls(Vec<u8>),
    Ready { plugin: String, version: String },
}

trait Handshake {
    fn receive(&mut self, bytes: &[u8]) -> Result<Seen, String>;
    fn tls_established(&mut self, auth: &Value) -> Result<Seen, String>;
}

#[test]
fn natively() {
    for exchange in vectors::exchanges() {
        for part in [usize::MAX, 1] {
            replay(
                &exchange,
                part,
                &mut Native(ClientHandshake::new(config(&exchange)).unwrap()),
            );
        }
    }
}

#[test]
fn in_the_sandbox() {
    let engine = Engine::new().unwrap();
    for exchange in vectors::exchanges() {
        for part in [usize::MAX, 1] {
            replay(&exchange, part, &mut Sandboxed(start(&engine, &exchange)));
        }
    }
}

#[test]
fn every_corruption_gives_a_value_or_an_error() {
    for exchange in vectors::exchanges() {
        let said: Vec<Vec<u8>> = events(&exchange, "server");
        let before_tls = u16::try_from(said[0].len()).unwrap();
        let choice = u8::from(exchange["auth"].get("password").is_some());
        let mut input = vec![choice];
        input.extend(before_tls.to_le_bytes());
        input.extend(said.concat());
        for at in 3..input.len() {
            for change in [0x01, 0x80, 0xFF, input[at]] {
                let mut corrupt = input.clone();
                corrupt[at] ^= change;
                handshake(&corrupt);
            }
        }
    }
}

fn replay(exchange: &Value, part: usize, handshake: &mut dyn Handshake) {
    let name = &exchange["name"];
    let ends_well = exchange["outcome"].get("ready").is_some();
    let mut last = handshake.receive(&[]);
    for event in exchange["exchange"].as_array().unwrap() {
        let (kind, bytes) = one(event);
        match kind {
            "server" => {
                for part in bytes.chunks(part) {
                    // After every strict prefix of the server's bytes the handshake asks for more.
                    if ends_well {
                        assert_eq!(last, Ok(Seen::Read), "{name}");
                    }
                    if last.is_ok() {
                        last = handshake.receive(part);
                    }
                }
            }
            "write" => {
                assert_eq!(last, Ok(Seen::Wrote(bytes)), "{name}");
                last = handshake.receive(&[]);
            }
            "start-tls" => {
                assert_eq!(last, Ok(Seen::StartedTls(bytes)), "{name}");
                last = handshake.tls_established(&exchange["auth"]);
            }
            other => panic!("{other}"),
        }
    }

    match (last, &exchange["outcome"]) {
        (Ok(Seen::Ready { plugin, version }), outcome) => {
            let session = &outcome["ready"];
            assert_eq!(kebab(&plugin), session["auth-plugin"], "{name}");
            assert_eq!(version, session["server-version"], "{name}");
        }
        (Err(error), outcome) => {
            let expected = &outcome["error"];
            let expected = expected.as_str().unwrap_or_else(|| case(expected).0);
            assert_eq!(kebab(&error), expected, "{name}: {error}");
            assert_eq!(
                handshake.receive(&[]),
                Err(error),
                "{name}: the error stays"
            );
        }
        (Ok(step), _) => panic!("{name}: {step:?} at the end"),
    }
}

struct Native(ClientHandshake);

impl Handshake for Native {
    fn receive(&mut self, bytes: &[u8]) -> Result<Seen, String> {
        self.0.receive(bytes).map(Seen::from).map_err(debug)
    }

    fn tls_established(&mut self, auth: &Value) -> Result<Seen, String> {
        let auth = match secret(auth) {
            ("iam-token-text", token) => Auth::IamToken(SecretString::new(token)),
            (_, password) => Auth::Password(SecretString::new(password)),
        };
        self.0.tls_established(auth).map(Seen::from).map_err(debug)
    }
}

impl From<Step> for Seen {
    fn from(step: Step) -> Self {
        match step {
            Step::Read => Self::Read,
            Step::Write(bytes) => Self::Wrote(bytes.expose().to_vec()),
            Step::StartTls(bytes) => Self::StartedTls(bytes),
            Step::Ready(session) => Self::Ready {
                plugin: debug(session.auth_plugin),
                version: session.server_version,
            },
        }
    }
}

struct Sandboxed(component::ClientHandshake);

impl Handshake for Sandboxed {
    fn receive(&mut self, bytes: &[u8]) -> Result<Seen, String> {
        self.0.receive(bytes).map(Seen::from).map_err(refused)
    }

    fn tls_established(&mut self, auth: &Value) -> Result<Seen, String> {
        let auth = match secret(auth) {
            ("iam-token-text", token) => component::Auth::IamTokenText(token.into()),
            (_, password) => component::Auth::Password(password.into()),
        };
        let step = self.0.tls_established(auth);
        step.map(Seen::from).map_err(refused)
    }
}

impl From<component::Step> for Seen {
    fn from(step: component::Step) -> Self {
        match step {
            component::Step::Read => Self::Read,
            component::Step::Write(bytes) => Self::Wrote(bytes.expose_secret().clone()),
            component::Step::StartTls(bytes) => Self::StartedTls(bytes),
            component::Step::Ready(session) => Self::Ready {
                plugin: debug(session.auth_plugin),
                version: session.server_version,
            },
        }
    }
}

fn refused(error: component::CallError<component::HandshakeError>) -> String {
    match error {
        component::CallError::Refused(error) => debug(error),
        component::CallError::Fault(fault) => panic!("{fault:?}"),
    }
}

fn config(exchange: &Value) -> Config {
    let config = &exchange["config"];
    Config::new(
        text(&config["db-user"]),
        config["database"].as_str().map(Into::into),
        attributes(config),
        config["character-set"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap(),
    )
    .unwrap()
}

fn start(engine: &Engine, exchange: &Value) -> component::ClientHandshake {
    let config = &exchange["config"];
    let attributes = attributes(config);
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, value)| ConnectionAttribute { name, value })
        .collect();
    let config = component::Config {
        database: config["database"].as_str(),
        connection_attributes: &attributes,
        character_set: config["character-set"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap(),
        ..component::Config::new(config["db-user"].as_str().unwrap())
    };
    component::ClientHandshake::start(engine, &config).unwrap()
}

fn secret(auth: &Value) -> (&str, String) {
    let (kind, secret) = case(auth);
    (kind, text(secret))
}

fn attributes(config: &Value) -> Vec<(String, String)> {
    let attributes = config["connection-attributes"].as_array().unwrap();
    attributes
        .iter()
        .map(|pair| (text(&pair[0]), text(&pair[1])))
        .collect()
}

fn events(exchange: &Value, kind: &str) -> Vec<Vec<u8>> {
    let events = exchange["exchange"].as_array().unwrap().iter().map(one);
    events
        .filter(|(own, _)| *own == kind)
        .map(|(_, bytes)| bytes)
        .collect()
}

fn one(event: &Value) -> (&str, Vec<u8>) {
    let (kind, hex) = case(event);
    (kind, bytes(hex))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn debug(value: impl Debug) -> String {
    format!("{value:?}")
}

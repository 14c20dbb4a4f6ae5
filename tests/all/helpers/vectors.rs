//! Reads the vectors in `tests/vectors`.

use std::fs;
use std::path::Path;

use rds_bridge::aws;
use rds_bridge::component;
use rds_bridge_component::presign::{ConnectRequest, Credentials, Lifetime};
use serde_json::Value;

/// A list in a file of vectors.
pub(crate) fn read(path: &str, list: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(path);
    let text = fs::read_to_string(path).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let Value::Array(items) = document[list].take() else {
        panic!("{list} is not a list");
    };
    assert!(!items.is_empty());
    items
}

/// Every recorded or composed exchange of the connection phase.
pub(crate) fn exchanges() -> Vec<Value> {
    let mut exchanges = read("handshake/mariadb.json", "exchanges");
    exchanges.extend(read("handshake/mysql8.json", "exchanges"));
    exchanges
}

/// Every recorded or composed exchange of the server's side of the connection phase.
pub(crate) fn server_exchanges() -> Vec<Value> {
    let mut exchanges = read("server_handshake/clients.json", "exchanges");
    exchanges.extend(read("server_handshake/composed.json", "exchanges"));
    exchanges
}

/// The bytes of a hexadecimal string.
pub(crate) fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap().as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

/// A variant's case and its payload.
pub(crate) fn case(variant: &Value) -> (&str, &Value) {
    let (case, payload) = variant.as_object().unwrap().iter().next().unwrap();
    (case, payload)
}

/// The case name of the WIT contract, from the name that Rust prints. Generated types print their path before the name.
pub(crate) fn kebab(printed: &str) -> String {
    let name = printed.split(['(', '{', ' ']).next().unwrap();
    let name = name.rsplit("::").next().unwrap();
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

/// The arguments for signing a token, as the component's own types and as the host's.
pub(crate) struct Arguments {
    pub(crate) credentials: Credentials,
    pub(crate) request: ConnectRequest,
    pub(crate) lifetime: Lifetime,
    vector: Value,
    pub(crate) host_credentials: aws::Credentials,
}

impl Arguments {
    pub(crate) fn of(vector: &Value) -> Self {
        let [credentials, request, lifetime] =
            ["credentials", "request", "lifetime"].map(|name| &vector[name]);
        let session_token = credentials["session-token"].as_str();
        let expires_at = credentials["expires-at"].as_u64();
        let [id, secret] =
            ["access-key-id", "secret-access-key"].map(|name| credentials[name].as_str().unwrap());
        let mut host_credentials = aws::Credentials::new(id, secret);
        if let Some(token) = session_token {
            host_credentials = host_credentials.with_session_token(token);
        }
        if let Some(expires_at) = expires_at {
            host_credentials = host_credentials.with_expires_at(expires_at);
        }
        let (signed_at, expires_in) = lifetime_of(lifetime);
        Self {
            credentials: Credentials::new(
                id.into(),
                secret.into(),
                session_token.map(Into::into),
                expires_at,
            )
            .unwrap(),
            request: ConnectRequest::new(
                request["host"].as_str().unwrap(),
                port(request),
                request["region"].as_str().unwrap().into(),
                request["db-user"].as_str().unwrap().into(),
            )
            .unwrap(),
            lifetime: Lifetime::new(signed_at, expires_in).unwrap(),
            vector: vector.clone(),
            host_credentials,
        }
    }

    pub(crate) fn host_request(&self) -> component::ConnectRequest<'_> {
        let request = &self.vector["request"];
        component::ConnectRequest {
            host: request["host"].as_str().unwrap(),
            port: port(request),
            region: request["region"].as_str().unwrap(),
            db_user: request["db-user"].as_str().unwrap(),
        }
    }

    pub(crate) fn host_lifetime(&self) -> component::Lifetime {
        let (signed_at, expires_in_seconds) = lifetime_of(&self.vector["lifetime"]);
        component::Lifetime {
            signed_at,
            expires_in_seconds,
        }
    }

    pub(crate) fn signed_at(&self) -> u64 {
        self.host_lifetime().signed_at
    }
}

fn port(request: &Value) -> u16 {
    request["port"].as_u64().unwrap().try_into().unwrap()
}

fn lifetime_of(lifetime: &Value) -> (u64, u32) {
    let number = |name: &str| lifetime[name].as_u64().unwrap();
    let expires_in = number("expires-in-seconds").try_into().unwrap();
    (number("signed-at"), expires_in)
}

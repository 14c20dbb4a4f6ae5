//! Values in the form of the vectors: fields and cases have their names in the contract, bytes are hexadecimal.

use std::fmt::{Debug, Write as _};

use serde_json::{Value, json};

use crate::helpers::vectors::kebab;

/// The fields of a client's response.
pub(super) struct Response<'a> {
    pub(super) user: &'a str,
    pub(super) database: Option<&'a str>,
    pub(super) capabilities: u32,
    pub(super) client_capabilities: u32,
    pub(super) mariadb_capabilities: u32,
    pub(super) max_packet_size: u32,
    pub(super) character_set: u16,
    pub(super) auth_plugin: Option<&'a str>,
    pub(super) auth_response: &'a [u8],
    pub(super) connection_attributes: &'a [(String, String)],
    pub(super) is_tls: bool,
}

impl Response<'_> {
    /// The step that contains it.
    pub(super) fn step(&self) -> Value {
        let attributes: Vec<_> = self
            .connection_attributes
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        json!({ "authenticate": {
            "user": self.user,
            "database": self.database,
            "capabilities": self.capabilities,
            "client-capabilities": self.client_capabilities,
            "mariadb-capabilities": self.mariadb_capabilities,
            "max-packet-size": self.max_packet_size,
            "character-set": self.character_set,
            "auth-plugin": self.auth_plugin,
            "auth-response": hex(self.auth_response),
            "connection-attributes": attributes,
            "is-tls": self.is_tls,
        }})
    }
}

pub(super) fn hex(bytes: &[u8]) -> Value {
    let mut digits = String::new();
    for byte in bytes {
        write!(digits, "{byte:02x}").unwrap();
    }
    digits.into()
}

/// The name of an enum's case.
pub(super) fn name(case: impl Debug) -> String {
    kebab(&format!("{case:?}"))
}

pub(super) fn invalid_packet(packet: impl Debug, field: &str) -> Value {
    json!({ "invalid-packet": { "packet": name(packet), "field": field } })
}

pub(super) fn sequence_id_mismatch(expected: u8, received: u8) -> Value {
    json!({ "sequence-id-mismatch": { "expected": expected, "received": received } })
}

pub(super) fn packet_too_large(length: impl Into<Value>, limit: impl Into<Value>) -> Value {
    let (length, limit): (Value, Value) = (length.into(), limit.into());
    json!({ "packet-too-large": { "length": length, "limit": limit } })
}

/// An invalid argument: the problem, and the argument.
pub(super) fn invalid_config(problem: &str, field: impl Debug) -> Value {
    json!({ "invalid-config": { problem: name(field) } })
}

pub(super) fn misuse(misuse: impl Debug) -> Value {
    json!({ "misuse": name(misuse) })
}

pub(super) fn number<T: TryFrom<u64, Error: Debug>>(value: &Value) -> T {
    value.as_u64().unwrap().try_into().unwrap()
}

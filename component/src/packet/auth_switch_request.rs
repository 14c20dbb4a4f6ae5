//! `Protocol::AuthSwitchRequest`: the server requests a response of another authentication method.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_switch_request.html>

use rds_bridge_wire::{Payload, text};

use super::AUTH_SWITCH_REQUEST_HEADER;
use super::packet_name::{InvalidPacket, PacketName};

/// The method from before MySQL 4.1. A packet of one byte requests it (`Protocol::OldAuthSwitchRequest`).
const OLD_PASSWORD: &str = "mysql_old_password";

/// The requested method, and a new challenge for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthSwitchRequest {
    /// The method's name, not empty. Bytes that are not UTF-8 are replaced by U+FFFD.
    pub auth_plugin_name: String,
    /// The challenge, as sent. For `mysql_clear_password`, servers send 0, 1 or 21 bytes; for the methods with a
    /// scramble, 20 bytes and a NUL; for `client_ed25519`, 32 bytes.
    pub auth_plugin_data: Vec<u8>,
}

impl AuthSwitchRequest {
    /// Decodes the payload of an `AuthSwitchRequest`.
    ///
    /// # Errors
    ///
    /// [`InvalidPacket`], if the payload or the method's name is empty.
    pub fn read(payload: &[u8]) -> Result<Self, InvalidPacket> {
        let mut reader = Payload::new(PacketName::AuthSwitchRequest, payload);
        reader.u8("status flag")?; // int<1>, 0xFE
        if payload.len() == 1 {
            return Ok(Self {
                auth_plugin_name: OLD_PASSWORD.to_owned(),
                auth_plugin_data: Vec::new(),
            });
        }
        let auth_plugin_name = text(reader.last_nul_string()); // string<NUL>
        if auth_plugin_name.is_empty() {
            return Err(reader.invalid("plugin name"));
        }
        Ok(Self {
            auth_plugin_name,
            auth_plugin_data: reader.rest().to_vec(), // string<EOF>
        })
    }

    /// Encodes the payload. The method's name must not contain a NUL.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let mut payload = vec![AUTH_SWITCH_REQUEST_HEADER]; // int<1>
        payload.extend_from_slice(self.auth_plugin_name.as_bytes()); // string<NUL>
        payload.push(0);
        payload.extend_from_slice(&self.auth_plugin_data); // string<EOF>
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_servers_send() {
        let read = |payload: &[u8]| {
            let request = AuthSwitchRequest::read(payload).unwrap();
            (request.auth_plugin_name, request.auth_plugin_data)
        };
        let clear = || "mysql_clear_password".to_owned();
        // Aurora MySQL with IAM: nothing after the name (launchbadge/sqlx, pull request 3190).
        assert_eq!(read(b"\xFEmysql_clear_password\0"), (clear(), vec![]));
        assert_eq!(read(b"\xFEmysql_clear_password"), (clear(), vec![]));
        assert_eq!(read(b"\xFEmysql_clear_password\0\0"), (clear(), vec![0]));
        assert_eq!(read(b"\xFE"), (OLD_PASSWORD.to_owned(), vec![]));
        assert!(AuthSwitchRequest::read(b"\xFE\0").is_err());
    }

    #[test]
    fn reads_what_it_writes() {
        for data in [&b""[..], b"\0", b"abcdefghijklmnopqrst\0"] {
            let request = AuthSwitchRequest {
                auth_plugin_name: "caching_sha2_password".to_owned(),
                auth_plugin_data: data.to_vec(),
            };
            let payload = request.payload();
            assert_eq!(AuthSwitchRequest::read(&payload), Ok(request));
        }
    }
}

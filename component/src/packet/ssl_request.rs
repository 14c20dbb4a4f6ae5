//! `Protocol::SSLRequest`, the client's first packet: it requests TLS.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html>

use mysql_common::constants::CapabilityFlags;
use mysql_common::proto::MySerialize;

/// The largest packet that the client accepts: 1 GiB, the upper limit of the server's `max_allowed_packet`.
const MAX_PACKET_SIZE: u32 = 0x4000_0000;

/// The first fields of a [`super::HandshakeResponse`], sent alone and in plaintext. None of them is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SslRequest {
    /// The flags that both sides support.
    pub capabilities: CapabilityFlags,
    /// The id of the session's collation.
    pub character_set: u8,
}

impl SslRequest {
    /// Encodes the payload.
    #[must_use]
    pub fn payload(self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(32);
        mysql_common::packets::SslRequest::new(
            self.capabilities,
            MAX_PACKET_SIZE,
            self.character_set,
        )
        .serialize(&mut payload);
        payload
    }
}

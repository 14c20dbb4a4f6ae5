//! `Protocol::SSLRequest`, the client's first packet: what follows is TLS.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html>

use mysql_common::constants::CapabilityFlags;
use mysql_common::proto::MySerialize;

/// Tells the server that the client takes packets of any size it can make: `max_allowed_packet` is
/// at most 1 GiB.
const MAX_PACKET_SIZE: u32 = 0x4000_0000;

/// The head of a [`super::HandshakeResponse`], sent alone and in the clear. Nothing in it is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SslRequest {
    /// Those of both sides.
    pub capabilities: CapabilityFlags,
    /// A collation's id.
    pub character_set: u8,
}

impl SslRequest {
    /// The payload.
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

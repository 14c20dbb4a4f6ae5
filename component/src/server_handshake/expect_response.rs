//! The states in which the client speaks first: before TLS with an `SSLRequest` or its response, inside TLS with its
//! response.

use rds_bridge_wire::Payload;

use super::authentication::Authentication;
use super::config::{Scramble, TlsPolicy};
use super::error::Error;
use super::handshake_response::HandshakeResponse;
use crate::packet::{
    CapabilityFlags, InvalidPacket, PacketName, ReceivedResponse, SSL_REQUEST_LENGTH,
};
use crate::secret_string::SecretBytes;

/// The one capability without which the packets have another layout.
pub(super) const PROTOCOL_41: &str = "CLIENT_PROTOCOL_41";

/// What the server advertised.
#[derive(Debug)]
pub(super) struct ExpectResponse {
    pub(super) capabilities: CapabilityFlags,
    pub(super) mariadb_capabilities: u32,
    pub(super) scramble: Scramble,
    pub(super) tls: TlsPolicy,
}

/// The client's first packet.
#[derive(Debug)]
pub(super) enum First {
    /// The client requests TLS.
    SslRequest(ExpectResponse),
    /// The client sent its response without TLS.
    Response(Authentication, HandshakeResponse),
}

impl ExpectResponse {
    /// Reads the first packet, before TLS.
    pub(super) fn receive(self, payload: &SecretBytes) -> Result<First, Error> {
        let capabilities = client_capabilities(payload.expose())?;
        if capabilities.contains(CapabilityFlags::CLIENT_SSL) {
            let is_request = payload.expose().len() == SSL_REQUEST_LENGTH;
            if self.tls == TlsPolicy::None && is_request {
                return Err(Error::TlsNotOffered);
            }
            if self.tls != TlsPolicy::None {
                // Real servers ignore the rest of a longer packet. A response there would be a secret without TLS.
                return if is_request {
                    Ok(First::SslRequest(self))
                } else {
                    Err(Error::InvalidPacket(InvalidPacket {
                        packet: PacketName::SslRequest,
                        field: "payload_length",
                    }))
                };
            }
        }
        if self.tls == TlsPolicy::Required {
            return Err(Error::TlsRequired);
        }
        let (authentication, response) = self.read(payload, false)?;
        Ok(First::Response(authentication, response))
    }

    /// Reads the response, inside TLS.
    pub(super) fn receive_inside_tls(
        self,
        payload: &SecretBytes,
    ) -> Result<(Authentication, HandshakeResponse), Error> {
        client_capabilities(payload.expose())?;
        self.read(payload, true)
    }

    fn read(
        self,
        payload: &SecretBytes,
        is_tls: bool,
    ) -> Result<(Authentication, HandshakeResponse), Error> {
        let response = ReceivedResponse::read(payload.expose())?;
        let response = HandshakeResponse::new(
            response,
            self.capabilities,
            self.mariadb_capabilities,
            is_tls,
        );
        Ok((Authentication::new(&response, self.scramble), response))
    }
}

/// The flags at the beginning of an `SSLRequest` or a `HandshakeResponse41`. The response of older clients has two of
/// their four bytes, among them `CLIENT_PROTOCOL_41`.
fn client_capabilities(payload: &[u8]) -> Result<CapabilityFlags, Error> {
    let flags = Payload::new(PacketName::HandshakeResponse, payload).u32("client_flag")?;
    let flags = CapabilityFlags::from_bits_retain(flags);
    if !flags.contains(CapabilityFlags::CLIENT_PROTOCOL_41) {
        return Err(Error::MissingCapability(PROTOCOL_41));
    }
    Ok(flags)
}

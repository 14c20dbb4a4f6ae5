//! `Protocol::SSLRequest`, the client's first packet: it requests TLS.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html>

use mysql_common::constants::CapabilityFlags;

/// Length of the payload in bytes.
pub(crate) const SSL_REQUEST_LENGTH: usize = 32;

/// The first fields of a [`super::HandshakeResponse`], sent alone and in plaintext. None of them is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SslRequest {
    /// The flags that both sides support. Bits without a name are sent, too.
    pub capabilities: CapabilityFlags,
    /// MariaDB's extended capabilities that both sides support; 0 towards MySQL.
    pub mariadb_capabilities: u32,
    /// The largest packet that the client accepts, in bytes.
    pub max_packet_size: u32,
    /// The id of the session's collation.
    pub character_set: u8,
}

impl SslRequest {
    /// Encodes the payload.
    #[must_use]
    pub fn payload(self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(SSL_REQUEST_LENGTH);
        payload.extend(self.capabilities.bits().to_le_bytes()); // int<4>
        payload.extend(self.max_packet_size.to_le_bytes()); // int<4>
        payload.push(self.character_set); // int<1>
        // string[23] filler. MariaDB reads its last four bytes.
        payload.extend([0; 19]);
        payload.extend(self.mariadb_capabilities.to_le_bytes());
        payload
    }
}

#[cfg(test)]
mod tests {
    use mysql_common::io::ParseBuf;
    use mysql_common::packets as theirs;

    use super::*;

    #[test]
    fn another_implementation_reads_it() {
        let capabilities = CapabilityFlags::from_bits_retain(0xF000_0A00);
        let payload = SslRequest {
            capabilities,
            mariadb_capabilities: 0x1D,
            max_packet_size: 1 << 24,
            character_set: 45,
        }
        .payload();
        assert_eq!(payload.len(), SSL_REQUEST_LENGTH);
        assert_eq!(payload[..4], capabilities.bits().to_le_bytes());
        assert_eq!(payload[28..], 0x1D_u32.to_le_bytes());

        let read: theirs::SslRequest = ParseBuf(&payload).parse(()).unwrap();

        let known = CapabilityFlags::from_bits_truncate(capabilities.bits());
        assert_eq!(read.capabilities(), known);
        assert_eq!(read.max_packet_size(), 1 << 24);
        assert_eq!(read.character_set(), 45);
    }
}

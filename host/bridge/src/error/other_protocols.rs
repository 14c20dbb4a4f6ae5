//! Recognition of other protocols by their first bytes, in case of a wrong port.

/// The description of an unknown protocol.
pub(super) const UNKNOWN: &str = "the server on this port does not speak the MySQL protocol";

/// Describes the protocol by the packet length that its first three bytes would mean.
pub(super) fn by_length(length: u32) -> &'static str {
    let [a, b, c, _] = length.to_le_bytes();
    match &[a, b, c] {
        b"HTT" | b"<!D" | b"<ht" => "an HTTP server listens on this port",
        b"SSH" => {
            "an SSH server listens on this port: the bastion host itself, not a tunnel through it"
        }
        // A record of SSL 3.0 or TLS: an alert or a handshake.
        [0x15 | 0x16, 3, _] => {
            "a server that speaks TLS from the first byte listens on this port, such as a proxy or an HTTPS server"
        }
        text if text
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n')) =>
        {
            "a server with a text protocol listens on this port"
        }
        _ => UNKNOWN,
    }
}

/// Describes the protocol by the first byte of its first packet, which in MySQL's is the protocol version, 10.
pub(super) fn by_version(version: u8) -> &'static str {
    match version {
        // A notice, which MySQL's X Plugin sends first.
        11 => "the port is for MySQL's X Protocol (33060 by default), not for the classic protocol",
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(bytes: [u8; 3]) -> &'static str {
        let [a, b, c] = bytes;
        by_length(u32::from_le_bytes([a, b, c, 0]))
    }

    #[test]
    fn known_by_what_they_say() {
        assert!(first(*b"HTT").contains("HTTP"));
        assert!(first(*b"SSH").contains("SSH"));
        assert!(first([0x15, 3, 1]).contains("TLS"));
        assert!(first(*b"220").contains("text"));
        assert_eq!(first([0xFF; 3]), UNKNOWN);
        assert!(by_version(11).contains("33060"));
        assert_eq!(by_version(9), UNKNOWN);
    }
}

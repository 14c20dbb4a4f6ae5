//! Detection of clients of other protocols, by their first bytes.

/// What a client does that begins with these bytes, if they are not a packet's header.
pub(super) fn protocol(header: [u8; 4]) -> Option<&'static str> {
    match &header {
        b"GET " | b"HEAD" | b"POST" | b"PUT " | b"DELE" | b"OPTI" | b"CONN" | b"PATC" | b"TRAC"
        | b"PRI " => Some("seems to speak HTTP"),
        b"SSH-" => Some("seems to speak SSH"),
        // A TLS record of the type handshake, of SSL 3.0 or any version of TLS.
        [0x16, 3, ..] => Some(
            "begins with TLS, while a MySQL client requests TLS after the server's first packet",
        ),
        text if text
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n')) =>
        {
            Some("seems to speak a text protocol")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_known_by_their_first_bytes() {
        assert_eq!(protocol(*b"GET "), Some("seems to speak HTTP"));
        assert_eq!(protocol(*b"SSH-"), Some("seems to speak SSH"));
        assert!(protocol([0x16, 3, 1, 2]).is_some_and(|it| it.contains("TLS")));
        assert!(protocol(*b"EHLO").is_some_and(|it| it.contains("text")));
        // The header of an `SSLRequest`, whatever its sequence id.
        assert_eq!(protocol([32, 0, 0, 7]), None);
    }
}

//! Connection attributes, which a `HandshakeResponse41` and a `COM_CHANGE_USER` encode in the same way.

use mysql_common::io::BufMutExt;
use rds_bridge_wire::{Payload, lenenc_string, text};

use super::packet_name::{InvalidPacket, PacketName};

/// The longest attributes, in bytes on the wire (MySQL Reference Manual, "Performance Schema Connection Attribute
/// Tables").
pub(crate) const ATTRIBUTES_LIMIT: usize = 65_535;

const FIELD: &str = "connection attributes";

/// Encodes connection attributes, without the prefix of their total length.
pub(crate) fn attributes_on_the_wire(attributes: &[(String, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in attributes {
        bytes.put_lenenc_str(name.as_bytes());
        bytes.put_lenenc_str(value.as_bytes());
    }
    bytes
}

/// Decodes connection attributes at the end of a packet, in their order. Bytes that are not UTF-8 are replaced by
/// U+FFFD. Omitted is what a `Config` refuses, and no client sends: an attribute with an empty name or with a NUL, and
/// one with which the attributes are too long because U+FFFD has three bytes.
///
/// A payload that ends before the total length has no attributes: libmysqlclient sets `CLIENT_CONNECT_ATTRS` without
/// sending any if the server did not advertise it.
///
/// # Errors
///
/// [`InvalidPacket`], if they are truncated or longer than 65,535 bytes.
pub(super) fn read_attributes(
    payload: &mut Payload<'_, PacketName>,
) -> Result<Vec<(String, String)>, InvalidPacket> {
    if payload.peek().is_none() {
        return Ok(Vec::new());
    }
    let invalid = payload.invalid(FIELD);
    // int<lenenc> total length
    let length = usize::try_from(payload.lenenc_int(FIELD)?).map_err(|_| invalid)?;
    if length > ATTRIBUTES_LIMIT {
        return Err(invalid);
    }
    let mut rest = payload.bytes(length, FIELD)?;
    let mut attributes = Vec::new();
    let mut encoded_length = 0_usize;
    while !rest.is_empty() {
        let (name, after) = lenenc_string(rest).ok_or(invalid)?; // string<lenenc>
        let (value, after) = lenenc_string(after).ok_or(invalid)?; // string<lenenc>
        rest = after;
        if !name.is_empty() && !name.contains(&0) && !value.contains(&0) {
            let attribute = [(text(name), text(value))];
            let length = attributes_on_the_wire(&attribute).len();
            encoded_length = encoded_length.saturating_add(length);
            if encoded_length <= ATTRIBUTES_LIMIT {
                attributes.extend(attribute);
            }
        }
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<(String, String)>, InvalidPacket> {
        read_attributes(&mut Payload::new(PacketName::HandshakeResponse, bytes))
    }

    #[test]
    fn reads_what_it_writes() {
        let attributes: Vec<(String, String)> = vec![
            ("_client_name".into(), "x".into()),
            ("empty".into(), String::new()),
            ("long".into(), "v".repeat(300)),
        ];
        let mut bytes = Vec::new();
        bytes.put_lenenc_str(&attributes_on_the_wire(&attributes));
        assert_eq!(read(&bytes), Ok(attributes));
        for cut in 1..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "{cut}");
        }
        assert_eq!(read(b""), Ok(vec![]));
        assert_eq!(read(b"\0"), Ok(vec![]));
    }

    #[test]
    fn omits_what_a_config_refuses() {
        let kept = vec![("a".to_owned(), "\u{FFFD}".to_owned())];
        assert_eq!(
            read(b"\x0F\x01a\x01\xFF\x00\x01v\x02n\0\x00\x01n\x01\0"),
            Ok(kept)
        );
    }

    #[test]
    fn replaced_bytes_do_not_exceed_the_limit() {
        let mut pairs = Vec::new();
        for name in [b"a", b"b"] {
            pairs.put_lenenc_str(name);
            pairs.put_lenenc_str(&[0xE9; 20_000]);
        }
        let mut bytes = Vec::new();
        bytes.put_lenenc_str(&pairs);
        let kept = vec![("a".to_owned(), "\u{FFFD}".repeat(20_000))];
        assert_eq!(read(&bytes), Ok(kept));
    }

    #[test]
    fn limits_their_length() {
        let mut bytes = b"\xFD\x00\x00\x01".to_vec();
        bytes.resize(70_000, 0);
        assert!(read(&bytes).is_err());
    }
}

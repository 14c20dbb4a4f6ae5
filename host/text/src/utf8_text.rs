//! Reads text files as editors save them: UTF-8, with or without a byte order mark.

use thiserror::Error;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why bytes are not UTF-8 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotUtf8 {
    /// The bytes are UTF-16: they begin with its byte order mark, or with an ASCII character in two bytes.
    #[error("the text is UTF-16 (PowerShell and some Windows editors write it): save it as UTF-8")]
    Utf16,
    /// The bytes are not valid UTF-8.
    #[error("the text is not UTF-8: the byte at offset {offset} is invalid")]
    Invalid {
        /// Offset of the first invalid byte.
        offset: usize,
    },
}

/// Decodes the text of a file, without the byte order mark that some editors write at its beginning.
///
/// # Errors
///
/// [`NotUtf8`]: the file is UTF-16, or is not valid UTF-8.
pub fn utf8_text(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    if is_utf16(&bytes) {
        return Err(NotUtf8::Utf16);
    }
    let bytes = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => text.to_vec(),
        None => bytes,
    };
    String::from_utf8(bytes).map_err(|error| NotUtf8::Invalid {
        offset: error.utf8_error().valid_up_to(),
    })
}

/// Removes one UTF-8 byte order mark from the beginning, if there is one.
pub fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Whether bytes are UTF-16: by the byte order mark, or without one by an ASCII character in two bytes at the
/// beginning. UTF-8 text contains no NUL.
pub fn is_utf16(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0x7F, ..] | [1..=0x7F, 0, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_order_mark_is_dropped() {
        let text = |bytes: &[u8]| utf8_text(bytes.to_vec());
        assert_eq!(text(b"\xEF\xBB\xBFSELECT 1").unwrap(), "SELECT 1");
        assert_eq!(text("é".as_bytes()).unwrap(), "é");
        let two = text(b"\xEF\xBB\xBF\xEF\xBB\xBFx").unwrap();
        assert_eq!(two, "\u{FEFF}x");
        assert_eq!(text(b"").unwrap(), "");
    }

    #[test]
    fn what_is_not_utf8_is_named() {
        for bytes in [&b"\xFF\xFES\0"[..], b"\xFE\xFF\0S", b"S\0E\0", b"\0S\0E"] {
            assert_eq!(utf8_text(bytes.to_vec()), Err(NotUtf8::Utf16));
        }
        let latin1 = utf8_text(b"caf\xE9".to_vec());
        assert_eq!(latin1, Err(NotUtf8::Invalid { offset: 3 }));
    }
}

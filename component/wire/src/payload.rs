//! Reads a payload field by field. Every read is checked, and an error names the packet and the field.

use std::fmt;

use thiserror::Error;

/// A field that is truncated or has an invalid value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("cannot read the field {field} of {packet}")]
pub struct InvalidField<P> {
    /// The packet.
    pub packet: P,
    /// The field, by its name in the protocol documentation.
    pub field: &'static str,
}

/// A payload and the read position in it.
///
/// `P` identifies the packet in errors: by its name in the protocol documentation, or by an enum of the caller. `Debug`
/// prints the packet and the number of unread bytes, but no bytes, because they may contain a secret.
pub struct Payload<'a, P = &'static str> {
    rest: &'a [u8],
    packet: P,
}

impl<P: fmt::Debug> fmt::Debug for Payload<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("packet", &self.packet)
            .field("rest_length", &self.rest.len())
            .finish_non_exhaustive()
    }
}

impl<'a, P: Copy> Payload<'a, P> {
    /// Starts at the beginning of `payload`.
    #[must_use]
    pub fn new(packet: P, payload: &'a [u8]) -> Self {
        Self {
            rest: payload,
            packet,
        }
    }

    /// Returns the error for a field of this packet that is truncated or has an invalid value.
    #[must_use]
    pub fn invalid(&self, field: &'static str) -> InvalidField<P> {
        let packet = self.packet;
        InvalidField { packet, field }
    }

    /// Returns the next byte without reading it; `None` at the end.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads a `string[$len]` of `length` bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the payload has fewer bytes left.
    pub fn bytes(
        &mut self,
        length: usize,
        field: &'static str,
    ) -> Result<&'a [u8], InvalidField<P>> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.invalid(field))?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads a `string[N]`.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the payload has fewer bytes left.
    pub fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], InvalidField<P>> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or_else(|| self.invalid(field))?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// Reads an `int<1>`.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the payload has no byte left.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, InvalidField<P>> {
        self.array(field).map(u8::from_le_bytes)
    }

    /// Reads an `int<2>`, little-endian.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the payload has fewer than 2 bytes left.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, InvalidField<P>> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// Reads an `int<4>`, little-endian.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the payload has fewer than 4 bytes left.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, InvalidField<P>> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// Reads an `int<lenenc>`.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the integer is truncated or its first byte is 0xFB or 0xFF.
    pub fn lenenc_int(&mut self, field: &'static str) -> Result<u64, InvalidField<P>> {
        let (value, length) = lenenc_int(self.rest).ok_or_else(|| self.invalid(field))?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        Ok(value)
    }

    /// Skips a `string<lenenc>`.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the length is invalid or the string is truncated.
    pub fn skip_lenenc_string(&mut self, field: &'static str) -> Result<(), InvalidField<P>> {
        self.lenenc_bytes(field).map(drop)
    }

    /// Reads a `string<lenenc>`.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the length is invalid or the string is truncated.
    pub fn lenenc_bytes(&mut self, field: &'static str) -> Result<&'a [u8], InvalidField<P>> {
        let length = self.lenenc_int(field)?;
        let length = usize::try_from(length).map_err(|_| self.invalid(field))?;
        self.bytes(length, field)
    }

    /// Reads a `string<lenenc>` as text for people: bytes that are not UTF-8 are replaced by U+FFFD.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the length is invalid or the string is truncated.
    pub fn lenenc_text(&mut self, field: &'static str) -> Result<String, InvalidField<P>> {
        self.lenenc_bytes(field).map(text)
    }

    /// Reads a `string<NUL>`, and returns it without the NUL.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] with the name `field`, if the rest of the payload contains no NUL.
    pub fn nul_string(&mut self, field: &'static str) -> Result<&'a [u8], InvalidField<P>> {
        let length = self.rest.iter().position(|byte| *byte == 0);
        let text = self.bytes(length.ok_or_else(|| self.invalid(field))?, field)?;
        self.u8(field)?;
        Ok(text)
    }

    /// Reads a `string<NUL>` that may be the last field. Some servers omit the NUL there; the string then ends with the
    /// payload.
    pub fn last_nul_string(&mut self) -> &'a [u8] {
        match self.nul_string("") {
            Ok(text) => text,
            Err(_) => self.rest(),
        }
    }

    /// Reads a `string<EOF>`: the rest of the payload.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}

/// Decodes an `int<lenenc>` at the beginning of `bytes`, and returns it with its encoded length in bytes.
///
/// `None` if it is truncated, or if its first byte does not begin an integer (0xFB is NULL in a row, 0xFF an error).
#[inline]
#[must_use]
pub fn lenenc_int(bytes: &[u8]) -> Option<(u64, usize)> {
    let (&first, rest) = bytes.split_first()?;
    let (length, taken) = match first {
        0..=0xFA => return Some((u64::from(first), 1)),
        0xFC => (2, 3),
        0xFD => (3, 4),
        0xFE => (8, 9),
        0xFB | 0xFF => return None,
    };
    let mut value = [0; 8];
    value
        .get_mut(..length)?
        .copy_from_slice(rest.get(..length)?);
    Some((u64::from_le_bytes(value), taken))
}

/// Splits a `string<lenenc>` from the beginning of `bytes`, and returns it with the bytes after it.
///
/// `None` if the string is truncated or its length is invalid (see [`lenenc_int`]).
#[inline]
#[must_use]
pub fn lenenc_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    // A fast path: most strings are short.
    if first <= 0xFA {
        return rest.split_at_checked(first.into());
    }
    let (length, taken) = lenenc_int(bytes)?;
    let rest = bytes.get(taken..)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// Decodes a peer's bytes as text for people: bytes that are not UTF-8 are replaced by U+FFFD.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_length() {
        for (bytes, value) in [
            (&b"\x00"[..], 0),
            (b"\xFA", 250),
            (b"\xFC\xFB\x00", 251),
            (b"\xFD\x00\x00\x01", 65_536),
            (b"\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", u64::MAX),
        ] {
            assert_eq!(lenenc_int(bytes), Some((value, bytes.len())));
            for cut in 0..bytes.len() {
                assert_eq!(lenenc_int(&bytes[..cut]), None);
            }
        }
        assert_eq!(lenenc_int(b"\xFB"), None);
        assert_eq!(lenenc_int(b"\xFF"), None);
    }

    #[test]
    fn names_what_is_cut_short() {
        let mut payload = Payload::new("ERR_Packet", b"\xFF\x15");
        payload.u8("header").unwrap();
        assert_eq!(
            payload.u16("error_code"),
            Err(InvalidField {
                packet: "ERR_Packet",
                field: "error_code"
            })
        );
    }
}

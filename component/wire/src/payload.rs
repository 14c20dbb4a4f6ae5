//! Reads a payload field by field: every read is checked, and a failure names packet and field.

use std::fmt;

use crate::malformed::Malformed;

/// A payload, and how far it has been read. It may hold a secret: it is not shown.
pub struct Payload<'a> {
    rest: &'a [u8],
    packet: &'static str,
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("packet", &self.packet)
            .field("rest_length", &self.rest.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Payload<'a> {
    /// Of a packet, by its name in the protocol documentation.
    #[must_use]
    pub fn new(packet: &'static str, payload: &'a [u8]) -> Self {
        Self {
            rest: payload,
            packet,
        }
    }

    /// What is wrong with a field, by its name there.
    #[must_use]
    pub fn malformed(&self, field: &'static str) -> Malformed {
        let packet = self.packet;
        Malformed::Field { packet, field }
    }

    /// `string[$len]`
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with that name, if the payload ends before or holds no such value.
    pub fn bytes(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], Malformed> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.malformed(field))?;
        self.rest = rest;
        Ok(bytes)
    }

    /// `string[N]`
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with that name, if the payload ends before or holds no such value.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or_else(|| self.malformed(field))?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// `int<1>`
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with that name, if the payload ends before or holds no such value.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, Malformed> {
        self.array(field).map(u8::from_le_bytes)
    }

    /// `int<2>`
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with that name, if the payload ends before or holds no such value.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, Malformed> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// `int<4>`
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with that name, if the payload ends before or holds no such value.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, Malformed> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// `int<lenenc>`
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with that name, if the payload ends before or holds no such value.
    pub fn lenenc_int(&mut self, field: &'static str) -> Result<u64, Malformed> {
        let (value, length) = lenenc_int(self.rest).ok_or_else(|| self.malformed(field))?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        Ok(value)
    }

    /// A `string<lenenc>` that nobody asks for.
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with that name, if the payload ends before or holds no such value.
    pub fn pass_over_lenenc(&mut self, field: &'static str) -> Result<(), Malformed> {
        let length = self.lenenc_int(field)?;
        let length = usize::try_from(length).map_err(|_| self.malformed(field))?;
        self.bytes(length, field).map(drop)
    }

    /// `string<lenenc>`, as text for people: what is not UTF-8 in it is replaced.
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with that name, if the payload ends before or holds no such value.
    pub fn lenenc_text(&mut self, field: &'static str) -> Result<String, Malformed> {
        let length = self.lenenc_int(field)?;
        let length = usize::try_from(length).map_err(|_| self.malformed(field))?;
        self.bytes(length, field).map(text)
    }

    /// `string<NUL>`, as text for people.
    pub fn nul_text(&mut self, field: &'static str) -> Result<String, Malformed> {
        let length = self.rest.iter().position(|byte| *byte == 0);
        let length = length.ok_or_else(|| self.malformed(field))?;
        let text = text(self.bytes(length, field)?);
        self.u8(field)?;
        Ok(text)
    }

    /// `string<EOF>`
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}

/// `int<lenenc>` at the beginning of `bytes`, and how many bytes it takes; none if it is cut short, or if
/// its first byte is one that begins no number (0xFB is NULL in a row, 0xFF an error).
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

/// `string<lenenc>` at the beginning of `bytes`, and what is behind it. None as of [`lenenc_int`].
#[inline]
#[must_use]
pub fn lenenc_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    // Most are short.
    if first <= 0xFA {
        return rest.split_at_checked(first.into());
    }
    let (length, taken) = lenenc_int(bytes)?;
    let rest = bytes.get(taken..)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// Text of a peer, for people: what is not UTF-8 in it is replaced.
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
            Err(Malformed::Field {
                packet: "ERR_Packet",
                field: "error_code"
            })
        );
    }
}

//! Hashes of passwords and keys.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// A hash of a password or a key, of `LENGTH` bytes. A weak password can be guessed from it, so it is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PasswordHash<const LENGTH: usize>(pub [u8; LENGTH]);

/// What stands for a hash where it would be printed.
const REDACTED: &str = "<redacted>";

/// A text is not a hash in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a hash must have {expected} hexadecimal digits")]
pub struct InvalidHash {
    expected: usize,
}

impl<const LENGTH: usize> PasswordHash<LENGTH> {
    /// Reads hexadecimal digits of either case.
    ///
    /// # Errors
    ///
    /// [`InvalidHash`], if the text has another length or other characters.
    pub fn from_hexadecimal(text: &str) -> Result<Self, InvalidHash> {
        let expected = LENGTH.saturating_mul(2);
        let invalid = InvalidHash { expected };
        let digits = text.as_bytes();
        if digits.len() != expected {
            return Err(invalid);
        }
        let mut hash = [0; LENGTH];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = str::from_utf8(pair).map_err(|_| invalid)?;
            if pair.starts_with('+') {
                return Err(invalid);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| invalid)?;
        }
        Ok(Self(hash))
    }
}

impl<const LENGTH: usize> fmt::Debug for PasswordHash<LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Redacted, as for [`fmt::Debug`].
impl<const LENGTH: usize> Serialize for PasswordHash<LENGTH> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl<'de, const LENGTH: usize> Deserialize<'de> for PasswordHash<LENGTH> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hexadecimal(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_hexadecimal_of_its_length() {
        let hash = PasswordHash::<2>::from_hexadecimal("00Ff").unwrap();
        assert_eq!(hash.0, [0, 255]);
        assert_eq!(format!("{hash:?}"), "<redacted>");
        for text in ["", "00", "00ff0", "00fg", "+1ff", "ü1f"] {
            let error = PasswordHash::<2>::from_hexadecimal(text).unwrap_err();
            assert_eq!(error.to_string(), "a hash must have 4 hexadecimal digits");
        }
    }
}

//! Callers: who may connect, and how they prove it.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// A caller that authenticates with a user name and a password, or with a certificate.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Caller {
    /// `SHA256(SHA256(password))`, for `caching_sha2_password`.
    pub password_sha256_twice: Option<PasswordHash<32>>,
    /// `SHA1(SHA1(password))`, for `mysql_native_password`.
    pub password_sha1_twice: Option<PasswordHash<20>>,
    /// A name of the caller's certificate: a DNS name, an e-mail address or a URI of its `subjectAltName`, or the
    /// common name of a certificate without this extension.
    pub certificate: Option<String>,
}

/// A hash of a password, of `LENGTH` bytes. A weak password can be guessed from it, so it is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PasswordHash<const LENGTH: usize>(pub [u8; LENGTH]);

impl Caller {
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match self {
            Self {
                password_sha256_twice: None,
                certificate: None,
                ..
            } => Err("set password_sha256_twice or certificate"),
            Self {
                password_sha256_twice: None,
                password_sha1_twice: Some(_),
                ..
            } => Err("password_sha1_twice needs password_sha256_twice"),
            Self {
                certificate: Some(name),
                ..
            } if name.is_empty() => Err("certificate is empty"),
            _ => Ok(()),
        }
    }
}

/// A text is not a hash in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a hash has {expected} hexadecimal digits")]
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
        f.write_str("<redacted>")
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
            assert_eq!(error.to_string(), "a hash has 4 hexadecimal digits");
        }
    }
}

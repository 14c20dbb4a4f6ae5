//! `caching_sha2_password`: a hash that the server checks against its cache. If the cache has no entry for the user,
//! the server requests the password itself, inside TLS.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>
//!
//! The method's RSA exchange, which encrypts the password for the server's key, is for connections without TLS and is
//! not implemented.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::xor;
use crate::secret_string::{SecretBytes, SecretString};

/// The server's reaction to the hash, from an `AuthMoreData`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// `fast_auth_success`: an `OK_Packet` follows.
    FastAuthSuccess,
    /// `perform_full_authentication`: the server requests the password itself.
    PerformFullAuthentication,
}

impl Verdict {
    /// Decodes the payload of an `AuthMoreData` without its header byte. `None` if it is neither of the two.
    pub(crate) fn read(data: &[u8]) -> Option<Self> {
        match data {
            [3] => Some(Self::FastAuthSuccess),
            [4] => Some(Self::PerformFullAuthentication),
            _ => None,
        }
    }
}

/// The response to a scramble: `SHA256(password) XOR SHA256(SHA256(SHA256(password)), scramble)`. It has 32 bytes, or 0
/// for an empty password.
pub(crate) fn response(password: &SecretString, scramble: &[u8; 20]) -> SecretBytes {
    let password = password.expose().as_bytes();
    if password.is_empty() {
        return SecretBytes::new(Vec::new());
    }
    let hash = Zeroizing::new(sha256(password, &[]));
    let stored = Zeroizing::new(sha256(&*hash, &[]));
    xor(&*hash, &mask(&stored, scramble))
}

/// The mask of a response: `SHA256(SHA256(SHA256(password)), scramble)`. `stored` is `SHA256(SHA256(password))`.
pub(crate) fn mask(stored: &[u8; 32], scramble: &[u8; 20]) -> [u8; 32] {
    sha256(stored, scramble)
}

/// The hash of two parts together.
#[inline(never)] // The component is to be small.
pub(crate) fn sha256(first: &[u8], second: &[u8]) -> [u8; 32] {
    let hash = Sha256::new().chain_update(first).chain_update(second);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected value was computed with Python's hashlib from the formula above.
    #[test]
    fn is_the_formula_of_the_documentation() {
        let scramble = *b"0123456789abcdefghij";
        let answer = response(&SecretString::new("hunter2".into()), &scramble);
        assert_eq!(
            hex::encode(answer.expose()),
            "5bfbc73796cdaa80adfd00eb26e332ac9861333244584e69dea530bbf4414abd"
        );
        assert!(
            response(&SecretString::new(String::new()), &scramble)
                .expose()
                .is_empty()
        );
    }

    #[test]
    fn reads_the_two_verdicts_and_no_other() {
        assert_eq!(Verdict::read(&[3]), Some(Verdict::FastAuthSuccess));
        assert_eq!(
            Verdict::read(&[4]),
            Some(Verdict::PerformFullAuthentication)
        );
        for other in [&[][..], &[2], &[3, 0], b"-----BEGIN PUBLIC KEY-----"] {
            assert_eq!(Verdict::read(other), None);
        }
    }
}

//! `caching_sha2_password`: a hash that the server checks against its cache. If the cache has no entry for the user,
//! the server requests the password itself, inside TLS.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>
//!
//! The method's RSA exchange, which encrypts the password for the server's key, is for connections without TLS and is
//! not implemented.

use mysql_common::auth::plugins::caching_sha2_password::scramble_sha256;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::secret_string::{SecretBytes, SecretString};

/// Length of a response and of a stored hash, in bytes.
pub(crate) const HASH_LENGTH: usize = 32;

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
    let answer = scramble_sha256(scramble, password.expose().as_bytes());
    SecretBytes::new(answer.map(Vec::from).unwrap_or_default())
}

/// Whether a client computed the response from the password whose `SHA256(SHA256(password))` is `stored`. The time does
/// not depend on the values. A response of another length than [`HASH_LENGTH`] does not match.
pub(crate) fn matches(response: &[u8], scramble: &[u8; 20], stored: &[u8; HASH_LENGTH]) -> bool {
    let Ok(response) = <&[u8; HASH_LENGTH]>::try_from(response) else {
        return false;
    };
    // SHA256(SHA256(SHA256(password)), scramble), from which the client computed its response.
    let mask = Sha256::new()
        .chain_update(stored)
        .chain_update(scramble)
        .finalize();
    let hash = response.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
    let hash: Zeroizing<Vec<u8>> = Zeroizing::new(hash.collect());
    Sha256::digest(&*hash).as_slice().ct_eq(stored).into()
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

    #[test]
    fn a_response_matches_its_password_alone() {
        let scramble = *b"0123456789abcdefghij";
        let stored = |password: &str| Sha256::digest(Sha256::digest(password)).into();
        let answer = response(&SecretString::new("hunter2".into()), &scramble);
        assert!(matches(answer.expose(), &scramble, &stored("hunter2")));
        assert!(!matches(answer.expose(), &scramble, &stored("hunter3")));
        let other = *b"0123456789abcdefghiJ";
        assert!(!matches(answer.expose(), &other, &stored("hunter2")));
        assert!(!matches(&[], &scramble, &stored("")));
        assert!(!matches(
            &answer.expose()[1..],
            &scramble,
            &stored("hunter2")
        ));
    }
}

//! Whether a client's response proves that it knows a password, of which the server stores a hash.
//!
//! With both methods, the client combines `HASH(password)` with a mask that the server can compute from the stored
//! `HASH(HASH(password))` and the scramble.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::config::Scramble;
use crate::auth_plugin::caching_sha2_password::{self, sha256};
use crate::auth_plugin::mysql_native_password::{self, sha1};

/// Whether the response of `caching_sha2_password` matches `SHA256(SHA256(password))`. The time does not depend on the
/// values. A response of another length does not match.
pub(super) fn matches_sha256(response: &[u8], scramble: &Scramble, stored: &[u8; 32]) -> bool {
    let mask = caching_sha2_password::mask(stored, scramble);
    unmask(response, &mask).is_some_and(|hash| sha256(&*hash, &[]).ct_eq(stored).into())
}

/// Whether the response of `mysql_native_password` matches `SHA1(SHA1(password))`, as [`matches_sha256`].
pub(super) fn matches_sha1(response: &[u8], scramble: &Scramble, stored: &[u8; 20]) -> bool {
    let mask = mysql_native_password::mask(stored, scramble);
    unmask(response, &mask).is_some_and(|hash| sha1(&*hash, &[]).ct_eq(stored).into())
}

/// The hash of the password, if the response was computed with this mask.
fn unmask<const LENGTH: usize>(
    response: &[u8],
    mask: &[u8; LENGTH],
) -> Option<Zeroizing<[u8; LENGTH]>> {
    let mut hash = Zeroizing::new(<[u8; LENGTH]>::try_from(response).ok()?);
    for (byte, mask) in hash.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use sha1::Sha1;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::secret_string::SecretString;

    const SCRAMBLE: Scramble = *b"0123456789abcdefghij";
    const OTHER: Scramble = *b"0123456789abcdefghiJ";

    fn password() -> SecretString {
        SecretString::new("hunter2".to_owned())
    }

    #[test]
    fn a_sha256_response_matches_its_password_alone() {
        let stored = |password: &str| Sha256::digest(Sha256::digest(password)).into();
        let response = caching_sha2_password::response(&password(), &SCRAMBLE);
        let response = response.expose();
        assert!(matches_sha256(response, &SCRAMBLE, &stored("hunter2")));
        assert!(!matches_sha256(response, &SCRAMBLE, &stored("hunter3")));
        assert!(!matches_sha256(response, &OTHER, &stored("hunter2")));
        assert!(!matches_sha256(
            &response[1..],
            &SCRAMBLE,
            &stored("hunter2")
        ));
        assert!(!matches_sha256(&[], &SCRAMBLE, &stored("")));
    }

    #[test]
    fn a_sha1_response_matches_its_password_alone() {
        let stored = |password: &str| Sha1::digest(Sha1::digest(password)).into();
        let response = mysql_native_password::response(&password(), &SCRAMBLE);
        let response = response.expose();
        assert!(matches_sha1(response, &SCRAMBLE, &stored("hunter2")));
        assert!(!matches_sha1(response, &SCRAMBLE, &stored("hunter3")));
        assert!(!matches_sha1(response, &OTHER, &stored("hunter2")));
        assert!(!matches_sha1(&response[1..], &SCRAMBLE, &stored("hunter2")));
        assert!(!matches_sha1(&[], &SCRAMBLE, &stored("")));
    }
}

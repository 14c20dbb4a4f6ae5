//! `mysql_native_password`: `SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password)))`.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html>

use mysql_common::auth::plugins::mysql_native_password::scramble_native;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::secret_string::{SecretBytes, SecretString};

/// Length of a response and of a stored hash, in bytes.
pub(crate) const HASH_LENGTH: usize = 20;

/// The response to a scramble. It has 20 bytes, or 0 for an empty password.
pub(crate) fn response(password: &SecretString, scramble: &[u8; 20]) -> SecretBytes {
    let answer = scramble_native(scramble, password.expose().as_bytes());
    SecretBytes::new(answer.map(Vec::from).unwrap_or_default())
}

/// Whether a client computed the response from the password whose `SHA1(SHA1(password))` is `stored`. The time does not
/// depend on the values. A response of another length than [`HASH_LENGTH`] does not match.
pub(crate) fn matches(response: &[u8], scramble: &[u8; 20], stored: &[u8; HASH_LENGTH]) -> bool {
    let Ok(response) = <&[u8; HASH_LENGTH]>::try_from(response) else {
        return false;
    };
    let mask = Sha1::new()
        .chain_update(scramble)
        .chain_update(stored)
        .finalize();
    let hash = response.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
    let hash: Zeroizing<Vec<u8>> = Zeroizing::new(hash.collect());
    Sha1::digest(&*hash).as_slice().ct_eq(stored).into()
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
            "91dbd90edc75e47da9a48a9defc85dcf99fa4fc4"
        );
        assert!(
            response(&SecretString::new(String::new()), &scramble)
                .expose()
                .is_empty()
        );
    }

    #[test]
    fn a_response_matches_its_password_alone() {
        let scramble = *b"0123456789abcdefghij";
        let stored = |password: &str| Sha1::digest(Sha1::digest(password)).into();
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

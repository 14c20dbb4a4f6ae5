//! `mysql_native_password`: `SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password)))`.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html>

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::xor;
use crate::secret_string::{SecretBytes, SecretString};

/// The response to a scramble. It has 20 bytes, or 0 for an empty password.
pub(crate) fn response(password: &SecretString, scramble: &[u8; 20]) -> SecretBytes {
    let password = password.expose().as_bytes();
    if password.is_empty() {
        return SecretBytes::new(Vec::new());
    }
    let hash = Zeroizing::new(sha1(password, &[]));
    let stored = Zeroizing::new(sha1(&*hash, &[]));
    xor(&*hash, &mask(&stored, scramble))
}

/// The mask of a response: `SHA1(scramble, SHA1(SHA1(password)))`. `stored` is `SHA1(SHA1(password))`.
pub(crate) fn mask(stored: &[u8; 20], scramble: &[u8; 20]) -> [u8; 20] {
    sha1(scramble, stored)
}

/// The hash of two parts together.
#[inline(never)] // The component is to be small.
pub(crate) fn sha1(first: &[u8], second: &[u8]) -> [u8; 20] {
    let hash = Sha1::new().chain_update(first).chain_update(second);
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
            "91dbd90edc75e47da9a48a9defc85dcf99fa4fc4"
        );
        assert!(
            response(&SecretString::new(String::new()), &scramble)
                .expose()
                .is_empty()
        );
    }
}

//! `client_ed25519`: signs the challenge with a key that is derived from the password.
//!
//! Source: MariaDB, "Authentication Plugin - ed25519". The signature is the one of RFC 8032, section 5.1.6, but the
//! password takes the place of the random private key that the RFC hashes with SHA-512.

use mysql_common::auth::plugins::client_ed25519::{ClientEd25519, NONCE_BYTES};
use mysql_common::auth::plugins::{ChallengeResponsePlugin, Context};

use crate::secret_string::{SecretBytes, SecretString};

/// Length of a challenge in bytes: 32.
pub(crate) const CHALLENGE_LENGTH: usize = NONCE_BYTES;

/// The response to a challenge: a signature of 64 bytes.
pub(crate) fn response(password: &SecretString, challenge: &[u8; CHALLENGE_LENGTH]) -> SecretBytes {
    let response = ClientEd25519::default().run(PasswordOnly(password), challenge);
    // It fails only for a challenge of another length, which the parameter's type rules out.
    let answer = response
        .ok()
        .and_then(|response| response.data().map(Vec::from));
    SecretBytes::new(answer.unwrap_or_default())
}

/// Gives `mysql_common` the password. This method does not read the rest of the context.
struct PasswordOnly<'a>(&'a SecretString);

impl Context for PasswordOnly<'_> {
    fn pass(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }

    fn is_ipc_transport(&self) -> bool {
        false
    }

    fn is_tls_transport(&self) -> bool {
        true
    }

    fn scramble(&self) -> &[u8] {
        &[]
    }

    fn server_key_pem(&self) -> Option<&[u8]> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected value was computed with the Python reference code of RFC 8032.
    #[test]
    fn signs_as_the_rfc() {
        let answer = response(
            &SecretString::new("hunter2".into()),
            b"0123456789abcdef0123456789abcdef",
        );
        assert_eq!(
            hex::encode(answer.expose()),
            "aabc8455b9ecf1518cd4f4a8c07ba90deaf5748f6f47dfd70dab66adc38ce960a1eb6e9a2d6afd18c77f9c1f524fcbd546544ef88cdbe97ec91e900c18d52004"
        );
    }
}

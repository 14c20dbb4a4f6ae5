//! `mysql_native_password`: `SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password)))`.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html>

use mysql_common::auth::plugins::mysql_native_password::scramble_native;

use crate::secret_string::{SecretBytes, SecretString};

/// The response to a scramble. It has 20 bytes, or 0 for an empty password.
pub(crate) fn response(password: &SecretString, scramble: &[u8; 20]) -> SecretBytes {
    let answer = scramble_native(scramble, password.expose().as_bytes());
    SecretBytes::new(answer.map(Vec::from).unwrap_or_default())
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
